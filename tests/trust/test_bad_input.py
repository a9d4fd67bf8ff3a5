"""Generated malformed input: one line that names file, key or row and the cure; no traceback.

Everything runs in this process, so that hundreds of cases take seconds.
"""

import dataclasses
import io
import json
import os
import pickle
import random
import re
import shutil
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from repository import ROOT
from selfverify.cli import main
from selfverify.codecs import load_codec
from selfverify.errors import InputError
from selfverify.sampling.pools import check_texts
from selfverify.storage.checkpoints import write_checksums
from selfverify.storage.records import Candidate, Clip, StopReason, Transcript, Utterance
from selfverify.storage.tables import read_records, read_tables, write_records
from selfverify.systems import load_system
from selfverify.versioning.dvc import locked_outputs, read_stages
from selfverify.versioning.integrity import _every_remote_verifies
from selfverify.versioning.records import JobRecord
from selfverify.versioning.records import read_records as read_jobs
from selfverify.versioning.records import write_records as write_jobs
from selfverify.workflow.params import check_params
from selfverify.workflow.params_file import read_params
from selfverify.workflow.script import run_script
from tiny import make_codec

TALLY: Counter = Counter()
LEAST = 300
# What a cure begins with; it tells the reader what to do, or what was meant.
CURES = re.compile(
    r"\b(choose|did you mean|fetch|free|git checkout|give|mend|mind|quote|remove|restore|rm|save"
    r"|set|spell|there are|write|put|see)\b"
)


def refused(kind: str, call, *parts: str) -> str:
    """Asserts that `call` ends in an InputError of one line with all parts; returns the line."""
    with pytest.raises(InputError) as error:
        call()
    line = str(error.value)
    assert "\n" not in line
    assert CURES.search(line), f"no cure: {line}"
    for part in parts:
        assert part in line, f"{part!r} is not in: {line}"
    TALLY[kind] += 1
    return line


# --- params.yaml ---------------------------------------------------------------------------------


def leaves(value, place=()):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*place, key))
    else:
        yield place


PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
LEAVES = sorted(leaves(PARAMS))
CHOSEN = random.Random(7).sample(LEAVES, 60)


@pytest.mark.parametrize("place", CHOSEN, ids=".".join)
@pytest.mark.parametrize("value", [None, {"x": 1}], ids=["empty", "mapping"])
def test_a_parameter_of_another_kind_is_named(tmp_path, place, value):
    params = json.loads(json.dumps(PARAMS))
    node = params
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(params, sort_keys=False))
    refused("params", lambda: check_params(read_params(path), str(path)), str(path), place[-1])


@pytest.mark.parametrize("place", random.Random(8).sample(LEAVES, 30), ids=".".join)
def test_a_mistyped_key_is_named(tmp_path, place):
    params = json.loads(json.dumps(PARAMS))
    node = params
    for key in place[:-1]:
        node = node[key]
    node[place[-1] + "_"] = node.pop(place[-1])
    refused("params", lambda: check_params(params), "params.yaml", place[-1])


ODDITIES = {
    "seed: 0123": ("seed: 2606", "seed", "write 123"),
    "seed: 2606\nseed: 1": ("seed: 2606", "seed twice", "remove one"),
    "seed: 0o17": ("seed: 2606", "seed", "write 15"),
    "seed: .inf": ("seed: 2606", "seed", "no number"),
    "seed: 1e3": ("seed: 2606", "seed", "write 1000.0"),
    "max_audio_s: 12:30": ("max_audio_s: 12.0", "max_audio_s", "quote it"),
    "language: no": ("language: en", "metric.language", "quote the word"),
    "temperature: yes": ("temperature: 0.8", "temperature", "quote the word"),
    "temperature: on": ("temperature: 0.8", "temperature", "quote the word"),
    "temperature: .nan": ("temperature: 0.8", "temperature", "no number"),
    "temperature: 1\n        temperature: 2": ("temperature: 0.8", "temperature twice", "remove"),
    "temperature: !!python/object/apply:os.getcwd []": ("temperature: 0.8", "no YAML", "mind"),
    "temperature:\t0.8\n\t  x: 1": ("temperature: 0.8", "line", "spaces instead of tabs"),
    "learning_rate: 5e-4": ("learning_rate: 0.0005", "learning_rate", "write 0.0005"),
    "learning_rate: 5E-4": ("learning_rate: 0.0005", "learning_rate", "write 0.0005"),
    "learning_rate: 1e-5": ("learning_rate: 0.0005", "learning_rate", "write 1.0e-05"),
    "pool_size: 8.0": ("pool_size: 8", "pool_size", "type"),
    "pool_size: '8'": ("pool_size: 8", "pool_size", "type"),
    "pool_size: -8": ("pool_size: 8", "pool_size", "minimum"),
    "pool_size: [8": ("pool_size: 8", "line", "no YAML"),
    "track: ../etc": ("track: mini", "track", "there is no"),
    "track: *x": ("track: mini", "line", "no YAML"),
    "<<<<<<< HEAD\nseed: 1\n=======\nseed: 2\n>>>>>>> b": ("seed: 2606", "line 5", "conflict"),
    "  mini: &a\n    x: *a": ("  mini:", "alias", "mind"),
    "      ../llasa:\n        adapter": (
        "      mini-llasa:\n        adapter",
        "../llasa",
        "digits",
    ),
    "      mini llasa:\n        adapter": (
        "      mini-llasa:\n        adapter",
        "mini llasa",
        "digits",
    ),
    "adapter: lasa": ("adapter: llasa", "adapter", "did you mean 'llasa'"),
}


@pytest.mark.parametrize("new", ODDITIES)
def test_yaml_that_two_programs_read_otherwise_is_refused(tmp_path, new):
    old, *parts = ODDITIES[new]
    text = (ROOT / "params.yaml").read_text()
    assert old in text
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new, 1))
    refused("params", lambda: check_params(read_params(path), str(path)), str(path), *parts)


RAW = {
    "empty": b"",
    "a list": b"- 1\n",
    "a word": b"track\n",
    "binary": bytes(range(256)),
    "latin": "seed: ß".encode("latin-1"),
    "NUL": b"seed: 1\0",
    "open quote": b"seed: '1",
    "open brace": b"tracks: {mini: {",
    "colons": b"a: b: c",
    "deep": b"a: " + b"[" * 3000,
}


@pytest.mark.parametrize("name", RAW)
def test_a_parameter_file_that_is_none_is_named(tmp_path, name):
    path = tmp_path / "params.yaml"
    path.write_bytes(RAW[name])
    refused("params", lambda: check_params(read_params(path), str(path)), str(path))


def test_a_missing_or_unreadable_parameter_file_is_named(tmp_path):
    refused("params", lambda: read_params(tmp_path / "params.yaml"), "No such file", "git checkout")
    refused("params", lambda: read_params(tmp_path), str(tmp_path), "directory")


# --- checkpoints ---------------------------------------------------------------------------------


def truncate(name, size):
    return lambda folder: os.truncate(folder / name, size)


def overwrite(name, data):
    return lambda folder: (folder / name).write_bytes(data)


def edit_json(name, **changes):
    def edit(folder):
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return edit


SIZES = {"hidden_size": 24, "num_filters": 3, "encoder_dim": 6, "decoder_dim": 7}
WEIGHTS = {"snac": "pytorch_model.bin"}
DAMAGES = {
    "weights of 0 bytes": lambda w: truncate(w, 0),
    "weights of 7 bytes": lambda w: truncate(w, 7),
    "half the weights": lambda w: truncate(w, 20_000),
    "text for weights": lambda w: overwrite(w, b"version https://git-lfs.github.com/spec/v1\n"),
    "a pickle for weights": lambda w: overwrite(w, pickle.dumps(Counter(a=1))),
    "a pickle that runs": lambda w: overwrite(w, b"cos\nsystem\n(S'touch ran'\ntR."),
    "no weights": lambda w: lambda folder: (folder / w).unlink(),
    "a folder for weights": lambda w: lambda folder: ((folder / w).unlink(), (folder / w).mkdir()),
    "config of 0 bytes": lambda w: truncate("config.json", 0),
    "half a config": lambda w: truncate("config.json", 40),
    "a list for a config": lambda w: overwrite("config.json", b"[1]"),
    "other sizes": lambda w: edit_json("config.json", **SIZES),
    "no config": lambda w: lambda folder: (folder / "config.json").unlink(),
}
OF_TOKENIZERS = {
    "tokenizer of 0 bytes": truncate("tokenizer.json", 0),
    "half a tokenizer": truncate("tokenizer.json", 300),
    "no tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "stop ids that are words": overwrite("generation_config.json", b'{"eos_token_id": "x"}'),
    "a list for generation": overwrite("generation_config.json", b"[]"),
}


@pytest.fixture(scope="module")
def tiny_codecs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("codecs")
    return {name: make_codec(name, folder / name) for name in ("xcodec2", "snac", "mimi")}


def damaged(source, folder, damage):
    shutil.copytree(source, folder)
    (folder / "SHA256SUMS").unlink(missing_ok=True)
    damage(folder)
    return folder


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
@pytest.mark.parametrize("name", [*DAMAGES, *OF_TOKENIZERS])
def test_a_damaged_system_is_named(tiny_systems, tmp_path, adapter, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if adapter == "csm" and name in ("stop ids that are words", "a list for generation"):
        name = "half a tokenizer"  # CSM's end is a code of its own
    damage = OF_TOKENIZERS.get(name) or DAMAGES[name]("model.safetensors")
    folder = damaged(tiny_systems[adapter], tmp_path / "broken", damage)
    refused("checkpoints", lambda: load_system(adapter, folder), "broken")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("adapter", ["xcodec2", "snac", "mimi"])
@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_codec_is_named(tiny_codecs, tmp_path, adapter, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    damage = DAMAGES[name](WEIGHTS.get(adapter, "model.safetensors"))
    folder = damaged(tiny_codecs[adapter], tmp_path / "broken", damage)
    refused("checkpoints", lambda: load_codec(adapter, folder), "broken")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("one", ["llasa", "orpheus", "csm"])
@pytest.mark.parametrize("other", ["llasa", "orpheus", "csm", "xcodec2", "snac", "mimi"])
def test_a_checkpoint_of_another_adapter_is_named(tiny_systems, tiny_codecs, one, other):
    if one != other:
        folder = (tiny_systems | tiny_codecs)[other]
        refused("checkpoints", lambda: load_system(one, folder), folder.name)


LISTINGS = {
    "a path upwards": "0" * 64 + "  ../../etc/passwd\n",
    "an absolute one": "0" * 64 + "  /etc/passwd\n",
    "half a digest": "0" * 20 + "  config.json\n",
    "no name": "0" * 64 + "\n",
    "words": "hello world\n",
    "a conflict": "<<<<<<< HEAD\n",
    "another digest": "0" * 64 + "  config.json\n",
    "a file that is not there": "0" * 64 + "  none.bin\n",
    "binary": "\x00\x01\x02\n",
}


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_of_checksums_that_is_wrong_is_named(tiny_systems, tmp_path, name):
    folder = shutil.copytree(tiny_systems["csm"], tmp_path / "listed")
    (folder / "SHA256SUMS").write_text(LISTINGS[name])
    refused("checkpoints", lambda: load_system("csm", folder), "listed")


def test_an_altered_file_and_a_missing_folder_are_named(tiny_systems, tmp_path):
    folder = shutil.copytree(tiny_systems["csm"], tmp_path / "csm")
    write_checksums(folder)
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff")
    refused("checkpoints", lambda: load_system("csm", folder), "model.safetensors", "altered")
    refused("checkpoints", lambda: load_system("csm", tmp_path / "none"), "none", "no such")
    write_checksums(folder)
    refused("checkpoints", lambda: load_system("cms", folder), "did you mean csm")
    refused("checkpoints", lambda: load_codec("nothing", folder), "there are: mimi")


# --- Parquet -------------------------------------------------------------------------------------

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


# --- prompts -------------------------------------------------------------------------------------

TEXTS = ["", " ", "\n\t", "\u00a0", "Pay £5.", "naïve", "日本", "emoji 🙂", "zero\u200bwidth"]


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_cannot_be_spoken_is_named(tiny_systems, adapter, text):
    system = load_system(adapter, tiny_systems[adapter], load_model=False)
    wrong = [UTTERANCE, dataclasses.replace(UTTERANCE, utterance_id="u-2", text=text)]
    refused("prompts", lambda: check_texts(system, wrong, "p.parquet"), "p.parquet", "u-2")


# --- records and DVC's files ---------------------------------------------------------------------

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


# --- command lines and manifests -----------------------------------------------------------------


def exits(kind: str, monkeypatch, arguments, call) -> str:
    """What is printed by a command that must end with a status above 0 and without a traceback."""
    monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit) as end:
        call()
    text = printed.getvalue() + (end.value.code if isinstance(end.value.code, str) else "")
    assert end.value.code not in (0, None)
    assert "Traceback" not in text
    assert text.strip()
    TALLY[kind] += 1
    return text


MANIFESTS = {
    "none.csv": None,
    "folder.csv": "folder",
    "empty.csv": b"",
    "header.csv": b"audio,text\n",
    "column.csv": b"file,text\na.wav,Hi\n",
    "notext.csv": b"audio,txt\na.wav,Hi\n",
    "binary.csv": bytes(range(256)),
    "nul.csv": b"audio,text\n\0,\0\n",
    "latin.csv": "audio,text\nä,ö\n".encode("latin-1"),
    "gone.csv": b"audio,text\ngone.wav,Hello there\n",
    "kind.xlsx": b"x",
    "kind": b"x",
    "json.jsonl": b"{",
    "list.jsonl": b"[1]\n",
    "empty.jsonl": b"\n",
    "word.jsonl": b"x\n",
    "conflict.csv": b"<<<<<<< HEAD\naudio,text\n",
    "not.parquet": b"PAR1",
    "cut.parquet": b"PAR1" + bytes(90),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_cannot_be_scored_is_named(tmp_path, monkeypatch, name):
    path, content = tmp_path / name, MANIFESTS[name]
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    out = tmp_path / "out.csv"
    text = exits("manifests", monkeypatch, ["score", path, "--out", out], main)
    assert name in text
    assert not out.exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--out", "x.txt"],
        ["--batch-size", "0"],
        ["--batch-size", "many"],
        ["--recogniser", "hearing-aid"],
        ["--model", "/nowhere/model"],
        ["--thresholds.max-cer", "high"],
        ["--unknown", "1"],
        ["--params", "/nowhere.yaml"],
        ["--device"],
        ["--pace.none", "1"],
    ],
)
def test_an_option_that_makes_no_sense_is_named(tmp_path, monkeypatch, options):
    import soundfile

    soundfile.write(tmp_path / "a.wav", [0.0] * 16_000, 16_000)
    (tmp_path / "m.csv").write_text("audio,text\na.wav,Hello there\n")
    text = exits("command lines", monkeypatch, ["score", tmp_path / "m.csv", *options], main)
    named = options[0].lstrip("-").split(".")[-1]
    assert named in text.replace("_", "-") or options[-1] in text


SCRIPTS = [
    "sampling.sample_candidates",
    "audio.decode_audio",
    "audio.resynthesise",
    "recognition.transcribe",
    "verdicts.judge_candidates",
    "verdicts.select_best_of_n",
    "prompts.make_prompts",
    "audio.speak_references",
]
ARGUMENTS = [
    [],
    ["--output"],
    ["--nonsense", "1"],
    ["--output", "x", "--output-format", "y"],
    ["word"],
]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_a_script_says_what_its_command_line_lacks(monkeypatch, script, arguments):
    module = import_module(f"scripts.{script}")
    function = getattr(module, script.split(".")[-1])
    text = exits("command lines", monkeypatch, arguments, lambda: run_script(function))
    assert "--" in text


def test_the_corpus_is_as_large_as_it_says(capsys):
    total = sum(TALLY.values())
    with capsys.disabled():
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(TALLY.items()))
        print(f"\nbad inputs refused as stated: {total} ({kinds})")
    assert total >= LEAST
