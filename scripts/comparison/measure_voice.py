"""Pitch, its spread and timbre of every candidate of an arm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from selfverify.audio.pitch import pitch_of
from selfverify.audio.samples import decode_flac
from selfverify.audio.timbre import cepstrum_of
from selfverify.storage.records import Clip
from selfverify.storage.tables import read_records, write_table
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script


def measure_voice(*, audio: list[Path], output: Path) -> None:
    """Writes one row per candidate; nothing is measured of one with too little voice.

    Args:
        audio: {speaker}/{prompt_set}/{shard}.parquet, all of the arm's speakers.
        output: Parquet file to write.
    """
    rows: list[dict[str, Any]] = []
    for path in progress(audio, name=f"voice {output}", unit="file"):
        rows += _rows(path)
    write_table(pa.Table.from_pylist(rows), output)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    speaker, prompt_set = path.parts[-3:-1]
    for clip in read_records(Clip, path):
        yield {
            "speaker": speaker,
            "prompt_set": prompt_set,
            "utterance_id": clip.utterance_id,
            "candidate_index": clip.candidate_index,
            **_measured(clip),
        }


def _measured(clip: Clip) -> dict[str, Any]:
    if clip.audio is None:
        return dict.fromkeys(("pitch_st", "pitch_spread_st", "cepstrum"))
    samples, rate = decode_flac(clip.audio["bytes"])
    pitch, spread = pitch_of(samples, rate) or (None, None)
    cepstrum = cepstrum_of(samples, rate)
    return {
        "pitch_st": pitch,
        "pitch_spread_st": spread,
        "cepstrum": None if cepstrum is None else cepstrum.tolist(),
    }


if __name__ == "__main__":
    run_script(measure_voice)
