"""What one recogniser hears in one shard of audio."""

from pathlib import Path

from selfverify.asr import load_recogniser
from selfverify.asr.clips import transcribe_clips
from selfverify.storage.records import Clip
from selfverify.storage.tables import read_records, write_records
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def transcribe(
    *,
    audio: Path,
    adapter: str,
    model: str,
    sha256: str,
    language: str,
    min_speech_s: float,
    batch_size: int,
    padding_s: float,
    device: str,
    output: Path,
) -> None:
    """Writes a transcript per clip; a clip without speech gets an empty one, unheard.

    Args:
        audio: one shard of audio.
        adapter: a key of `selfverify.asr.RECOGNISERS`.
        model: name or path of the recogniser's weights.
        sha256: of the weights; empty where it is not known.
        language: fixed, never detected.
        min_speech_s: clips with less speech are not shown to the recogniser, which would invent.
        batch_size: clips recognised at once.
        padding_s: silence after a short clip; 0 for the recogniser's own window.
        device: "cpu" or "cuda".
        output: Parquet file to write.
    """
    set_up_torch()
    clips = read_records(Clip, audio)
    recogniser = load_recogniser(
        adapter, model, sha256=sha256, language=language, batch_size=batch_size,
        padding_s=padding_s, device=device,
    )  # fmt: skip
    transcripts = transcribe_clips(recogniser, clips, min_speech_s=min_speech_s, name=str(output))
    write_records(transcripts, output)


if __name__ == "__main__":
    run_script(transcribe)
