"""Reference audio with failures made on purpose, one clip per way and prompt.

They have the layout of a system's audio, so that the same steps transcribe and judge them; the
column `kind` says what was done, and candidate_index counts the kinds.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from selfverify.audio.clips import describe_clip
from selfverify.audio.samples import decode_flac
from selfverify.errors import InputError
from selfverify.metric.corruption import KINDS, Source, other_of
from selfverify.sampling.seeds import candidate_seed
from selfverify.storage.records import Clip, StopReason, Utterance
from selfverify.storage.tables import read_records, write_table
from selfverify.workflow.script import run_script


def corrupt_references(
    *, references: Path, prompts: Path, num_prompts: int, seed: int, output: Path
) -> None:
    """Writes every corruption of the first utterances of a shard of reference audio.

    Args:
        references: one shard of reference audio.
        prompts: its prompt set.
        num_prompts: how many utterances, fewer where the shard has fewer.
        seed: of the corruptions; each clip has one of its own.
        output: Parquet file to write.
    """
    clips = read_records(Clip, references)[:num_prompts]
    if len(clips) < 2:
        raise InputError(
            f"{references}: one utterance has no other to be mixed up with; lower num_shards"
        )
    spoken = {u.utterance_id: u.spoken for u in read_records(Utterance, prompts)}
    sources = [_source(clip, spoken[clip.utterance_id][0]) for clip in clips]
    names = [clip.utterance_id for clip in clips]
    rows = [
        clip.__dict__ | {"kind": kind, "stop_reason": clip.stop_reason.value}
        for kind, clip in corrupted_clips(names, sources, seed)
    ]
    write_table(pa.Table.from_pylist(rows), output)


def corrupted_clips(
    utterance_ids: Sequence[str], sources: Sequence[Source], seed: int
) -> Iterator[tuple[str, Clip]]:
    """Yields kind and clip for all kinds of all utterances, but those too short for a kind."""
    for index, (name, source) in enumerate(zip(utterance_ids, sources, strict=True)):
        for number, (label, kind) in enumerate(KINDS.items()):
            if len(source.words) < kind.min_words:
                continue
            rng = np.random.default_rng(candidate_seed(seed, label, name, 0))
            audio = kind.corrupt(source, other_of(sources, index), rng)
            reason = StopReason.EOS if audio.size else StopReason.EMPTY
            yield label, describe_clip(name, number, audio, source.sample_rate, reason)


def _source(clip: Clip, spoken: str) -> Source:
    assert clip.audio is not None  # the voice always speaks
    return Source(*decode_flac(clip.audio["bytes"]), tuple(spoken.split()))


if __name__ == "__main__":
    run_script(corrupt_references)
