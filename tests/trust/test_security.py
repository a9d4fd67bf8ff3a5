"""What came from elsewhere runs no code, leaves no folder, breaks no page; secrets stay secret."""

import ast
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from repository import ROOT
from selfverify.asr import load_recogniser
from selfverify.audio.samples import encode_flac
from selfverify.document.content import quoted
from selfverify.errors import InputError
from selfverify.listening.building import render
from selfverify.listening.page import listening_page
from selfverify.results.markup import as_latex, as_markdown
from selfverify.speaking.texts import read_texts
from selfverify.systems import load_system

CODE = sorted((ROOT / "scripts").rglob("*.py"))
# Calls that would run what a file says. `torch.load` is allowed with `weights_only=True`,
# `yaml.load` with `Loader=SafeLoader`.
FORBIDDEN = {
    "eval", "exec", "__import__", "pickle.load", "pickle.loads", "Unpickler", "joblib.load",
    "dill.load", "dill.loads", "marshal.loads", "shelve.open", "yaml.load", "yaml.unsafe_load",
    "yaml.full_load", "os.system", "os.popen", "torch.hub.load", "extractall", "unpack_archive",
    "pd.read_pickle", "np.load", "pd.eval",
}  # fmt: skip


def calls(tree):
    """Each call with its dotted name and its keyword arguments: names of true ones, a loader."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            true = {
                k.arg
                for k in node.keywords
                if isinstance(k.value, ast.Constant) and k.value.value is True
            }
            loader = {ast.unparse(k.value) for k in node.keywords if k.arg == "Loader"}
            yield node.lineno, ast.unparse(node.func), true | loader


def unsafe(tree):
    """Lines of calls that would run what a file says."""
    for line, name, true in calls(tree):
        if name == "yaml.load" and "SafeLoader" in true:
            continue
        is_of_a_module = name.endswith(".eval") and name != "pd.eval"  # no dropout
        if {name, name.rpartition(".")[2]} & FORBIDDEN and not is_of_a_module:
            yield line, name
        if name == "torch.load" and "weights_only" not in true:
            yield line, name
        if true & {"shell", "trust_remote_code", "allow_pickle"}:
            yield line, name


def test_no_line_runs_what_a_file_says():
    found = {str(path): list(unsafe(ast.parse(path.read_text()))) for path in CODE}
    assert len(found) > 200
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    ["torch.load(p)", "pickle.loads(b)", "eval(x)", "yaml.load(f)",
     "yaml.load(f, Loader=yaml.UnsafeLoader)", "f(shell=True)",
     "A.from_pretrained(p, trust_remote_code=True)", "np.load(p)", "tar.extractall()"],
)  # fmt: skip
def test_such_a_line_would_be_found(line):
    assert list(unsafe(ast.parse(line)))


class Payload:
    """Unpickled, it makes a file `ran`."""

    def __reduce__(self):
        return os.system, ("touch ran",)


@pytest.mark.parametrize("form", ["pickle", "torch"])
def test_a_recognisers_weights_are_not_unpickled(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    weights = tmp_path / "model.pt"
    if form == "pickle":
        weights.write_bytes(pickle.dumps(Payload()))
    else:
        torch.save({"dims": Payload(), "model_state_dict": {}}, weights)
    with pytest.raises((InputError, pickle.UnpicklingError)):
        load_recogniser("openai-whisper", weights)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
def test_code_beside_a_model_is_not_run(tiny_systems, tmp_path, monkeypatch, adapter):
    monkeypatch.chdir(tmp_path)
    folder = shutil.copytree(tiny_systems[adapter], tmp_path / "model")
    (folder / "SHA256SUMS").unlink(missing_ok=True)
    names = ("AutoConfig", "AutoModelForCausalLM", "AutoTokenizer", "AutoProcessor")
    auto_map = dict.fromkeys(names, "evil.Evil") | {"AutoTokenizer": ["evil.Evil", None]}
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        content = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(content | {"auto_map": auto_map}))
    (folder / "evil.py").write_text("open('ran', 'w')\n\n\nclass Evil:\n    pass\n")
    load_system(adapter, folder)
    assert not (tmp_path / "ran").exists()


# --- pages and tables ----------------------------------------------------------------------------

PARTS = """
<script> </script> " ' <img/src=x/onerror=alert(1)> &lt; | \\ { } $ % # _ ^ ~ & `
\\input{/etc/passwd} a é ]]> <!--
""".split()
HOSTILE = st.lists(st.sampled_from([*PARTS, "\n", " "]), min_size=1, max_size=8).map("".join)
FLAC = encode_flac(0.1 * torch.randn(800, generator=torch.manual_seed(0)).numpy(), 16_000)


class Tags(HTMLParser):
    """The tags of a page, as a browser would see them."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(sorted(name for name, _ in attrs))))


def clips(text):
    row = {"utterance_id": text, "candidate_index": 0, "failure_mode": "silence", "text": text,
           "audio": {"bytes": FLAC}, "hypothesis": text, "duration_s": 0.1}  # fmt: skip
    return pd.DataFrame([row])


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=x>', "</title>&"]
)
def test_a_page_of_examples_has_no_tags_of_a_texts_own(text):
    assert (
        Tags(listening_page(clips(text), text)).tags == Tags(listening_page(clips("a"), "a")).tags
    )


@given(HOSTILE)
def test_a_blind_test_has_no_tags_of_a_texts_own(text):
    def page(words):
        clip = {"sha256": "0" * 64, "flac": "", "seconds": 1.0}
        return render([{"id": "i", "text": words, "clips": [clip]}], "label", words)

    assert Tags(page(text)).tags == Tags(page("a")).tags


@given(HOSTILE)
def test_a_cell_of_markdown_stays_one(text):
    lines = as_markdown(pd.DataFrame({"a": [text], "b": ["x"]})).splitlines()
    assert len(lines) == 3
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", lines[2])) == 3


@given(HOSTILE)
def test_latex_takes_no_command_from_a_text(text):
    (line,) = as_latex(pd.DataFrame({"a": [text]})).splitlines()[4:-2]
    bare = re.sub(
        r"\\(textbackslash|textasciitilde|textasciicircum) ?|\\[{}$%#_&]|\\space", "", line
    )
    assert not re.search(r"[\\{}$%#&_^~]", bare.removesuffix(r" \\"))


@given(HOSTILE)
def test_typst_reads_a_text_as_one_string(text):
    inside = quoted(text)[1:-1]
    assert not re.search(r'(?<!\\)(?:\\\\)*"', inside)
    assert "\n" not in inside


# --- paths ---------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from(["..", "/", "a", ".", "~", "\\", "C:", " "]), min_size=1, max_size=6)
)
def test_an_id_of_a_text_names_a_file_in_its_folder(tmp_path_factory, parts):
    path = tmp_path_factory.mktemp("texts") / "t.jsonl"
    path.write_text(json.dumps({"id": "".join(parts), "text": "Hello."}))
    (text,) = read_texts(str(path), several=True)
    assert Path(f"{text.file_name}.wav").name == f"{text.file_name}.wav"


# --- secrets -------------------------------------------------------------------------------------


def test_a_token_reaches_no_output(tmp_path):
    secret = "hf_do_not_tell_2718281828"
    folder = tmp_path / "model"
    process = subprocess.run(
        [sys.executable, ROOT / "scripts/checkpoints/fetch_checkpoint.py", "--repo", "a/b",
         "--revision", "main", "--licence", "MIT", "--mirror", "", "--files", "*.json",
         "--output", folder / "SHA256SUMS"],
        env=os.environ | {"HF_ENDPOINT": "http://127.0.0.1:1", "HF_TOKEN": secret,
                          "HF_HUB_CACHE": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert process.returncode == 1
    assert secret not in process.stdout + process.stderr
    assert not [
        p for p in tmp_path.rglob("*") if p.is_file() and secret in p.read_text(errors="ignore")
    ]
