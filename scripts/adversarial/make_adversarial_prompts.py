"""The prompt set `adversarial`, from the choice that is frozen in git."""

from pathlib import Path

from selfverify.prompts.frozen import frozen_prompts
from selfverify.storage.tables import write_table
from selfverify.workflow.script import run_script


def make_adversarial_prompts(
    *, pool: Path, choice: Path, systems: list[str], num_utterances: int, output: Path
) -> None:
    """Writes the chosen prompts of a pool, each with an id and so with seeds of its own.

    Args:
        pool: prompt set that they were chosen from.
        choice: the frozen choice, adversarial.csv.
        systems: which should have chosen.
        num_utterances: how many there should be.
        output: Parquet file to write.
    """
    prompts = frozen_prompts(choice, pool, systems=systems, num_utterances=num_utterances)
    write_table(prompts, output)


if __name__ == "__main__":
    run_script(make_adversarial_prompts)
