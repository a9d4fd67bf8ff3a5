"""Stages, job records and dvc.yaml, without running anything."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from snakemake.persistence.file import FilePersistence

from selfverify.versioning.dvc import HEADER, describe_stages, pipeline_file, write_pipeline
from selfverify.versioning.records import JobRecord, read_records, without_replaced, write_records
from selfverify.versioning.stages import Stage

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


STAGES = [
    Stage("audio-x", files=("data/mini/audio/x/0.parquet",), folder="data/mini/audio/x"),
    Stage("results", files=("r.csv", "m.json"), params=("seed",), in_git=True, metrics=("m.json",)),
]
INPUTS = {
    "audio-x": {"data/mini/checkpoints/c/model.safetensors", "data/mini/checkpoints/c/config.json"},
    "results": {"data/mini/audio/x/0.parquet", "scripts/t.py"},
}


def test_stages_depend_on_the_folders_of_others_and_on_single_files_of_code():
    described = describe_stages(STAGES, INPUTS, track="mini", default_track="mini")["stages"]
    assert described["audio-x"]["deps"] == ["data/mini/checkpoints/c"]
    assert described["results"]["deps"] == ["data/mini/audio/x", "scripts/t.py"]
    assert described["results"]["outs"] == [{"r.csv": {"persist": True, "cache": False}}]
    assert described["results"]["metrics"] == [{"m.json": {"persist": True, "cache": False}}]


def test_another_track_has_a_pipeline_of_its_own_that_names_the_track():
    described = describe_stages(STAGES, INPUTS, track="paper", default_track="mini")["stages"]
    assert described["audio-x"]["cmd"] == "snakemake stage_audio-x --config track=paper"
    assert described["audio-x"]["wdir"] == "../.."
    assert pipeline_file("paper", "mini") == Path("data/paper/dvc.yaml")
    assert pipeline_file("mini", "mini") == Path("dvc.yaml")


def test_plots_written_by_hand_survive(tmp_path):
    path = tmp_path / "dvc.yaml"
    path.write_text("stages: {}\nplots: [{p: {x: {r.csv: n}}}]\n")
    content = describe_stages(STAGES, INPUTS, track="mini", default_track="mini")
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
