"""Pitch and its spread of every candidate of a system and prompt set."""

from pathlib import Path

from selfverify.audio.pitch import Pitch, pitch_of
from selfverify.audio.samples import decode_flac
from selfverify.storage.records import Clip
from selfverify.storage.tables import read_records, write_records
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script


def measure_pitch(*, audio: list[Path], output: Path) -> None:
    """Writes one row per candidate.

    Args:
        audio: all shards.
        output: Parquet file to write.
    """
    clips = [clip for path in audio for clip in read_records(Clip, path)]
    rows = [_measured(clip) for clip in progress(clips, name=f"pitch {output}", unit="clip")]
    write_records(rows, output)


def _measured(clip: Clip) -> Pitch:
    found = pitch_of(*decode_flac(clip.audio["bytes"])) if clip.audio else None
    return Pitch(clip.utterance_id, clip.candidate_index, *(found or (None, None)))


if __name__ == "__main__":
    run_script(measure_pitch)
