"""Which prompts of a pool failed most: the choice to freeze as the prompt set `adversarial`."""

from pathlib import Path

import pandas as pd

from selfverify.prompts.adversarial import make_choice, read_verdicts
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def choose_adversarial(
    *, pool: Path, verdicts: list[Path], num_utterances: int, output: Path
) -> None:
    """Writes the prompts of a pool that failed most, with ids and so with seeds of their own.

    Args:
        pool: prompt set to choose from.
        verdicts: verdicts/{system}/{pool}.parquet of the systems that choose.
        num_utterances: how many.
        output: CSV file to write, a row per prompt.
    """
    prompts = pd.read_parquet(pool, columns=["utterance_id", "text"])
    choice = make_choice(
        read_verdicts(verdicts),
        dict(zip(prompts["utterance_id"], prompts["text"], strict=True)),
        systems=[path.parent.name for path in verdicts],
        num_utterances=num_utterances,
    )
    write_csv(choice, output)


if __name__ == "__main__":
    run_script(choose_adversarial)
