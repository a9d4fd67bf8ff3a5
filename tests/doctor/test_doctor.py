"""The doctor says what is missing in seconds, and about how long a run takes."""

import json
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from repository import ROOT
from selfverify.cli import main
from selfverify.doctor.estimate import estimate_cpu, in_words
from selfverify.doctor.machine import Gpu, Machine, inspect_machine
from selfverify.doctor.needs import codec_codes, find_problems, look_at, system_codes
from selfverify.versioning.records import read_records

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


def test_a_gpu_without_bfloat16_is_told(tracks):
    (problem,) = find_problems(tracks["paper"], T4)
    assert "Tesla T4 has no bfloat16, which llasa-1b" in problem.says


def test_licences_that_forbid_commerce_are_shown(tracks):
    says = [finding.says for finding in look_at(tracks["paper"], T4)]
    assert sum("no commercial use" in text for text in says) == 3  # two Llasas and XCodec2


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
    """Within a factor of 1.5, as the recorded jobs' times add up; it holds for this study alone."""
    files = (ROOT / "data/mini/provenance").glob("*.jsonl")
    jobs = [job for path in files for job in read_records(path)]
    recorded_s = sum(job.ended_s - job.started_s for job in jobs)
    estimate = estimate_cpu(tracks["mini"], 2)
    assert 1 / 1.5 < estimate.core_s / recorded_s < 1.5
    assert abs(estimate.num_jobs - len(jobs)) / len(jobs) < 0.25


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
