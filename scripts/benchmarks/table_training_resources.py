"""The table: GPU memory that training the real systems takes."""

from dataclasses import asdict

import pandas as pd

from selfverify.planning.training import plan_training
from selfverify.results.markup import TableFiles, formatted, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# Columns of the table for people, and how each is written.
COLUMNS = {
    "system": ("system", "{}"),
    "num_trained": ("weights trained", "{:,}"),
    "num_positions": ("positions", "{:,}"),
    "weights_gb": ("weights, GB", "{:.1f}"),
    "trained_gb": ("adapter and Adam, GB", "{:.1f}"),
    "activations_gb": ("activations, GB", "{:.1f}"),
    "logits_gb": ("logits, GB", "{:.1f}"),
    "total_gb": ("total, GB", "{:.1f}"),
}


def table_training_resources(
    *,
    systems: list[str],
    codecs: list[str],
    dtypes: list[str],
    max_audio_s: list[float],
    lora_rank: int,
    num_sequences: int,
    num_prompt_ids: int,
    files: TableFiles,
) -> None:
    """Writes the table for machines and for people.

    Args:
        systems: keys of `selfverify.planning.architectures.SYSTEM_CONFIGS`.
        codecs: of each system, keys of `selfverify.planning.architectures.CODEC_CONFIGS`.
        dtypes: of each system's language model.
        max_audio_s: cap of each system, seconds of audio.
        lora_rank: of the adapters.
        num_sequences: at once.
        num_prompt_ids: of a prompt, assumed.
        files: the table, a row per system; for people rounded, with what it assumes.
    """
    rows = []
    for system, codec, dtype, cap_s in zip(systems, codecs, dtypes, max_audio_s, strict=True):
        plan = plan_training(
            system, codec, dtype=dtype, lora_rank=lora_rank, num_sequences=num_sequences,
            max_audio_s=cap_s, num_prompt_ids=num_prompt_ids,
        )  # fmt: skip
        rows.append({"system": system, "codec": codec} | asdict(plan))
    write_csv(pd.DataFrame(rows), files.csv)
    note = NOTE.format(rank=lora_rank, sequences=num_sequences, ids=num_prompt_ids)
    write_shown(formatted(rows, COLUMNS), note, files)


NOTE = (
    "Computed from the architectures, not measured. Adapters of rank {rank} on every projection, "
    "{sequences} sequences at once, which is one pair, each as long as the cap allows after {ids} "
    "ids of prompt; layers are recomputed in the backward pass. A preference loss's reference adds "
    "none: it is done before the policy begins."
)


if __name__ == "__main__":
    run_script(table_training_resources)
