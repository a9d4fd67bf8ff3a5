"""What Snakemake and DVC each say of the graph: the same files, dependencies and parameters."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
import yaml

from repository import ROOT
from study import COOL, copy_of, dvc, git, set_param, snakemake

pytestmark = pytest.mark.workflow


NEVER_MADE = "-"  # what Snakemake writes for the inputs of a file without a record


def summary(folder: Path) -> list[dict[str, str]]:
    """Snakemake's own table of every file of the graph and what it is made from."""
    text = snakemake(folder, "all", "--detailed-summary").stdout
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def pipeline(folder: Path) -> dict[str, dict]:
    return yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]


def tracked_paths(stage: dict) -> list[str]:
    outputs = [*stage.get("outs", []), *stage.get("metrics", [])]
    return [next(iter(out)) for out in outputs]


def covers(paths: list[str], file: str) -> bool:
    return any(file == path or file.startswith(f"{path}/") for path in paths)


def owner(stages: dict[str, dict], file: str) -> str | None:
    return next((n for n, stage in stages.items() if covers(tracked_paths(stage), file)), None)


def test_dvc_tracks_every_artifact_of_the_graph(study):
    stages, rows = pipeline(study.folder), summary(study.folder)
    files = [row["output_file"] for row in rows]
    assert len(files) > 50
    assert [file for file in files if owner(stages, file) is None] == []


@pytest.mark.parametrize("which", ["small", "published"])
def test_dvc_and_snakemake_know_the_same_dependencies(study, which):
    folder = study.folder if which == "small" else ROOT
    stages = pipeline(folder)
    needed: dict[str, set[str]] = {name: set() for name in stages}
    for row in summary(folder):
        if row["input-file(s)"] == NEVER_MADE and which == "published":
            continue  # the recorded run was before this file was a part of the study
        name = owner(stages, row["output_file"])
        own = tracked_paths(stages[name])
        inputs = row["input-file(s)"].split(",")
        needed[name] |= {file for file in inputs if file and not covers(own, file)}
    for name, stage in stages.items():
        assert [file for file in needed[name] if not covers(stage["deps"], file)] == []
        unused = [dep for dep in stage["deps"] if not any(covers([dep], f) for f in needed[name])]
        assert unused == []


@pytest.fixture(scope="module")
def unrun(pulled, tmp_path_factory):
    """A clone that nothing runs in."""
    return copy_of(pulled, tmp_path_factory.mktemp("unrun") / "clone")


@pytest.fixture
def changeable(unrun):
    """The same, its parameters as they were once the test has ended."""
    yield unrun
    git(unrun, "checkout", "-q", "params.yaml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 1),
        ("pretrain.corpus.seed", 1),
        ("bundled_whisper_sha256", "0" * 64),
        ("metric.max_cer", 0.4),
        ("metric.min_speech_s", 0.3),
        ("tracks.mini.pool_size", 3),
        ("tracks.mini.best_of", [2, 1]),
        ("tracks.mini.prompt_sets.hard.num_utterances", 5),
        (COOL, 0.9),
        ("tracks.mini.systems.mini-csm.max_audio_s", 5.0),
    ],
)
def test_both_tools_see_the_same_stages_in_a_changed_parameter(changeable, key, value):
    set_param(changeable, key, value)
    stages = pipeline(changeable)
    rows = summary(changeable)
    by_snakemake = {
        owner(stages, row["output_file"]) for row in rows if "params changed" in row["status"]
    }
    status = json.loads(dvc(changeable, "status", "--json"))
    by_dvc = {name for name, changes in status.items() if "params.yaml" in json.dumps(changes)}
    assert by_snakemake
    assert by_snakemake == by_dvc


def test_the_run_is_exported_as_a_crate_with_every_job(study, colleague):
    assert snakemake(colleague, "ro_crate").returncode == 0
    graph = json.loads((colleague / "ro-crate-metadata.json").read_text())["@graph"]
    actions = [entity for entity in graph if entity["@type"] == "CreateAction"]
    num_steps = re.search(r"(\d+) of \1 steps", study.log)
    assert num_steps
    assert len(actions) == int(num_steps[1]) - 1  # without `all` itself
    made = {result["@id"] for action in actions for result in _listed(action["result"])}
    assert made == {row["output_file"] for row in summary(colleague)} - {"ro-crate-metadata.json"}
    files = [entity for entity in graph if "contentSize" in entity]
    for entity in files:
        digest = hashlib.sha256((colleague / entity["@id"]).read_bytes()).hexdigest()
        assert entity["sha256"] == digest
    assert len(files) > 50
    known = {entity["@id"] for entity in graph}
    assert {part["@id"] for action in actions for part in _listed(action["object"])} <= known


def _listed(value) -> list:
    return value if isinstance(value, list) else [value]
