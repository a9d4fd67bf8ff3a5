"""With `in_all` the whole of distillation is in stages, without it none; planned, never run."""

import json
import re
import shutil
from graphlib import TopologicalSorter

import pytest
import yaml

from repository import ROOT
from study import copy_tree, reduce_params, set_param, snakemake

pytestmark = pytest.mark.workflow

SWITCH = "tracks.mini.distillation.in_all"
# The workflow itself, and its stages as a file.
PROBE = """
include: "Snakefile"

Path("stages.json").write_text(
    json.dumps({s.name: {"files": s.files, "outs": s.outs, "params": s.params} for s in STAGES})
)
"""


def plan(folder, in_all):
    """Files of the graph of `all`, each with what it is made from, and the stages by name."""
    copy_tree(folder)
    reduce_params(folder)
    set_param(folder, SWITCH, in_all)
    (folder / "Probe.smk").write_text(PROBE)
    process = snakemake(folder, "-s", "Probe.smk", "-n", "all")
    assert process.returncode == 0, process.stdout + process.stderr
    return graph_of(process.stdout), json.loads((folder / "stages.json").read_text())


def graph_of(planned):
    """Every file that a dry run makes, with the inputs of its job."""
    graph = {}
    for block in re.findall(r"^rule \w+:\n((?:    .*\n)+)", planned, flags=re.M):
        found = dict(re.findall(r"^    (input|output): (.*)$", block, flags=re.M))
        inputs = found.get("input", "").split(", ")
        graph |= dict.fromkeys(found["output"].split(", ") if "output" in found else (), inputs)
    return graph


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("whole")


@pytest.fixture(scope="module")
def whole(place):
    return plan(place, in_all=True)


def owners(stages):
    return {file: name for name, stage in stages.items() for file in stage["files"]}


def test_every_file_of_the_graph_is_in_a_stage(whole):
    graph, stages = whole
    known = owners(stages)
    assert [file for file in graph if file not in known] == []
    assert sorted(known) == sorted(graph)  # and nothing is asked for that no rule makes
    assert len(known) == sum(len(stage["files"]) for stage in stages.values())


def test_policies_and_their_measures_are_among_them(whole):
    _, stages = whole
    arm = stages["distillation-mini-llasa-online-sft"]
    last, first = "mini-llasa-online-sft-1", "mini-llasa-online-sft-1-round-1"
    assert {
        f"data/mini/policies/{first}/SHA256SUMS",
        f"data/mini/candidates/{first}/train/001.parquet",
        f"data/mini/training_pools/{first}/001.parquet",
        f"data/mini/verdicts/{last}/hard.parquet",
        f"data/mini/verdicts/{last}/standard.parquet",
        f"data/mini/verdicts/{last}-at-0.3/hard.parquet",
        "data/mini/measures/mini-llasa/online-sft/voice.parquet",
        "data/mini/measures/mini-llasa/online-sft/entropy.parquet",
    } <= set(arm["files"])
    assert "tracks.mini.distillation.arms.online-sft" in arm["params"]
    assert not [f for f in arm["files"] if "-at-0.3/standard" in f]  # hard prompts alone
    heard = [f for f in arm["files"] if f.startswith("data/mini/transcripts/openvino-whisper")]
    assert heard  # by the verifier, to learn from
    assert all("/train/" in file for file in heard)
    assert "data/mini/candidates/mini-llasa/train/002.parquet" in owners(stages)  # held out
    assert "figures/mini/sharpening_line.png" in stages["distillation"]["files"]


def test_stages_depend_on_one_another_in_one_direction(whole):
    graph, stages = whole
    known = owners(stages)
    needs = {name: set() for name in stages}
    for file, inputs in graph.items():
        needs[known[file]] |= {known[path] for path in inputs if path in known} - {known[file]}
    order = list(TopologicalSorter(needs).static_order())
    assert order.index("distillation-mini-llasa-as-is") < order.index("distillation")
    assert "distillation" in needs["figures"]  # the claims read its tables


def test_what_dvc_tracks_lies_in_no_other_stage(whole):
    _, stages = whole
    outs = [out for stage in stages.values() for out in stage["outs"]]
    assert len(outs) == len(set(outs))
    assert not any(a != b and b.startswith(f"{a}/") for a in outs for b in outs)


def test_a_sweep_is_tried_on_prompts_that_none_learns_from(whole, place):
    graph = graph_of(snakemake(place, "-n", "table_sweep").stdout)
    pools = "data/mini/training_pools"
    faster = "data/mini/policies/mini-llasa-sft-faster-1/SHA256SUMS"
    learnt = {file for file in graph[faster] if file.startswith(pools)}
    assert learnt == {f"{pools}/mini-llasa/{shard}.parquet" for shard in ("000", "001", "002")}
    tried = {file for file in graph["figures/mini/table_sweep.csv"] if file.startswith(pools)}
    voices = ("mini-llasa", "mini-llasa-cooler-0.3", "mini-llasa-sft-1", "mini-llasa-sft-faster-1")
    assert tried == {f"{pools}/{voice}/003.parquet" for voice in voices}


def test_what_policies_have_learnt_is_asked_of_their_systems_candidates(whole, place):
    graph = graph_of(snakemake(place, "-n", "table_learnt").stdout)
    views = "data/mini/likelihood/mini-llasa/hard"
    last = "mini-llasa-online-sft-1"
    seen = {file for file in graph["figures/mini/table_learnt.csv"] if file.startswith(views)}
    assert seen == {f"{views}/mini-llasa.parquet", f"{views}/{last}.parquet"}
    needed = set(graph[f"{views}/{last}.parquet"])
    assert "data/mini/candidates/mini-llasa/hard/000.parquet" in needed
    assert f"data/mini/policies/{last}/SHA256SUMS" in needed


def test_the_extended_study_is_planned(tmp_path):
    copy_tree(tmp_path)
    shutil.copy(ROOT / "params.extended.yaml", tmp_path)
    set_param(tmp_path, SWITCH, True)
    process = snakemake(tmp_path, "-n", "all", "--configfile", "params.extended.yaml")
    assert process.returncode == 0, process.stdout + process.stderr
    graph = graph_of(process.stdout)
    for name in ("grpo-1", "online-dpo-3", "sft-3"):
        assert f"data/mini/policies/mini-llasa-{name}/SHA256SUMS" in graph
    assert "data/mini/verdicts/mini-llasa-nucleus/hard.parquet" in graph
    assert "data/mini/verdicts/mini-csm/hard.parquet" in graph  # with the rest of the study


def test_without_the_switch_all_is_what_it_was(tmp_path):
    graph, stages = plan(tmp_path, in_all=False)
    assert not any("distillation" in name for name in stages)
    assert not any("policies/" in file or "/train/" in file for file in graph)
    assert sorted(owners(stages)) == sorted(graph)
    named = set(yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"])
    named.add("paper")  # which the published run did not make yet
    assert set(stages) <= named  # the study is a smaller one


@pytest.mark.parametrize(
    ("name", "is_distilled"),
    [("quick", False), ("hour", True), ("online", True), ("teacher", True)],
)
def test_a_study_of_its_own_is_planned_in_folders_of_its_own(tmp_path, name, is_distilled):
    copy_tree(tmp_path)
    shutil.copy(ROOT / f"params.{name}.yaml", tmp_path)
    process = snakemake(tmp_path, "-n", "all", "--configfile", f"params.{name}.yaml")
    assert process.returncode == 0, process.stdout + process.stderr
    graph = graph_of(process.stdout)
    shared = "data/mini/asr/"  # made from an installed package
    assert {file for file in graph if f"/{name}/" not in file and shared not in file} == set()
    of_hard_alone = name in ("online", "teacher")
    assert (f"figures/{name}/paper.pdf" in graph) != of_hard_alone
    assert any(f"data/{name}/policies/mini-llasa-sft-" in file for file in graph) == is_distilled
    assert (f"figures/{name}/table_distillation.csv" in graph) == is_distilled
