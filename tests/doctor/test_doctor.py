"""The doctor says what is missing in seconds, and about how long a run takes."""

import json
import re
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from repository import ROOT
from selfverify.cli import main
from selfverify.doctor import machine as looked_at
from selfverify.doctor.distilled import count_distilled
from selfverify.doctor.estimate import estimate_cpu, in_words
from selfverify.doctor.machine import Gpu, Machine, inspect_machine
from selfverify.doctor.needs import codec_codes, find_problems, look_at, system_codes
from selfverify.doctor.recorded import RecordedRun, read_recorded_run

CPU = Machine(2, 16.0, 100.0, ())
T4 = Machine(8, 30.0, 100.0, (Gpu("Tesla T4", 16.1, False),))


@pytest.fixture
def tracks(params, monkeypatch):
    monkeypatch.chdir(ROOT)
    return deepcopy(params["tracks"])


def test_the_mini_track_lacks_nothing(tracks):
    assert find_problems(tracks["mini"], CPU) == []


def test_a_machine_without_gpu_is_told_before_anything_is_downloaded(tracks):
    (problem,) = find_problems(tracks["paper"], CPU)
    assert "cuda" in problem.says
    assert "device: cpu" in problem.cure


def test_a_disk_that_is_too_small_is_told(tracks):
    (problem,) = find_problems(tracks["mini"], replace(CPU, disk_free_gb=1.0))
    assert problem.says.endswith("1.0 GB are free")


def test_a_gpu_without_bfloat16_is_told(tracks):
    (problem,) = find_problems(tracks["paper"], T4)
    assert "Tesla T4 has no bfloat16, which llasa-1b" in problem.says


def test_vllm_is_missed_where_a_system_asks_for_it(tracks, monkeypatch):
    machine = Machine(8, 64.0, 500.0, (Gpu("H100", 85.0, True),))
    assert find_problems(tracks["paper"], machine) == []
    tracks["paper"]["systems"]["orpheus-3b"]["engine"] = "vllm"
    monkeypatch.setenv("SELFVERIFY_VLLM_PYTHON", "/nowhere/python")
    (problem,) = find_problems(tracks["paper"], machine)
    assert problem.says == "no /nowhere/python, which orpheus-3b ask for"
    assert "make vllm" in problem.cure
    monkeypatch.setenv("SELFVERIFY_VLLM_PYTHON", sys.executable)
    assert find_problems(tracks["paper"], machine) == []


def test_licences_that_forbid_commerce_are_shown(tracks):
    says = [finding.says for finding in look_at(tracks["paper"], T4)]
    assert sum("no commercial use" in text for text in says) == 3  # two Llasas and XCodec2
    assert sum(text.endswith("large-v3.pt, MIT") for text in says) == 1


def test_a_codec_that_a_system_did_not_learn_is_told(tracks):
    tracks["mini"]["systems"]["mini-llasa"] |= {"codec": "mini-snac"}
    (problem,) = find_problems(tracks["mini"], CPU)
    assert problem.says == "mini-llasa draws (1, 1024) codes, mini-snac has (7, 256) (books × size)"


def test_a_missing_checkpoint_is_told(tracks):
    tracks["mini"]["codecs"]["mini-snac"]["checkpoint"] = "data/mini/checkpoints/none"
    assert any("no such checkpoint" in p.says for p in find_problems(tracks["mini"], CPU))


def test_codes_are_those_that_adapters_find(tracks):
    from selfverify.systems import load_system

    for entry in tracks["mini"]["systems"].values():
        adapter, folder = entry["adapter"], Path(entry["checkpoint"])
        codec = tracks["mini"]["codecs"][entry["codec"]]
        _, size = system_codes(adapter, folder)
        assert load_system(adapter, folder, load_model=False).codebook_size == size
        assert codec_codes(codec["adapter"], Path(codec["checkpoint"]))[1] == size


def test_the_estimate_is_near_the_recorded_run(tracks):
    """Within a factor of 1.5, of the jobs' time and of the run's, which had two cores."""
    recorded = read_recorded_run(ROOT / "data/mini/provenance")
    estimate = estimate_cpu(tracks["mini"], 2)
    assert 1 / 1.5 < estimate.core_s / recorded.core_s < 1.5
    assert 1 / 1.5 < estimate.wall_s / recorded.wall_s < 1.5
    assert abs(estimate.num_jobs - recorded.num_jobs) / recorded.num_jobs < 0.25


def test_training_candidates_are_those_that_dvc_has(tracks):
    """A shard of 200 prompts, 4 candidates each: of systems, rivals and rounds on the way."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].values()
    outs = [next(iter(out)) if isinstance(out, dict) else out for s in stages for out in s["outs"]]
    shards = [
        out for out in outs if re.fullmatch(r"data/mini/candidates/.*/train/\d+\.parquet", out)
    ]
    assert shards
    assert count_distilled(tracks["mini"]).to_learn.total() == 800 * len(shards)
    before = count_distilled(tracks["mini"]).training_s
    tracks["mini"]["distillation"]["fold_adapters"] = True  # of SFT, not of pairs
    assert 0.6 * before < count_distilled(tracks["mini"]).training_s < before


def test_a_recorded_run_is_added_up_by_rule_and_overlap(tmp_path):
    assert read_recorded_run(tmp_path) is None
    lines = [
        {"rule": "a"}, {"outputs": ["x"], "started_s": 0, "ended_s": 10},
        {"outputs": ["y"], "started_s": 5, "ended_s": 12}, {"rule": "b"}, ["no record"],
        {"outputs": ["z"], "started_s": 20, "ended_s": 21},
    ]  # fmt: skip
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n{")
    assert read_recorded_run(tmp_path) == RecordedRun(3, 18.0, 13.0, {"a": 17.0, "b": 1.0})


def test_times_are_in_words():
    assert [in_words(s) for s in (12.0, 600.0, 7200.0)] == ["12 s", "10 min", "2.0 h"]


def test_the_command_prints_words_and_json(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["selfverify", "doctor"])
    main()
    assert "Track mini: can run here." in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["selfverify", "doctor", "--json"])
    main()
    assert json.loads(capsys.readouterr().out)["tracks"]["mini"]["can_run"] is True


def test_this_machine_has_cores_and_memory(tmp_path):
    machine = inspect_machine(tmp_path)
    assert machine.num_cores >= 1
    assert min(machine.memory_gb, machine.disk_free_gb) > 0


def test_parameters_are_read_from_another_folder(tmp_path, monkeypatch, capsys):
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    monkeypatch.chdir(tmp_path)  # where no checkpoint is
    monkeypatch.setattr(sys, "argv", ["selfverify", "doctor"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert "MISSING mini-llasa" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("listed", "cards"),
    [
        ("Tesla T4, 15360, 7.5\n", [("Tesla T4", 16.1, False)]),
        ("NVIDIA GB10, [N/A], 12.1\n", [("NVIDIA GB10", 25.0, True)]),  # the machine's memory
        ("No devices were found\n", []),
    ],
)
def test_every_answer_of_the_driver_is_understood(monkeypatch, listed, cards):
    answer = CompletedProcess([], 0, listed, "")
    monkeypatch.setattr(looked_at.subprocess, "run", lambda *_, **__: answer)
    monkeypatch.setattr(looked_at, "_available_bytes", lambda: 25_000_000_000)
    found = inspect_machine(ROOT).gpus
    assert [(gpu.name, round(gpu.memory_gb, 1), gpu.has_bfloat16) for gpu in found] == cards


def test_an_adapter_of_ones_own_is_estimated(tracks):
    tracks["mini"]["systems"]["mini-csm"]["adapter"] = "my-adapter"
    assert estimate_cpu(tracks["mini"], 2).core_s > 0


def test_a_study_is_looked_at_from_elsewhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for arguments in (["--params", str(ROOT / "params.yaml")], []):
        monkeypatch.setattr(sys, "argv", ["selfverify", "doctor", *arguments])
        main()
        assert "Track mini: can run here." in capsys.readouterr().out
