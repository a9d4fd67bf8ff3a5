"""The table of floors: what recogniser and codecs cost before any language model speaks."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from selfverify.results.markup import TableFiles, counts_with_intervals, write_shown
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_floors(*, verdicts: list[Path], files: TableFiles) -> None:
    """Writes failures and error rates of the voice itself and of the voice through each codec.

    Args:
        verdicts: verdicts/{reference}/{prompt_set}.parquet of every reference.
        files: the table, a row per reference and prompt set.
    """
    table = pd.DataFrame([_row(path) for path in verdicts])
    write_csv(table, files.csv)
    shown = table.assign(
        failures=counts_with_intervals(table),
        wer=table["mean_wer"].map("{:.1%}".format),
        cer=table["mean_cer"].map("{:.1%}".format),
    )
    columns = ["voice", "prompt_set", "failures", "wer", "cer"]
    write_shown(pd.DataFrame(shown[columns]), NOTE, files)


NOTE = (
    "By the evaluator: utterances that fail, with exact 95 % intervals; mean over utterances of "
    "word and character error rate, both at most 1."
)


def _row(path: Path) -> dict:
    verdicts = pd.read_parquet(path)
    failures = clopper_pearson(verdicts["is_catastrophic"].to_numpy().sum(), len(verdicts))
    errors = {"mean_wer": verdicts["wer"].mean(), "mean_cer": verdicts["cer"].mean()}
    return {"voice": path.parent.name, "prompt_set": path.stem} | asdict(failures) | errors


if __name__ == "__main__":
    run_script(table_floors)
