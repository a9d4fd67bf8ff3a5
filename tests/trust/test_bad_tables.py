"""Damaged tables, texts, records and files of DVC: one line that names file, column or row."""

import dataclasses
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from refusals import refused
from selfverify.sampling.pools import check_texts
from selfverify.storage.records import Candidate, Clip, StopReason, Transcript, Utterance
from selfverify.storage.tables import read_records, read_tables, write_records
from selfverify.systems import load_system
from selfverify.versioning.dvc import locked_outputs, read_stages
from selfverify.versioning.integrity import _every_remote_verifies
from selfverify.versioning.records import JobRecord
from selfverify.versioning.records import read_records as read_jobs
from selfverify.versioning.records import write_records as write_jobs

UTTERANCE = Utterance("u-1", "Hello.", ("hello",), "x", "standard", 1, 0.5)
ROWS = {
    Utterance: UTTERANCE,
    Candidate: Candidate("u-1", 0, 7, [3, 4], [[1, 2]], StopReason.EOS, 2, "abc"),
    Clip: Clip("u-1", 0, {"bytes": b"x", "path": None}, 16_000, 1.0, 0.5, -20.0, StopReason.EOS),
    Transcript: Transcript("u-1", 0, "hello", -0.1, 0.0, 1.0),
}
CUTS = [0, 4, 11, 60, 300]


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("size", CUTS)
def test_a_table_that_is_cut_off_is_named(tmp_path, kind, size):
    path = tmp_path / "table.parquet"
    write_records([ROWS[kind]], path)
    os.truncate(path, size)
    refused("parquet", lambda: read_records(kind, path), str(path), "rm")


@pytest.mark.parametrize(
    ("kind", "name"), [(k, f.name) for k in ROWS for f in dataclasses.fields(k)]
)
def test_a_table_without_a_column_or_with_another_kind_is_named(tmp_path, kind, name):
    path = tmp_path / "table.parquet"
    write_records([ROWS[kind]], path)
    table = pq.read_table(path)
    pq.write_table(table.drop_columns([name]), path)
    refused("parquet", lambda: read_records(kind, path), str(path), repr(name), "there are")
    refused("parquet", lambda: read_tables([path], [name]), str(path), repr(name))
    if name != "audio":
        wrong = pa.array([b"\xff"], pa.binary())
        pq.write_table(table.drop_columns([name]).append_column(name, wrong), path)
        refused("parquet", lambda: read_records(kind, path), str(path), repr(name), "binary")


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"PAR1PAR1", b"<<<<<<< HEAD\n", bytes(5000)])
def test_a_file_that_is_no_table_is_named(tmp_path, data):
    path = tmp_path / "table.parquet"
    path.write_bytes(data)
    refused("parquet", lambda: read_records(Clip, path), str(path))
    refused("parquet", lambda: read_tables([path]), str(path))


def test_a_missing_table_is_named(tmp_path):
    refused("parquet", lambda: read_records(Clip, tmp_path / "none.parquet"), "no such file")


TEXTS = ["", " ", "\n\t", "\u00a0", "Pay £5.", "naïve", "日本", "emoji 🙂", "zero\u200bwidth"]


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_cannot_be_spoken_is_named(tiny_systems, adapter, text):
    system = load_system(adapter, tiny_systems[adapter], load_model=False)
    wrong = [UTTERANCE, dataclasses.replace(UTTERANCE, utterance_id="u-2", text=text)]
    refused("prompts", lambda: check_texts(system, wrong, "p.parquet"), "p.parquet", "u-2")


JOB = JobRecord("r", ("data/a",), {"b": "sha"}, ("1",), "code", "command", "s", 1.0, 2.0)
BAD_JOBS = {
    "a conflict": "<<<<<<< HEAD\n",
    "half a line": '{"outputs": ["a"',
    "a list": "[1]\n",
    "a word": "x\n",
    "no shared line": '{"outputs": ["a"], "inputs": {}, "params": []}\n',
    "binary": "\x00\x80",
    "upwards": None,
    "absolute": None,
    "no outputs": None,
    "unknown key": None,
}


@pytest.mark.parametrize("name", BAD_JOBS)
def test_a_record_that_cannot_be_read_is_named(tmp_path, name):
    path = tmp_path / "stage.jsonl"
    write_jobs([JOB], path)
    changes = {
        "upwards": {"outputs": ["../../x"]},
        "absolute": {"outputs": ["/etc/x"]},
        "no outputs": {"outputs": []},
        "unknown key": {"more": 1},
    }
    if name in changes:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        path.write_text("\n".join(json.dumps(x) for x in [lines[0], lines[1] | changes[name]]))
    else:
        path.write_text(BAD_JOBS[name] or "")
    refused("records", lambda: read_jobs(path), str(path), "line", "git checkout")


BAD_LOCKS = {
    "a conflict": "<<<<<<< HEAD\nstages: {}\n=======\n",
    "a list": "stages: [1]",
    "a word": "stages",
    "half": "stages: {a: {outs: [{path: x",
    "tabs": "stages:\n\tx: 1",
    "numbers": "stages: {a: 1}",
    "binary": "\x00\x01",
}


@pytest.mark.parametrize("file", ["dvc.lock", "dvc.yaml"])
@pytest.mark.parametrize("name", BAD_LOCKS)
def test_a_file_of_dvc_that_cannot_be_read_is_named(tmp_path, file, name):
    path = tmp_path / file
    path.write_text(BAD_LOCKS[name])
    refused("records", lambda: read_stages(path), str(path), "git checkout")


@pytest.mark.parametrize(
    "out", [{"path": "../x", "md5": "1"}, {"path": "/x", "md5": "1"}, {"md5": "1"}, {"path": "x"}]
)
def test_an_output_outside_the_repository_is_named(tmp_path, out):
    path = tmp_path / "dvc.lock"
    path.write_text(yaml.safe_dump({"stages": {"a": {"outs": [out]}}}))
    refused("records", lambda: list(locked_outputs(path)), str(path), "git checkout")


@pytest.mark.parametrize("text", ["[core\n", "key = 1\n", "[a]\nx\n", "<<<<<<< HEAD\n"])
def test_settings_of_dvc_that_cannot_be_read_are_named(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(text)
    refused("records", _every_remote_verifies, ".dvc/config", "mend")
