"""What a system, or a policy of it, makes of the system's own candidates."""

from pathlib import Path

from selfverify.likelihood.views import view_candidates
from selfverify.storage.records import Candidate
from selfverify.storage.tables import read_records, read_tables, write_records
from selfverify.systems import load_system
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def measure_likelihood(
    *,
    prompts: Path,
    candidates: list[Path],
    adapter: str,
    checkpoint: str,
    dtype: str,
    voice: str,
    temperature: float,
    device: str,
    output: Path,
) -> None:
    """Writes a row per candidate (`likelihood.views.View`).

    Args:
        prompts: the prompt set.
        candidates: of the system on it, all shards.
        adapter: a key of `selfverify.systems.SYSTEMS`.
        checkpoint: folder of what looks at them.
        dtype: of the weights, a name of torch's.
        voice: for systems that have several.
        temperature: that the system drew at.
        device: "cpu" or "cuda".
        output: Parquet file to write.
    """
    set_up_torch()
    table = read_tables([prompts], ["utterance_id", "text"])
    texts = dict(zip(table["utterance_id"], table["text"], strict=True))
    drawn = [candidate for path in candidates for candidate in read_records(Candidate, path)]
    system = load_system(adapter, checkpoint, voice=voice, device=device, dtype=dtype)
    views = view_candidates(system, drawn, [texts[c.utterance_id] for c in drawn], temperature)
    shown = progress(views, name=f"likelihood {output}", unit="cand", total=len(drawn))
    write_records(list(shown), output)


if __name__ == "__main__":
    run_script(measure_likelihood)
