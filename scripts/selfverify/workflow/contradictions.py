"""Keys of a track whose values do not fit one another, each with the problem."""

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import chain
from typing import Any

from selfverify.adapters import CODECS, ENGINES, RECOGNISERS, SYSTEMS
from selfverify.distillation.plan import TEACHER

Track = dict[str, Any]
Problems = Iterator[tuple[str, str]]  # key, and what is wrong with it


def contradictions(track: Track) -> Problems:
    """Yields keys whose values do not fit one another, each with the problem and its cure."""
    looks = (_adapters, _best_of, _names, _prompt_sets, _calibration, _engines, _adversarial)
    yield from chain.from_iterable(look(track) for look in looks)
    if "distillation" in track:
        looks = (_shards, _arms, _grpo, _trained, _teachers, _sweep, _matched, _drawn, _contrasts)
        yield from chain.from_iterable(look(track) for look in looks)


def near(name: str, known: Any) -> str:
    """Returns the end of a message: the name that was meant, or all there are."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(sorted(known))}"


def _missing(kind: str, name: str, known: Any) -> str:
    return f"no {kind} {name!r}{near(name, known)}"


def _adapters(track: Track) -> Problems:
    tables = {"systems": SYSTEMS, "codecs": CODECS, "recognisers": RECOGNISERS}
    for kind, adapters in tables.items():
        for name, entry in track[kind].items():
            if entry["adapter"] not in adapters:
                yield f"{kind}.{name}.adapter", _missing("adapter", entry["adapter"], adapters)


def _best_of(track: Track) -> Problems:
    largest = max(track["best_of"])
    if largest > track["pool_size"]:
        yield "best_of", f"{largest} is more than pool_size {track['pool_size']}"


def _names(track: Track) -> Problems:
    systems, recognisers, codecs = (track[k] for k in ("systems", "recognisers", "codecs"))
    if track["larger_system"] not in systems:
        yield "larger_system", _missing("system", track["larger_system"], systems)
    roles = [(role, track[role]) for role in ("verifier", "evaluator")]
    roles += [("further_evaluators", name) for name in track.get("further_evaluators", ())]
    for role, name in roles:
        if name not in recognisers:
            yield role, _missing("recogniser", name, recognisers)
    for name, system in systems.items():
        if system["codec"] not in codecs:
            yield f"systems.{name}.codec", _missing("codec", system["codec"], codecs)


def _prompt_sets(track: Track) -> Problems:
    for name, prompt_set in track["prompt_sets"].items():
        if prompt_set["num_shards"] > prompt_set["num_utterances"]:
            yield f"prompt_sets.{name}.num_shards", "more shards than utterances"
        if prompt_set["source"] == "librispeech":
            if "librispeech" not in track:
                yield "librispeech", f"missing, but prompt_sets.{name} is drawn from it"
            if "max_s" not in prompt_set:
                yield f"prompt_sets.{name}.max_s", "missing: the longest recording, seconds"


def _calibration(track: Track) -> Problems:
    calibration = track.get("calibration")
    if calibration and calibration["num_shards"] > calibration["num_utterances"]:
        yield "calibration.num_shards", "more shards than utterances"
    if calibration and "hard" not in track["prompt_sets"]:
        yield "calibration", "says of hard prompts what they are; add prompt_sets.hard"


def _engines(track: Track) -> Problems:
    of_engine = {new: old for table in ENGINES.values() for old, new in table.items()}
    plan = track.get("distillation", {"systems": {}, "rivals": {}})
    for name, system in track["systems"].items():
        adapter, engine = system["adapter"], system.get("engine", "transformers")
        if adapter in of_engine:
            problem = f"write `adapter: {of_engine[adapter]}` and `engine: vllm`"
            yield f"systems.{name}.adapter", problem
        if engine == "transformers":
            continue
        if adapter not in ENGINES[engine]:
            problem = f"{engine} runs {' and '.join(ENGINES[engine])}; remove the key"
            yield f"systems.{name}.engine", problem
        rivals = [plan["rivals"].get(arm, {}) for arm in plan["systems"].get(name, {})]
        if any(settings.get("repetition_window") for settings in [system, *rivals]):
            problem = f"{engine} has no repetition_window; remove that, or this key"
            yield f"systems.{name}.engine", problem


def _adversarial(track: Track) -> Problems:
    chosen = track["prompt_sets"].get("adversarial")
    if chosen is None:
        return
    key = "prompt_sets.adversarial"
    pools = {name: entry for name, entry in track["prompt_sets"].items() if entry is not chosen}
    pool = pools.get(chosen["pool"])
    if pool is None:
        yield f"{key}.pool", _missing("prompt set", chosen["pool"], pools)
    elif pool["source"] == "librispeech":
        yield f"{key}.pool", "read by humans, whose audio has other ids; choose another prompt set"
    elif chosen["num_utterances"] > pool["num_utterances"]:
        yield f"{key}.num_utterances", f"more than the {pool['num_utterances']} of its pool"
    for system in chosen["systems"]:
        if system not in track["systems"]:
            yield f"{key}.systems", _missing("system", system, track["systems"])


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


def _grpo(track: Track) -> Problems:
    # It draws every prompt once, some at each step.
    plan, prompts = track["distillation"], track.get("train_prompts")
    arms = [plan["arms"].get(name, {}) for arms in plan["systems"].values() for name in arms]
    if not prompts or not any(arm.get("losses") == ["grpo"] for arm in arms):
        return
    drawn = prompts["num_utterances"] * plan["num_shards"] // prompts["num_shards"]
    if drawn % plan["num_steps"]:
        problem = f"GRPO's {drawn} prompts are not {plan['num_steps']} equal steps; change it"
        yield "distillation.num_steps", problem


def _trained(track: Track) -> Problems:
    plan = track["distillation"]
    known = plan["arms"] | plan["rivals"]
    for system, arms in plan["systems"].items():
        if system not in track["systems"]:
            yield "distillation.systems", _missing("system", system, track["systems"])
        for name in arms:
            if name not in known:
                yield f"distillation.systems.{system}", _missing("arm", name, known)


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
            yield key, _missing("rival", teacher, plan["rivals"])
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
            yield f"{key}.systems", _missing("system", system, track["systems"])
        for arm in arms:
            if arm not in plan["arms"]:
                yield f"{key}.systems.{system}", _missing("arm", arm, plan["arms"])
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
                yield f"distillation.{key}", _missing("prompt set", name, track["prompt_sets"])


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
                yield key, f"{system} has {_missing('arm', name, arms)}"
