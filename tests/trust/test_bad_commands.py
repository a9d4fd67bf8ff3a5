"""Manifests and command lines that make no sense: a status, one message, no traceback."""

from importlib import import_module

import pytest

from refusals import exits
from selfverify.cli import main
from selfverify.workflow.script import run_script

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
