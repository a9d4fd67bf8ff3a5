"""A listening test of a system's pools: one HTML file for raters, and its key."""

from pathlib import Path

from selfverify.listening.building import build_labelling
from selfverify.listening.examples import read_audible
from selfverify.listening.frame import frame_of_pool
from selfverify.storage.files import atomic_path
from selfverify.workflow.script import run_script


def listening_test(
    *,
    system: str,
    num_clips: int,
    seed: int,
    verdicts: list[Path],
    audio: list[Path],
    prompts: list[Path],
    page: Path,
    key: Path,
) -> None:
    """Writes the page that raters get, and the key that `selfverify listen merge` reads.

    Args:
        system: its name, which the page does not tell.
        num_clips: to draw; catch trials come on top.
        seed: of the draw.
        verdicts: of the system, every prompt set.
        audio: of the system, all shards.
        prompts: every prompt set.
        page: HTML file to write; the clips are in it.
        key: CSV file to write, a row per trial; raters must not see it.
    """
    frame = frame_of_pool(read_audible(verdicts, audio, prompts), system)
    html, trials = build_labelling(frame, num_clips, "computer speech", seed)
    with atomic_path(key) as temporary:  # at full precision: weights are in it
        trials.to_csv(temporary, index=False)
    with atomic_path(page) as temporary:
        temporary.write_text(html)


if __name__ == "__main__":
    run_script(listening_test)
