"""The real systems' speed and memory on this machine's card, with random weights of their sizes."""

from pathlib import Path

import pandas as pd
import torch

from selfverify.benchmarks.bench import Bench, Scale
from selfverify.benchmarks.cells import read_results, run_cells
from selfverify.benchmarks.models import Subject
from selfverify.benchmarks.table import NOTE, shown_table, with_plans
from selfverify.benchmarks.training import TrainingWorkload
from selfverify.results.markup import TableFiles, as_markdown, write_shown
from selfverify.storage.tables import write_csv
from selfverify.systems.base import SamplingSettings
from selfverify.systems.checks import check_device
from selfverify.workflow.script import run_script


def benchmark_gpu(
    *,
    systems: list[str],
    codecs: list[str],
    dtypes: list[str],
    temperatures: list[float],
    top_ps: list[float],
    top_ks: list[int],
    repetition_penalties: list[float],
    max_audio_s: list[float],
    training: TrainingWorkload,
    mean_audio_s: float,
    num_prompt_ids: int,
    device: str,
    budget_s: float,
    plans: Path,
    measurements: Path,
    files: TableFiles,
    tiny: bool = False,
) -> None:
    """Measures cell by cell and writes the table of all cells that there are.

    Args:
        systems: keys of `selfverify.planning.architectures.SYSTEM_CONFIGS`.
        codecs: of each system, keys of `selfverify.planning.architectures.CODEC_CONFIGS`.
        dtypes: of each system's language model.
        temperatures: of each system, as the next four.
        top_ps: 1 switches it off.
        top_ks: 0 switches it off.
        repetition_penalties: 1 switches it off.
        max_audio_s: cap of each system, seconds of audio.
        training: a step as planned.
        mean_audio_s: of a candidate, assumed.
        num_prompt_ids: of a prompt, assumed.
        device: "cuda" or "cpu".
        budget_s: after which no further cell begins.
        plans: table_training_resources.csv, what the trainings plan with.
        measurements: JSON lines, one a cell; what is there is not measured again.
        files: the table.
        tiny: small sizes of the same classes, to try the code on a CPU.
    """
    check_device(device, "float32")
    subjects = [
        Subject(name, codec, dtype, SamplingSettings(t, p, k, cap_s, penalty))
        for name, codec, dtype, t, p, k, penalty, cap_s in zip(
            systems, codecs, dtypes, temperatures, top_ps, top_ks, repetition_penalties,
            max_audio_s, strict=True,
        )
    ]  # fmt: skip
    scale = Scale(mean_audio_s, num_prompt_ids, tiny)
    bench = Bench(subjects, training, scale, torch.device(device))
    measurements.parent.mkdir(parents=True, exist_ok=True)
    run_cells(bench.cells(), measurements, budget_s, bench.device)
    bench.release()
    rows = with_plans(read_results(measurements), pd.read_csv(plans))
    shown = shown_table(rows)
    print(as_markdown(shown), flush=True)
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(shown, NOTE, files)


if __name__ == "__main__":
    run_script(benchmark_gpu)
