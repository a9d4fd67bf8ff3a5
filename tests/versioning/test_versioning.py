"""Stages, job records and dvc.yaml, without running anything."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from snakemake.persistence.file import FilePersistence

from selfverify.versioning.dvc import HEADER, describe_stages, write_pipeline
from selfverify.versioning.records import JobRecord, read_records, without_replaced, write_records
from selfverify.versioning.stages import Stage
from selfverify.versioning.studies import Study, find_study

SHARED = {"scripts/a.py": "sha256:1", "scripts/selfverify/b.py": "sha256:2"}
JOBS = [
    JobRecord(
        rule="transcribe", outputs=(f"data/mini/t/{i}.parquet",),
        inputs=dict(sorted((SHARED | {f"data/mini/a/{i}.parquet": f"sha256:{i}a"}).items())),
        params=("'x'", str(i)), code="python {input}", command=f"python scripts/a.py {i}",
        software="d41d", started_s=1.5 + i, ended_s=2.5 + i,
    )
    for i in range(3)
]  # fmt: skip


def test_records_come_back_as_they_were_written(tmp_path):
    path = tmp_path / "stage.jsonl"
    write_records(reversed(JOBS), path)
    assert read_records(path) == JOBS
    lines = path.read_text().splitlines()
    assert len(lines) == 1 + len(JOBS)
    assert all("scripts/selfverify/b.py" not in line for line in lines[1:])  # said once


def test_jobs_of_an_older_version_of_a_rule_keep_its_code(tmp_path):
    mixed = [JOBS[0], replace(JOBS[1], code="python {input} --new"), JOBS[2]]
    write_records(mixed, tmp_path / "stage.jsonl")
    assert sorted(read_records(tmp_path / "stage.jsonl"), key=lambda j: j.outputs) == mixed


def test_an_input_too_large_for_a_checksum_stays_an_input(tmp_path):
    large = replace(JOBS[0], inputs=JOBS[0].inputs | {"data/mini/a/large.parquet": None})
    write_records([large], tmp_path / "stage.jsonl")
    metadata = read_records(tmp_path / "stage.jsonl")[0].to_metadata()
    assert "data/mini/a/large.parquet" in metadata.input
    assert "data/mini/a/large.parquet" not in metadata.input_checksums


def test_an_input_that_a_job_has_twice_is_handed_over_twice(tmp_path):
    """One recogniser may be verifier and evaluator; Snakemake compares inputs with their number."""
    path, persistence = tmp_path / "stage.jsonl", FilePersistence(path=tmp_path)
    metadata = JOBS[0].to_metadata()
    metadata.input = sorted([*metadata.input, "data/mini/a/0.parquet"])
    write_records([JobRecord.from_metadata(JOBS[0].outputs, metadata)], path)
    [read] = read_records(path)
    persistence._write_record(JOBS[0].outputs[0], read.to_metadata())
    again = FilePersistence(path=tmp_path)._read_record(JOBS[0].outputs[0])
    assert again.input == metadata.input


def test_snakemake_reads_back_what_is_handed_over(tmp_path):
    persistence = FilePersistence(path=tmp_path)
    output = JOBS[0].outputs[0]
    persistence._write_record(output, JOBS[0].to_metadata())
    metadata = FilePersistence(path=tmp_path)._read_record(output)
    assert JobRecord.from_metadata([output], metadata) == JOBS[0]


def test_an_unchanged_file_is_not_written_again(tmp_path):
    path = tmp_path / "stage.jsonl"
    write_records(JOBS, path)
    before = path.stat().st_mtime_ns
    write_records(JOBS, path)
    assert path.stat().st_mtime_ns == before


def test_a_job_with_one_output_more_replaces_the_one_it_was():
    now = {("data/mini/t/0.json", *JOBS[0].outputs), JOBS[1].outputs}
    assert without_replaced(JOBS, now) == JOBS[1:]  # the third is of another graph


def test_no_file_means_no_records(tmp_path):
    assert read_records(tmp_path / "none.jsonl") == []


SHARED_PARAMS = {
    "track": "mini", "seed": 1, "metric": {"max_cer": 0.5}, "tracks": {"mini": {}, "paper": {}},
}  # fmt: skip
MINI, PAPER = (Study(track, SHARED_PARAMS) for track in ("mini", "paper"))
OURS = {"track": "ours", "seed": 2, "tracks": {"ours": {"pool_size": 4}}}
STAGES = [
    Stage("audio-x", files=("data/mini/audio/x/0.parquet",), folder="data/mini/audio/x"),
    Stage("results", files=("r.csv", "m.json"), params=("seed",), in_git=True, metrics=("m.json",)),
]
INPUTS = {
    "audio-x": {"data/mini/checkpoints/c/model.safetensors", "data/mini/checkpoints/c/config.json"},
    "results": {"data/mini/audio/x/0.parquet", "scripts/t.py"},
}


def test_stages_depend_on_the_folders_of_others_and_on_single_files_of_code():
    described = describe_stages(STAGES, INPUTS, MINI)["stages"]
    assert described["audio-x"]["deps"] == ["data/mini/checkpoints/c"]
    assert described["results"]["deps"] == ["data/mini/audio/x", "scripts/t.py"]
    assert described["results"]["outs"] == [{"r.csv": {"persist": True, "cache": False}}]
    assert described["results"]["metrics"] == [{"m.json": {"persist": True, "cache": False}}]


def test_another_track_has_a_pipeline_of_its_own_that_names_the_track():
    described = describe_stages(STAGES, INPUTS, PAPER)["stages"]
    assert described["audio-x"]["cmd"] == "snakemake stage_audio-x --config track=paper"
    assert described["audio-x"]["wdir"] == "../.."
    assert PAPER.pipeline == Path("data/paper/dvc.yaml")
    assert MINI.pipeline == Path("dvc.yaml")


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """A file with a track of its own."""
    monkeypatch.chdir(tmp_path)
    path = Path("studies", "ours.yaml")
    path.parent.mkdir()
    path.write_text(yaml.dump(OURS))
    Path("params.yaml").write_text(yaml.dump(SHARED_PARAMS))
    return path


def test_a_track_of_a_file_is_decided_by_that_file_and_by_params_yaml(ours):
    study = find_study("ours", SHARED_PARAMS, [Path("params.yaml"), ours])
    keys = ("seed", "metric.max_cer", "tracks.ours.pool_size")
    stage = replace(STAGES[1], params=keys)
    described = describe_stages([stage], INPUTS, study)["stages"]["results"]
    assert study.pipeline == Path("data/ours/dvc.yaml")
    assert described["cmd"] == "snakemake stage_results --configfile studies/ours.yaml"
    own = {"studies/ours.yaml": ["seed", "tracks.ours.pool_size"]}
    assert described["params"] == ["seed", "metric.max_cer", own]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"seed": 3}, "seed differs from params.yaml and studies/ours.yaml"),
        ({"metric": {"max_cer": 0.4}}, "metric differs from params.yaml and studies/ours.yaml"),
        ({"metric": {}, "seed": 3}, "metric, seed differ from params.yaml and studies/ours.yaml"),
    ],
)
def test_what_no_file_says_is_not_versioned(ours, changes, reason):
    study = find_study("ours", SHARED_PARAMS, [ours])
    assert study.why_unversioned(study.parameters | changes, is_remote=False) == reason


def test_files_without_a_track_of_their_own_and_those_from_outside_make_no_study(ours):
    more_seeds = ours.with_name("more.yaml")
    more_seeds.write_text("seed: 3\n")
    plain = find_study("mini", SHARED_PARAMS, [more_seeds])
    assert plain == MINI
    assert plain.why_unversioned(SHARED_PARAMS | {"seed": 3}, is_remote=False)


@pytest.mark.parametrize(
    ("name", "tracks"), [("../ours.yaml", ["ours"]), ("two.yaml", ["ours", "theirs"])]
)
def test_what_a_study_lacks_to_be_recorded_is_said(ours, name, tracks):
    path = Path(name)
    path.write_text(yaml.dump(OURS | {"tracks": {track: {} for track in tracks}}))
    study = find_study("ours", SHARED_PARAMS, [path])
    reason = study.why_unversioned(SHARED_PARAMS | OURS, is_remote=False)
    assert reason.startswith("seed, tracks differ from params.yaml; to be recorded it wants one")


@pytest.mark.parametrize(
    ("own", "name", "options"),
    [
        (OURS, "ours.yaml", " --configfile ours.yaml"),
        (OURS, "our own.yaml", " --configfile 'our own.yaml'"),
        ({"tracks": OURS["tracks"]}, "ours.yaml", " --configfile ours.yaml --config track=ours"),
    ],
)
def test_a_command_of_a_stage_runs_its_study(own, name, options):
    assert Study("ours", SHARED_PARAMS, name, own).options == options


def test_a_track_that_says_so_is_not_versioned(ours):
    ours.write_text(yaml.dump(OURS | {"tracks": {"ours": {"versioned": False}}}))
    study = find_study("ours", SHARED_PARAMS, [ours])
    reason = study.why_unversioned(study.parameters, is_remote=False)
    assert reason == "studies/ours.yaml says `versioned: false`"
    assert "remote" in MINI.why_unversioned(SHARED_PARAMS, is_remote=True)


def test_plots_written_by_hand_survive(tmp_path):
    path = tmp_path / "dvc.yaml"
    path.write_text("stages: {}\nplots: [{p: {x: {r.csv: n}}}]\n")
    content = describe_stages(STAGES, INPUTS, MINI)
    write_pipeline(content, path)
    written = yaml.safe_load(path.read_text())
    assert written["plots"] == [{"p": {"x": {"r.csv": "n"}}}]
    assert written["stages"] == content["stages"]
    assert path.read_text().startswith(HEADER)


@pytest.mark.parametrize(("present", "complete"), [(["r.csv"], False), (["r.csv", "m.json"], True)])
def test_a_stage_is_complete_when_every_file_is_there(tmp_path, monkeypatch, present, complete):
    monkeypatch.chdir(tmp_path)
    for name in present:
        Path(name).write_text("")
    assert STAGES[1].is_complete == complete
