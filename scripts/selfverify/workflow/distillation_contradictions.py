"""Keys of a track's distillation whose values do not fit one another, each with the problem."""

from itertools import chain
from typing import Any

from selfverify.distillation.plan import TEACHER
from selfverify.workflow.naming import Problems, Track, missing, near


def distillation_contradictions(track: Track) -> Problems:
    """Yields keys of its distillation and of training prompts, each with problem and cure."""
    arms = (_shards, _arms, _gains, _folded, _grpo, _trained, _teachers)
    looks = (*arms, _sweep, _matched, _drawn, _contrasts)
    yield from chain.from_iterable(look(track) for look in looks)


def _shards(track: Track) -> Problems:
    plan, there = track["distillation"], track.get("train_prompts", {}).get("num_shards", 0)
    num_shards = plan["num_shards"]
    if num_shards > there:
        yield "distillation.num_shards", f"{num_shards} is more than train_prompts has"
    elif num_shards + plan["num_held_out_shards"] > there:
        problem = f"train_prompts has {there - num_shards} beside num_shards {num_shards}"
        yield "distillation.num_held_out_shards", problem


def _arms(track: Track) -> Problems:
    plan = track["distillation"]
    for name, arm in plan["arms"].items():
        for key in ("num_shards", "num_steps"):
            if (plan | arm)[key] % arm["num_rounds"]:
                problem = f"{arm['num_rounds']} does not divide {key} {(plan | arm)[key]}"
                yield f"distillation.arms.{name}.num_rounds", problem
        if len(arm["losses"]) > 1 and not {"advantage", "grpo"}.isdisjoint(arm["losses"]):
            problem = f"advantage and grpo are losses by themselves, not {arm['losses']}; keep one"
            yield f"distillation.arms.{name}.losses", problem
        if problem := _selection(arm):
            yield f"distillation.arms.{name}.selection", problem
        if arm.get("selection") == "reference" and arm["num_rounds"] > 1:
            problem = "true speech is the same in every round; 1 is enough"
            yield f"distillation.arms.{name}.num_rounds", problem
        if arm.get("temperature_matched") and arm["losses"] == ["grpo"]:
            problem = "GRPO's loss has the temperature anyway; remove the key"
            yield f"distillation.arms.{name}.temperature_matched", problem


def _selection(arm: dict[str, Any]) -> str | None:
    chosen, losses = arm.get("selection", "verified"), arm["losses"]
    if chosen == "verified" or losses == ["sft"]:
        return None
    if chosen == "passing" and losses not in (["advantage"], ["grpo"]):
        return None
    return f"{chosen!r} is not for losses {losses}; remove the key"


def _gains(track: Track) -> Problems:
    plan = track["distillation"]
    for name, arm in plan["arms"].items():
        key = f"distillation.arms.{name}.gain_learning_rate"
        if "gain_learning_rate" not in arm:
            continue
        if arm["losses"] != ["sft"]:
            yield key, f"not for losses {arm['losses']}; remove the key"
        for system, arms in plan["systems"].items():
            if name in arms and track["systems"].get(system, {}).get("adapter") == "csm":
                yield key, f"{system} has two outputs, behind two gains; train it by another arm"


def _folded(track: Track) -> Problems:
    plan = track["distillation"]
    if not plan.get("fold_adapters"):
        return
    for system, arms in plan["systems"].items():
        entry = track["systems"].get(system)
        if not entry or all(plan["arms"].get(arm, {}).get("losses") != ["sft"] for arm in arms):
            continue
        problem = None
        if entry["dtype"] != "float32":
            problem = f"{system}'s weights are {entry['dtype']}, which would round adapters away"
        if entry["adapter"] == "csm":
            problem = f"{system} multiplies bfloat16 in training, which would round adapters away"
        if problem:
            yield "distillation.fold_adapters", f"{problem}; remove the key"


def _grpo(track: Track) -> Problems:
    plan, prompts = track["distillation"], track.get("train_prompts")
    trained = [(system, name) for system, arms in plan["systems"].items() for name in arms]
    for system, name in trained:
        arm = plan["arms"].get(name, {})
        if arm.get("losses") != ["grpo"]:
            continue
        if track["systems"].get(system, {}).get("repetition_window"):
            problem = f"GRPO, arm {name!r}, draws without a window; remove the key, or the arm"
            yield f"systems.{system}.repetition_window", problem
        if prompts:
            yield from _grpo_steps(plan, prompts, name)


def _grpo_steps(plan: dict[str, Any], prompts: dict[str, Any], name: str) -> Problems:
    # It draws every prompt once, some at each step.
    is_own = "num_steps" in plan["arms"][name]
    num_steps = (plan | plan["arms"][name])["num_steps"]
    drawn = prompts["num_utterances"] * plan["num_shards"] // prompts["num_shards"]
    if drawn % num_steps:
        key = f"distillation.arms.{name}.num_steps" if is_own else "distillation.num_steps"
        yield key, f"GRPO's {drawn} prompts are not {num_steps} equal steps; change it"


def _trained(track: Track) -> Problems:
    plan = track["distillation"]
    known = plan["arms"] | plan["rivals"]
    for system, arms in plan["systems"].items():
        if system not in track["systems"]:
            yield "distillation.systems", missing("system", system, track["systems"])
        for name in arms:
            if name not in known:
                yield f"distillation.systems.{system}", missing("arm", name, known)


def _teachers(track: Track) -> Problems:
    plan = track["distillation"]
    swept = plan.get("sweep", {"systems": {}})["systems"]
    for name, arm in plan["arms"].items():
        teacher, key = arm.get("teacher"), f"distillation.arms.{name}.teacher"
        if teacher is None:
            continue
        if arm["losses"] == ["grpo"] or arm.get("selection") == "reference":
            yield key, "the arm learns from no candidates that are drawn before; remove the key"
            continue
        if teacher not in plan["rivals"]:
            yield key, missing("rival", teacher, plan["rivals"])
            continue
        for system, arms in [*plan["systems"].items(), *swept.items()]:
            if name in arms and teacher not in plan["systems"].get(system, {}):
                yield key, f"{system} has no {teacher}; add it to distillation.systems.{system}"


def _sweep(track: Track) -> Problems:
    plan = track["distillation"]
    sweep, there = plan.get("sweep"), track.get("train_prompts", {}).get("num_shards", 0)
    if sweep is None:
        return
    key, used = "distillation.sweep", plan["num_shards"] + plan["num_held_out_shards"]
    if not used <= sweep["shard"] < there:
        yield f"{key}.shard", f"not one of the shards {used} to {there - 1} that no training sees"
    for system, arms in sweep["systems"].items():
        if system not in track["systems"]:
            yield f"{key}.systems", missing("system", system, track["systems"])
        for arm in arms:
            if arm not in plan["arms"]:
                yield f"{key}.systems.{system}", missing("arm", arm, plan["arms"])
            elif plan["arms"][arm]["losses"] == ["grpo"]:
                yield f"{key}.systems.{system}", f"{arm} draws as many as its steps say; remove it"


def _matched(track: Track) -> Problems:
    plan = track["distillation"]
    for name, temperature in plan["matched_temperature"].items():
        key = f"distillation.matched_temperature.{name}"
        if name not in plan["systems"]:
            yield key, f"no system of distillation{near(name, plan['systems'])}"
        elif temperature == track["systems"][name]["temperature"]:
            yield key, "the system's own; choose another, or remove the key"


def _drawn(track: Track) -> Problems:
    plan = track["distillation"]
    drawn = {
        "matched_prompt_sets": plan["matched_prompt_sets"],
        "sharpening_line.prompt_sets": plan["sharpening_line"]["prompt_sets"],
    }
    for key, names in drawn.items():
        for name in names:
            if name not in track["prompt_sets"]:
                yield f"distillation.{key}", missing("prompt set", name, track["prompt_sets"])


def _contrasts(track: Track) -> Problems:
    plan = track["distillation"]
    for number, contrast in enumerate(plan["primary_contrasts"]):
        key, system = f"distillation.primary_contrasts.{number}", contrast["system"]
        arms = plan["systems"].get(system)
        if arms is None:
            yield key, f"no system {system!r} of distillation{near(system, plan['systems'])}"
            continue
        for name in (contrast["arm"], contrast["baseline"]):
            if name not in arms and name != TEACHER:
                yield key, f"{system} has {missing('arm', name, arms)}"
