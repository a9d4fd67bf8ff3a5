"""Damaged and foreign checkpoints: one line that names the folder and the cure; nothing runs."""

import json
import os
import pickle
import shutil
from collections import Counter

import pytest

from refusals import refused
from selfverify.codecs import load_codec
from selfverify.storage.checkpoints import write_checksums
from selfverify.systems import load_system
from tiny import make_codec


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
