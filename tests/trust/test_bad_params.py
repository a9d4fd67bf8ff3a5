"""Generated malformed params.yaml: one line that names file and key and the cure."""

import json
import random

import pytest
import yaml

from refusals import refused
from repository import ROOT
from selfverify.workflow.params import check_params
from selfverify.workflow.params_file import read_params


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
    "learning_rate: 5e-5": ("learning_rate: 0.00005", "learning_rate", "write 5.0e-05"),
    "learning_rate: 5E-5": ("learning_rate: 0.00005", "learning_rate", "write 5.0e-05"),
    "learning_rate: 1e-4": ("learning_rate: 0.00005", "learning_rate", "write 0.0001"),
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
