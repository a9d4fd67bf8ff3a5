"""Reference audio through a codec and back: the floor that the codec adds."""

from pathlib import Path

import soxr

from selfverify.audio.clips import describe_clip
from selfverify.audio.samples import decode_flac
from selfverify.codecs import load_codec
from selfverify.storage.records import Clip
from selfverify.storage.tables import read_records, write_records
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def resynthesise(
    *, references: Path, adapter: str, checkpoint: str, device: str, output: Path
) -> None:
    """Writes each reference clip as the codec reproduces it.

    Args:
        references: one shard of reference audio.
        adapter: a key of `selfverify.codecs.CODECS`.
        checkpoint: folder of the codec.
        device: "cpu" or "cuda".
        output: Parquet file to write.
    """
    set_up_torch()
    codec = load_codec(adapter, checkpoint, device=device)
    clips = []
    for clip in progress(read_records(Clip, references), name=f"resynthesise {output}"):
        assert clip.audio is not None  # the voice always speaks
        audio, sample_rate = decode_flac(clip.audio["bytes"])
        audio = soxr.resample(audio, sample_rate, codec.sample_rate)
        (audio,) = codec.decode([codec.encode(audio)])
        clips.append(describe_clip(clip.utterance_id, 0, audio, codec.sample_rate))
    write_records(clips, output)


if __name__ == "__main__":
    run_script(resynthesise)
