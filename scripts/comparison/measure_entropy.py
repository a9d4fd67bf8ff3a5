"""Entropy of what the speakers of an arm say: how sharply they chose each id that they drew."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from selfverify.distillation.teacher_forcing import entropies
from selfverify.storage.records import Candidate
from selfverify.storage.tables import read_records, read_tables, write_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingSettings, TTSSystem
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


@dataclass(frozen=True)
class Sharpness:
    """How sharply the ids of a candidate were chosen."""

    speaker: str
    prompt_set: str
    utterance_id: str
    candidate_index: int
    num_ids: int  # the end included
    entropy: float  # nats per id, mean over them (`teacher_forcing.entropies`)


def measure_entropy(
    *,
    prompts: list[Path],
    candidates: list[Path],
    speakers: list[str],
    checkpoints: list[str],
    temperatures: list[float],
    adapter: str,
    dtype: str,
    voice: str,
    sampling: SamplingSettings,
    device: str,
    output: Path,
) -> None:
    """Writes one row per candidate: the entropy of the speaker's own distribution, by its settings.

    Args:
        prompts: the prompt sets.
        candidates: {speaker}/{prompt_set}/{shard}.parquet, as each speaker has drawn them.
        speakers: names of those of the arm.
        checkpoints: folder of each.
        temperatures: that each drew at.
        adapter: a key of `selfverify.systems.SYSTEMS`.
        dtype: of the weights, a name of torch's.
        voice: for systems that have several.
        sampling: how all of them drew but for the temperature.
        device: "cpu" or "cuda".
        output: Parquet file to write.
    """
    set_up_torch()
    texts = read_tables(prompts, ["utterance_id", "text"])
    by_id = dict(zip(texts["utterance_id"], texts["text"], strict=True))
    paths = {name: [p for p in candidates if p.parts[-3] == name] for name in speakers}
    rows: list[Sharpness] = []
    members = sorted(zip(checkpoints, speakers, temperatures, strict=True))
    for checkpoint, group in groupby(members, key=lambda member: member[0]):
        system = load_system(adapter, checkpoint, voice=voice, device=device, dtype=dtype)
        for _, name, temperature in group:
            settings = replace(sampling, temperature=temperature)
            for path in progress(paths[name], name=f"entropy {name}", unit="file"):
                rows += _rows(path, system, by_id, settings)
    write_records(rows, output)


def _rows(
    path: Path, system: TTSSystem, texts: dict[str, str], settings: SamplingSettings
) -> Iterator[Sharpness]:
    speaker, prompt_set = path.parts[-3:-1]
    drawn = read_records(Candidate, path)
    ids = [(system.prompt_ids(texts[c.utterance_id]), c.token_ids) for c in drawn]
    for candidate, values in zip(drawn, entropies(system, ids, settings), strict=True):
        yield Sharpness(
            speaker, prompt_set, candidate.utterance_id, candidate.candidate_index, len(values),
            float(values.mean()),
        )  # fmt: skip


if __name__ == "__main__":
    run_script(measure_entropy)
