"""One prompt set of real English by written criteria, of the paper track."""

from pathlib import Path

from selfverify.prompts.covariates import write_prompts
from selfverify.prompts.criteria import make_criteria_set
from selfverify.prompts.overlap import apart_from
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_records
from selfverify.workflow.script import run_script


def make_criteria_prompts(
    *,
    prompt_set: str,
    num_utterances: int,
    seed: int,
    evaluation: list[Path],
    max_overlap: float,
    output: Path,
) -> None:
    """Writes the utterances of a prompt set, the categories in turn.

    Args:
        prompt_set: its name; `train` leaves the closed word lists out.
        num_utterances: how many.
        seed: of the draw.
        evaluation: prompt sets to keep apart from.
        max_overlap: with a prompt of these, at and above which a sentence is refused.
        output: Parquet file to write.
    """
    evaluated = [u for path in evaluation for u in read_records(Utterance, path)]
    utterances = make_criteria_set(
        prompt_set,
        num_utterances=num_utterances,
        seed=seed,
        conflict=apart_from((), evaluated, max_overlap),
    )
    write_prompts(utterances, output)


if __name__ == "__main__":
    run_script(make_criteria_prompts)
