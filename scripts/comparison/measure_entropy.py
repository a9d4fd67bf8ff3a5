"""Entropy of what a system or policy says: how sharply it chose each id that it drew."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from selfverify.distillation.teacher_forcing import entropies
from selfverify.storage.records import Candidate
from selfverify.storage.tables import read_records, write_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingSettings
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


@dataclass(frozen=True)
class Sharpness:
    """How sharply the ids of a candidate were chosen."""

    utterance_id: str
    candidate_index: int
    num_ids: int  # the end included
    entropy: float  # nats per id, mean over them (`teacher_forcing.entropies`)


def measure_entropy(
    *,
    prompts: Path,
    candidates: list[Path],
    adapter: str,
    checkpoint: str,
    dtype: str,
    voice: str,
    sampling: SamplingSettings,
    device: str,
    output: Path,
) -> None:
    """Writes one row per candidate: the entropy of the speaker's own distribution, by its settings.

    Args:
        prompts: the prompt set.
        candidates: all shards, as the same speaker has drawn them.
        adapter: a key of `selfverify.systems.SYSTEMS`.
        checkpoint: folder of the system.
        dtype: of the weights, a name of torch's.
        voice: the speaker, for systems that have several.
        sampling: how the candidates were drawn.
        device: "cpu" or "cuda".
        output: Parquet file to write.
    """
    set_up_torch()
    texts = pd.read_parquet(prompts, columns=["utterance_id", "text"])
    by_id = dict(zip(texts["utterance_id"], texts["text"], strict=True))
    system = load_system(adapter, checkpoint, voice=voice, device=device, dtype=dtype)
    drawn = [c for path in candidates for c in read_records(Candidate, path)]
    ids = [(system.prompt_ids(by_id[c.utterance_id]), c.token_ids) for c in drawn]
    bar = progress(name=f"entropy {output}", total=len(drawn), unit="cand")
    rows = []
    for candidate, values in zip(drawn, entropies(system, ids, sampling), strict=True):
        rows.append(
            Sharpness(
                candidate.utterance_id, candidate.candidate_index, len(values),
                float(values.mean()),
            )
        )  # fmt: skip
        bar.update()
    bar.close()
    write_records(rows, output)


if __name__ == "__main__":
    run_script(measure_entropy)
