"""The table: GPU memory and least time that sampling from the real systems takes."""

from dataclasses import asdict

import pandas as pd

from selfverify.planning.sampling import OVERHEAD_SHARE, Workload, plan_resources
from selfverify.results.markup import TableFiles, formatted, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# Columns of the table for people, and how each is written.
COLUMNS = {
    "system": ("system", "{}"),
    "num_parameters": ("parameters", "{:,}"),
    "dtype": ("dtype", "{}"),
    "batch_size": ("batch", "{}"),
    "weights_gb": ("weights, GB", "{:.1f}"),
    "cache_gb": ("KV cache, GB", "{:.1f}"),
    "overhead_gb": ("overhead, GB", "{:.1f}"),
    "codec_gb": ("codec, GB", "{:.1f}"),
    "total_gb": ("total, GB", "{:.1f}"),
    "steps_per_audio_s": ("steps per second of audio", "{:.1f}"),
    "min_minutes_per_1000": ("minutes per 1,000 candidates, at least", "{:.2f}"),
}


def table_resources(
    *,
    systems: list[str],
    codecs: list[str],
    dtypes: list[str],
    batch_sizes: list[int],
    max_audio_s: list[float],
    mean_audio_s: float,
    num_prompt_ids: int,
    files: TableFiles,
) -> None:
    """Writes the table for machines and for people.

    Args:
        systems: keys of `selfverify.planning.architectures.SYSTEM_CONFIGS`.
        codecs: of each system, keys of `selfverify.planning.architectures.CODEC_CONFIGS`.
        dtypes: of each system's language model.
        batch_sizes: candidates of each system sampled at once.
        max_audio_s: cap of each system, seconds of audio.
        mean_audio_s: of a candidate, assumed.
        num_prompt_ids: of a prompt, assumed.
        files: the table, a row per system; for people rounded, with what it assumes.
    """
    rows = []
    choices = zip(systems, codecs, dtypes, batch_sizes, max_audio_s, strict=True)
    for system, codec, dtype, batch_size, cap_s in choices:
        workload = Workload(dtype, batch_size, cap_s, mean_audio_s, num_prompt_ids)
        plan = plan_resources(system, codec, workload)
        rows.append({"system": system, "codec": codec} | asdict(workload) | asdict(plan))
    write_csv(pd.DataFrame(rows), files.csv)
    note = NOTE.format(OVERHEAD_SHARE, mean_audio_s, num_prompt_ids)
    write_shown(formatted(rows, COLUMNS), note, files)


NOTE = (
    "Computed from the architectures, not measured. Total is language model and codec loaded "
    "together; overhead is {:.0%} of the weights. The KV cache is that of a full batch at the cap. "
    "Minutes are sampling alone, on an H100 that reads weights and cache at its full 3.35 TB/s, "
    "for {:g} s of audio a candidate and {} ids a prompt: no run at that batch size can be faster, "
    "and a real one is slower."
)


if __name__ == "__main__":
    run_script(table_resources)
