"""A page to hear how a system fails: examples of every failure mode, with pictures."""

from pathlib import Path

from selfverify.listening.examples import read_audible
from selfverify.listening.page import listening_page
from selfverify.storage.files import atomic_path
from selfverify.workflow.script import run_script


def write_listening_page(
    *, system: str, verdicts: list[Path], audio: list[Path], prompts: list[Path], output: Path
) -> None:
    """Writes the page of one system.

    Args:
        system: its name.
        verdicts: of the system, every prompt set.
        audio: of the system, all shards.
        prompts: every prompt set.
        output: HTML file to write; clips and pictures are in it.
    """
    table = read_audible(verdicts, audio, prompts)
    with atomic_path(output) as temporary:
        temporary.write_text(listening_page(table, system))


if __name__ == "__main__":
    run_script(write_listening_page)
