"""A listening test of a system's pools: one HTML file for raters, and its key."""

from pathlib import Path

from selfverify.listening.building import build_labelling, write_test
from selfverify.listening.catch import checks_of_study
from selfverify.listening.examples import read_audible
from selfverify.listening.frame import frame_of_pool
from selfverify.workflow.script import run_script


def listening_test(
    *,
    system: str,
    num_clips: int,
    seed: int,
    verdicts: list[Path],
    audio: list[Path],
    prompts: list[Path],
    references: list[Path],
    page: Path,
) -> None:
    """Writes the page that raters get, and beside it the key for `selfverify listen merge`.

    Args:
        system: its name, which the page does not tell.
        num_clips: to draw; catch trials come on top.
        seed: of the draw.
        verdicts: of the system, every prompt set.
        audio: of the system, all shards.
        prompts: every prompt set.
        references: reference audio, all shards, for catch trials.
        page: HTML file to write; the clips are in it.
    """
    frame = frame_of_pool(read_audible(verdicts, audio, prompts), system)
    checks = checks_of_study(references, prompts)
    write_test(*build_labelling(frame, checks, num_clips, "computer speech", seed), page)


if __name__ == "__main__":
    run_script(listening_test)
