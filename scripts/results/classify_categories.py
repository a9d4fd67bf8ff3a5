"""Which categories of hard prompts are bad luck and which a ceiling, by the calibration prompts."""

from pathlib import Path

from selfverify.prompts.adversarial import read_verdicts
from selfverify.statistics.regimes import classify
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def classify_categories(*, verdicts: list[Path], max_never: float, output: Path) -> None:
    """Writes a row per category, see `regimes.classify`.

    Args:
        verdicts: verdicts/{system}/calibration.parquet of every system.
        max_never: share of prompts that fail in every draw at which a category is still bad luck.
        output: CSV file to write.
    """
    write_csv(classify(read_verdicts(verdicts), max_never=max_never), output)


if __name__ == "__main__":
    run_script(classify_categories)
