"""The benchmark of the real systems at small sizes of the same classes, on the CPU."""

import dataclasses

import pytest
import torch

from selfverify.benchmarks.bench import Bench, Scale
from selfverify.benchmarks.cells import read_results, run_cells
from selfverify.benchmarks.models import Subject
from selfverify.benchmarks.training import TrainingWorkload
from selfverify.systems.base import SamplingSettings

SETTINGS = SamplingSettings(temperature=0.8, top_p=0.95, top_k=50, max_audio_s=0.6)
SUBJECTS = {
    "llasa": Subject("llasa-1b", "xcodec2", "bfloat16", SETTINGS),
    "orpheus": Subject(
        "orpheus-3b", "snac", "bfloat16", dataclasses.replace(SETTINGS, repetition_penalty=1.1)
    ),
    "csm": Subject("csm-1b", "mimi", "bfloat16", SETTINGS),
}
TRAINING = TrainingWorkload(
    lora_rank=4, batch_size=4, micro_batch_size=2, max_audio_s=2.0, num_prompt_ids=20, beta=0.1
)
# What larger batches and the planned dtype run too, in half the time.
ENOUGH = ("sample {} 1", "official {} 1", "ids float32 {}", "sft {} 2", "dpo {} 2")


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_kind_of_cell_measures_and_both_paths_draw_the_same_ids(name, tmp_path):
    bench = Bench([SUBJECTS[name]], TRAINING, Scale(0.5, 20, is_tiny=True), torch.device("cpu"))
    keys = {key.format(SUBJECTS[name].name) for key in ENOUGH}
    of_system = [cell for cell in bench.cells() if cell.key in keys]
    others = [cell for cell in bench.cells() if cell.facts["kind"] in ("card", "decode")]
    cells = of_system + others
    results = tmp_path / "cells.jsonl"
    run_cells(cells, results, 600, bench.device)
    rows = {row["key"]: row for row in read_results(results)}
    assert rows.keys() == {cell.key for cell in cells}
    assert [row for row in rows.values() if "error" in row] == []
    ids = rows[f"ids float32 {SUBJECTS[name].name}"]
    assert ids["rows_equal"] == ids["num_rows"] > 1


def test_the_recogniser_is_measured(tmp_path):
    bench = Bench([], TRAINING, Scale(0.5, 20, is_tiny=True), torch.device("cpu"))
    (cell,) = [cell for cell in bench.cells() if cell.facts["kind"] == "recognise"]
    assert cell.measure()["audio_s_per_s"] > 0


def test_a_second_run_goes_on_where_the_first_was_cut_off(tmp_path):
    bench = Bench([SUBJECTS["llasa"]], TRAINING, Scale(0.5, 20, is_tiny=True), torch.device("cpu"))
    first, second = bench.cells()[:2]
    results = tmp_path / "cells.jsonl"
    run_cells([first], results, 600, bench.device)
    kept = results.read_text()
    results.write_text(kept + '{"key": "sam')  # as a machine leaves it that is taken away
    run_cells([first, second], results, 600, bench.device)
    assert [row["key"] for row in read_results(results)] == [first.key, second.key]
    assert results.read_text().startswith(kept)
