"""Pitch and its spread of every candidate of an arm."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from selfverify.audio.pitch import Pitch, pitch_of
from selfverify.audio.samples import decode_flac
from selfverify.storage.records import Clip
from selfverify.storage.tables import read_records, write_table
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script


def measure_pitch(*, audio: list[Path], output: Path) -> None:
    """Writes one row per candidate.

    Args:
        audio: {speaker}/{prompt_set}/{shard}.parquet, all of the arm's speakers.
        output: Parquet file to write.
    """
    rows: list[dict[str, Any]] = []
    for path in progress(audio, name=f"pitch {output}", unit="file"):
        rows += _rows(path)
    write_table(pa.Table.from_pylist(rows), output)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    speaker, prompt_set = path.parts[-3:-1]
    for clip in read_records(Clip, path):
        yield {"speaker": speaker, "prompt_set": prompt_set} | asdict(_measured(clip))


def _measured(clip: Clip) -> Pitch:
    found = pitch_of(*decode_flac(clip.audio["bytes"])) if clip.audio else None
    return Pitch(clip.utterance_id, clip.candidate_index, *(found or (None, None)))


if __name__ == "__main__":
    run_script(measure_pitch)
