"""Parameters that make no sense end with one line that names the key and the cure."""

import copy
import inspect
import re

import pytest
import yaml
from snakemake.utils import update_config

from repository import ROOT
from selfverify.distillation.plan import plan_policies
from selfverify.workflow.params import check_params


@pytest.fixture
def params():
    return yaml.safe_load((ROOT / "params.yaml").read_text())


def test_the_shipped_parameters_pass(params):
    check_params(params)


@pytest.mark.parametrize("name", ["quick", "hour", "online", "teacher", "frames"])
def test_a_study_of_its_own_has_the_models_of_the_mini_track(params, name):
    own = yaml.safe_load((ROOT / f"params.{name}.yaml").read_text())
    track, mini = own["tracks"][name], params["tracks"]["mini"]
    check_params(params | {"track": name, "tracks": params["tracks"] | own["tracks"]})
    for kind in ("systems", "codecs", "recognisers"):
        assert {name: mini[kind][name] for name in track[kind]} == track[kind], kind
    assert [track[role] for role in ("verifier", "evaluator")] == [
        mini[role] for role in ("verifier", "evaluator")
    ]


def test_an_hours_distillation_trains_the_arms_of_the_mini_track(params):
    own = yaml.safe_load((ROOT / "params.hour.yaml").read_text())
    plans = [p["tracks"][t]["distillation"] for p, t in ((params, "mini"), (own, "hour"))]
    mini, hour = plans
    assert hour["in_all"]
    assert {arm: mini["arms"][arm] for arm in hour["arms"]} == hour["arms"]
    assert {name: mini["rivals"][name] for name in hour["rivals"]} == hour["rivals"]


MORE_ARMS = ("sft", "sft-random", "sft-matched", "advantage", "rpo")


def test_online_sft_is_asked_again_as_it_was(params):
    own = yaml.safe_load((ROOT / "params.online.yaml").read_text())
    plans = [p["tracks"][t]["distillation"] for p, t in ((params, "mini"), (own, "online"))]
    first, again = plans
    new = {"in_all", "arms", "rivals", "systems", "matched_temperature", "sharpening_line"}
    kept = first.keys() - new - {"primary_contrasts", "sweep"}
    assert {key: again[key] for key in kept} == {key: first[key] for key in kept}
    arm = first["arms"]["online-sft"]
    matched = first["arms"]["sft-matched"]
    assert again["arms"] == {
        "online-sft": arm,
        "online-sft-random": arm | {"selection": "random"},
        "sft-contested": matched | {"selection": "contested"},
        "sft-failing": matched | {"selection": "failing"},
    } | {name: first["arms"][name] for name in MORE_ARMS}


def test_the_cooler_teacher_is_asked_again_as_it_was(params):
    own = yaml.safe_load((ROOT / "params.teacher.yaml").read_text())
    plans = [p["tracks"][t]["distillation"] for p, t in ((params, "mini"), (own, "teacher"))]
    first, again = plans
    same = ("pool_size", "num_shards", "num_steps", "batch_size", "lora_rank")
    assert {key: again[key] for key in same} == {key: first[key] for key in same}
    assert again["arms"] == {name: first["arms"][name] for name in again["arms"]}
    assert again["rivals"] == {"cooler": first["rivals"]["cooler"]}
    assert again["eval_pool_size"] > first["eval_pool_size"]


@pytest.mark.parametrize("study", ["frames", "gain"])
def test_arms_of_a_study_of_the_gain_differ_by_it_alone(params, study):
    own = yaml.safe_load((ROOT / f"params.{study}.yaml").read_text())
    plans = [p["tracks"][t]["distillation"] for p, t in ((params, "mini"), (own, study))]
    first, again = plans
    same = ("pool_size", "num_shards", "num_steps", "batch_size", "lora_rank")
    assert {key: again[key] for key in same} == {key: first[key] for key in same}
    fixed = first["arms"]["sft-from-cooler"]
    trained = fixed | {"gain_learning_rate": 0.05}
    assert again["arms"] == {
        "sft-from-cooler": fixed,
        "sft-gain": trained,
        "sft-random-gain": trained | {"selection": "random"},
    }


def test_adapters_are_folded_into_weights_that_can_hold_them(params):
    plan = params["tracks"]["mini"]["distillation"]
    plan["fold_adapters"] = True
    check_params(params)
    plan["systems"]["mini-csm"] = {"sft": 1}
    with pytest.raises(ValueError, match="fold_adapters: mini-csm multiplies bfloat16 in training"):
        check_params(params)
    del plan["systems"]["mini-csm"]
    params["tracks"]["mini"]["systems"]["mini-orpheus"]["dtype"] = "bfloat16"
    with pytest.raises(ValueError, match=r"fold_adapters: mini-orpheus's weights are bfloat16"):
        check_params(params)
    plan["systems"]["mini-orpheus"] = {"dpo": 1, "cooler": 1}  # nothing of them is folded
    plan["primary_contrasts"] = plan["primary_contrasts"][:4]
    check_params(params)


def test_a_gain_is_that_of_one_output(params):
    plan = params["tracks"]["mini"]["distillation"]
    plan["arms"]["sft"]["gain_learning_rate"] = 0.05
    check_params(params)
    plan["systems"]["mini-csm"] = {"sft": 1}
    with pytest.raises(
        ValueError, match=r"arms\.sft\.gain_learning_rate: mini-csm has two outputs"
    ):
        check_params(params)


def test_the_extended_study_adds_to_that_of_all(params):
    extended = copy.deepcopy(params)
    more = yaml.safe_load((ROOT / "params.extended.yaml").read_text())
    update_config(extended, more)  # as Snakemake does it
    check_params(extended)
    plan, larger = (p["tracks"]["mini"]["distillation"] for p in (params, extended))
    assert plan_policies(plan).items() <= plan_policies(larger).items()
    systems = more["tracks"]["mini"]["distillation"]["systems"]
    used = {arm for arms in (plan["systems"], systems) for found in arms.values() for arm in found}
    assert used == set(plan["arms"]) | set(plan["rivals"])


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "tracks.mini.pool_sise",
            8,
            r"tracks\.mini: unknown key 'pool_sise'; did you mean 'pool_size'",
        ),
        ("sede", 1, r"unknown key 'sede'; did you mean 'seed'"),
        ("tracks.mini.prompt_sets.easy", {}, r"prompt_sets: unknown key 'easy'"),
        (
            "tracks.paper.systems.llasa-1b.adapter",
            "llasa-vllm",
            r"llasa-1b\.adapter: write `adapter: llasa` and `engine: vllm`",
        ),
        (
            "tracks.paper.systems.csm-1b.engine",
            "vllm",
            r"csm-1b\.engine: vllm runs llasa and orpheus; remove the key",
        ),
        (
            "tracks.paper.systems.llasa-1b.engine",
            "vllm",
            r"llasa-1b\.engine: vllm has no repetition_window; remove that",
        ),
        ("tracks.paper.systems.llasa-3b.engine", "vlm", r"engine: 'vlm' is not one of"),
        (
            "tracks.paper.further_evaluators",
            ["hubert"],
            r"further_evaluators: no recogniser 'hubert'; did you mean 'hubert-large'",
        ),
        ("tracks.mini.pool_size", 0, r"tracks\.mini\.pool_size: 0 is less than the minimum of 1"),
        ("tracks.mini.pool_size", 4, r"best_of: 8 is more than pool_size 4"),
        ("tracks.mini.verifier", "whisper", r"tracks\.mini\.verifier: no recogniser 'whisper'"),
        ("tracks.mini.systems.mini-llasa.codec", "snac", r"mini-llasa\.codec: no codec 'snac'"),
        ("tracks.mini.systems.mini-llasa.temperature", 0, r"temperature: 0 is less than or equal"),
        ("tracks.mini.prompt_sets.hard.num_shards", 171, r"hard\.num_shards: more shards than"),
        (
            "tracks.mini.prompt_sets.adversarial.pool",
            "hrad",
            r"prompt_sets\.adversarial\.pool: no prompt set 'hrad'; did you mean 'hard'",
        ),
        ("tracks.mini.prompt_sets.adversarial.pool", "adversarial", r"no prompt set 'adversarial'"),
        (
            "tracks.paper.prompt_sets.adversarial",
            {
                "source": "adversarial",
                "pool": "standard",
                "systems": ["llasa-1b"],
                "num_utterances": 2,
                "num_shards": 1,
            },
            r"adversarial\.pool: read by humans",
        ),
        (
            "tracks.mini.distillation.systems",
            {"mini-lasa": {"sft": 1}},
            r"distillation\.systems: no system 'mini-lasa'; did you mean 'mini-llasa'",
        ),
        (
            "tracks.mini.distillation.systems.mini-llasa",
            {"stf": 1},
            r"systems\.mini-llasa: no arm 'stf'; did you mean 'sft'",
        ),
        (
            "tracks.mini.distillation.arms.dpo.selection",
            "random",
            r"arms\.dpo\.selection: 'random' is not for losses \['sigmoid'\]; remove the key",
        ),
        (
            "tracks.mini.distillation.arms.advantage.selection",
            "passing",
            r"arms\.advantage\.selection: 'passing' is not for losses \['advantage'\]",
        ),
        ("tracks.mini.distillation.arms.sft.selection", "best", r"'best' is not one of"),
        ("tracks.mini.distillation.rivals", {"very cool": {}}, r"'very cool' does not fit: a name"),
        (
            "tracks.mini.distillation.arms",
            {"as is": {}},
            r"'as is' does not fit: a name is part of",
        ),
        (
            "tracks.mini.distillation.matched_temperature",
            {"mini-lasa": 0.5},
            r"matched_temperature\.mini-lasa: no system of distillation; did you mean 'mini-llasa'",
        ),
        (
            "tracks.mini.distillation.matched_temperature.mini-llasa",
            0.8,
            r"matched_temperature\.mini-llasa: the system's own; choose another",
        ),
        ("tracks.mini.distillation.sharpening_line.temperatures", [1.0], r"\[1\.0\] is too short"),
        ("tracks.mini.distillation.matched_prompt_sets", ["easy"], r"'easy' is not one of"),
        (
            "tracks.mini.distillation.arms.dpo.gain_learning_rate",
            0.05,
            r"arms\.dpo\.gain_learning_rate: not for losses \['sigmoid'\]; remove the key",
        ),
        (
            "tracks.mini.distillation.arms.dpo.losses",
            ["sigmoyd"],
            r"arms\.dpo\.losses\.0: 'sigmoyd' is not one of",
        ),
        (
            "tracks.mini.distillation.arms.rpo.losses",
            ["sft", "grpo"],
            r"arms\.rpo\.losses: advantage and grpo are losses by themselves",
        ),
        (
            "tracks.mini.distillation.arms.grpo.temperature_matched",
            True,
            r"arms\.grpo\.temperature_matched: GRPO's loss has the temperature anyway",
        ),
        (
            "tracks.mini.distillation.primary_contrasts",
            [{"system": "mini-llasa", "prompt_set": "hard", "arm": "stf", "baseline": "as is"}],
            r"primary_contrasts\.0: mini-llasa has no arm 'stf'; did you mean 'sft'",
        ),
        (
            "tracks.mini.distillation.arms.sft.teacher",
            "coler",
            r"arms\.sft\.teacher: no rival 'coler'; did you mean 'cooler'",
        ),
        (
            "tracks.mini.distillation.arms.sft.teacher",
            "penalty",
            r"arms\.sft\.teacher: mini-llasa has no penalty; add it to distillation\.systems\.mini",
        ),
        ("tracks.mini.distillation.arms.sft.num_rounds", 4, r"4 does not divide num_shards 6"),
        (
            "tracks.mini.distillation.num_held_out_shards",
            3,
            r"num_held_out_shards: train_prompts has 2 beside num_shards 6",
        ),
        (
            "tracks.mini.distillation.sweep.shard",
            4,
            r"sweep\.shard: not one of the shards 7 to 7 that no training sees",
        ),
        (
            "tracks.mini.distillation.sweep.systems.mini-llasa",
            ["stf"],
            r"sweep\.systems\.mini-llasa: no arm 'stf'; did you mean 'sft'",
        ),
        ("tracks.mini.distillation.num_shards", 9, r"num_shards: 9 is more than train_prompts has"),
        (
            "tracks.mini.prompt_sets.adversarial.systems",
            ["mini-lasa"],
            r"adversarial\.systems: no system 'mini-lasa'; did you mean 'mini-llasa'",
        ),
        (
            "tracks.mini.prompt_sets.adversarial.num_utterances",
            171,
            r"adversarial\.num_utterances: more than the 170 of its pool",
        ),
        ("tracks.mini.prompt_sets.adversarial.source", "grammar", r"'adversarial' was expected"),
        ("track", "papr", r"track: there is no 'papr'"),
        ("metric.max_cer", 1.5, r"metric\.max_cer: 1\.5 is greater than the maximum of 1"),
    ],
)
def test_one_line_names_the_key(params, path, value, message):
    *parents, key = path.split(".")
    place = params
    for parent in parents:
        place = place[parent]
    place[key] = value
    with pytest.raises(ValueError, match=message) as error:
        check_params(params)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("params.yaml: ")


def test_grpo_needs_steps_of_as_many_prompts(params):
    plan = params["tracks"]["mini"]["distillation"]
    plan["num_steps"] = 70
    check_params(params)
    plan["systems"]["mini-llasa"]["grpo"] = 1
    with pytest.raises(
        ValueError, match=r"distillation\.num_steps: GRPO's 1200 prompts are not 70"
    ):
        check_params(params)
    plan["arms"]["grpo"]["num_steps"] = 100
    check_params(params)
    plan["arms"]["grpo"]["num_steps"] = 90
    with pytest.raises(ValueError, match=r"arms\.grpo\.num_steps: GRPO's 1200 prompts are not 90"):
        check_params(params)


def test_grpo_draws_without_a_window(params):
    track = params["tracks"]["mini"]
    track["systems"]["mini-llasa"]["repetition_window"] = 10
    check_params(params)
    track["distillation"]["systems"]["mini-llasa"]["grpo"] = 1
    with pytest.raises(ValueError, match=r"mini-llasa\.repetition_window: GRPO, arm 'grpo'"):
        check_params(params)


@pytest.mark.parametrize("name", ["reference", "corrupted", "mini-snac-resynthesis"])
def test_a_system_is_not_named_as_other_speech(params, name):
    systems = params["tracks"]["mini"]["systems"]
    systems[name] = systems["mini-csm"]
    with pytest.raises(ValueError, match=rf"systems\.{name}: '{name}' is the name of other speech"):
        check_params(params)


def test_preference_losses_are_those_of_the_trainer():
    from trl.trainer import dpo_trainer

    schema = yaml.safe_load((ROOT / "rules/params.schema.yaml").read_text())
    plan = schema["$defs"]["track"]["properties"]["distillation"]["properties"]
    known = plan["arms"]["additionalProperties"]["properties"]["losses"]["items"]["enum"]
    theirs = set(re.findall(r'loss_type == "(\w+)"', inspect.getsource(dpo_trainer)))
    assert set(known) == theirs | {"sft", "advantage", "grpo"}


def test_a_missing_key_is_named(params):
    del params["tracks"]["mini"]["verifier"]
    with pytest.raises(ValueError, match=r"params\.yaml: tracks\.mini: 'verifier' is a required"):
        check_params(params)


@pytest.mark.parametrize("key", ["pool", "systems"])
def test_adversarial_prompts_need_to_know_who_chooses_from_what(params, key):
    del params["tracks"]["mini"]["prompt_sets"]["adversarial"][key]
    with pytest.raises(ValueError, match=rf"prompt_sets\.adversarial: '{key}' is a required"):
        check_params(params)


def test_every_key_of_the_schema_is_explained():
    schema = yaml.safe_load((ROOT / "rules" / "params.schema.yaml").read_text())
    metric = schema["properties"]["metric"]["properties"]
    assert all("description" in key for key in metric.values())


@pytest.mark.parametrize(
    ("prompt_set", "message"),
    [
        ({"source": "file", "pace": "readers"}, r"prompt_sets\.hard\.path: missing: the table"),
        ({"source": "file", "path": "t.csv"}, r"prompt_sets\.hard\.pace: missing: mini voice or"),
        (
            {"source": "file", "path": "data/t.csv", "pace": "readers"},
            r"prompt_sets\.hard\.path: in data/ git keeps nothing of it",
        ),
        ({"source": "grammar", "path": "t.csv"}, r"prompt_sets\.hard\.path: of `source: file`"),
        (
            {"source": "file", "path": "t.csv", "pace": "readers"},
            r"calibration\.source: has other categories than prompt_sets\.hard",
        ),
        ({"source": "file", "path": "a t.csv", "pace": "readers"}, r"a path without spaces"),
        ({"source": "file", "path": "t.csv", "pace": "fast"}, r"pace: 'fast' is not one of"),
    ],
)
def test_own_texts_say_where_they_are_and_how_fast_they_are_said(params, prompt_set, message):
    params["tracks"]["mini"]["prompt_sets"]["hard"] |= prompt_set
    with pytest.raises(ValueError, match=message):
        check_params(params)
