"""Checking `params.yaml` before any work: one line that names the key and the cure."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match

from selfverify.adapters import CODECS, RECOGNISERS, SYSTEMS
from selfverify.distillation.plan import TEACHER
from selfverify.errors import InputError

SCHEMA = Path(__file__).parents[3] / "rules" / "params.schema.yaml"


# JSON Schema takes 8.0 for an integer; command lines do not.
_Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def check_params(params: dict[str, Any], source: str = "params.yaml") -> None:
    """Returns silently if the parameters make sense.

    Raises:
        InputError: with one line that names file, key and cure.
    """
    schema = yaml.safe_load(SCHEMA.read_text())
    error = best_match(_Validator(schema).iter_errors(params))
    if error is not None:
        raise InputError(f"{source}: {_explain(error)}")
    if params["track"] not in params["tracks"]:
        near = _near(params["track"], params["tracks"])
        raise InputError(f"{source}: track: there is no {params['track']!r}{near}")
    for name, track in params["tracks"].items():
        for key, problem in _contradictions(track):
            raise InputError(f"{source}: tracks.{name}.{key}: {problem}")


def _explain(error: ValidationError) -> str:
    """A schema error as one line."""
    place = ".".join(str(part) for part in error.absolute_path)
    prefix = f"{place}: " if place else ""
    if error.validator == "additionalProperties":
        assert isinstance(error.instance, dict)
        known = list(error.schema.get("properties", {}))  # type: ignore[union-attr]
        unknown = str(next(key for key in error.instance if key not in known))
        return f"{prefix}unknown key {unknown!r}{_near(unknown, known)}"
    if error.validator == "pattern" and isinstance(error.schema, dict):
        return f"{prefix}{error.instance!r} does not fit: {error.schema.get('description', '')}"
    if error.validator == "required":
        return f"{prefix}{error.message}; see rules/params.schema.yaml"
    if error.validator == "type" and error.instance is None:
        return f"{prefix}empty; give it a value, or remove the key"
    if error.validator == "type":
        kind, wanted = error.validator_value, error.schema.get("description", "")  # type: ignore[union-attr]
        of = f": {wanted}" if wanted else ""
        return f"{prefix}{error.instance!r} is not of type {kind!r}; write one of that type{of}"
    wanted = error.schema.get("description", "")  # type: ignore[union-attr]
    return f"{prefix}{error.message}" + (f" ({wanted})" if wanted else "") + _STATED


_STATED = "; see rules/params.schema.yaml"


def _near(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(sorted(known))}"


def _contradictions(track: dict[str, Any]):
    """Keys whose values do not fit one another, each with the problem."""
    tables = {"systems": SYSTEMS, "codecs": CODECS, "recognisers": RECOGNISERS}
    for kind, adapters in tables.items():
        for name, entry in track[kind].items():
            if entry["adapter"] not in adapters:
                problem = f"no adapter {entry['adapter']!r}{_near(entry['adapter'], adapters)}"
                yield f"{kind}.{name}.adapter", problem
    largest = max(track["best_of"])
    if largest > track["pool_size"]:
        yield "best_of", f"{largest} is more than pool_size {track['pool_size']}"
    if track["larger_system"] not in track["systems"]:
        near = _near(track["larger_system"], track["systems"])
        yield "larger_system", f"no system {track['larger_system']!r}{near}"
    for role in ("verifier", "evaluator"):
        if track[role] not in track["recognisers"]:
            yield role, f"no recogniser {track[role]!r}{_near(track[role], track['recognisers'])}"
    for name, system in track["systems"].items():
        if system["codec"] not in track["codecs"]:
            yield (
                f"systems.{name}.codec",
                f"no codec {system['codec']!r}{_near(system['codec'], track['codecs'])}",
            )
    for name, prompt_set in track["prompt_sets"].items():
        if prompt_set["num_shards"] > prompt_set["num_utterances"]:
            yield f"prompt_sets.{name}.num_shards", "more shards than utterances"
        if prompt_set["source"] == "librispeech":
            if "librispeech" not in track:
                yield "librispeech", f"missing, but prompt_sets.{name} is drawn from it"
            if "max_s" not in prompt_set:
                yield f"prompt_sets.{name}.max_s", "missing: the longest recording, seconds"
    yield from _adversarial_contradictions(track)
    if "distillation" in track:
        yield from _distillation_contradictions(track)


def _adversarial_contradictions(track: dict[str, Any]):
    """The same, of the prompts that are chosen by failures from another set."""
    chosen = track["prompt_sets"].get("adversarial")
    if chosen is None:
        return
    key = "prompt_sets.adversarial"
    pools = {name: entry for name, entry in track["prompt_sets"].items() if entry is not chosen}
    pool = pools.get(chosen["pool"])
    if pool is None:
        yield f"{key}.pool", f"no prompt set {chosen['pool']!r}{_near(chosen['pool'], pools)}"
    elif pool["source"] == "librispeech":
        yield f"{key}.pool", "read by humans, whose audio has other ids; choose another prompt set"
    elif chosen["num_utterances"] > pool["num_utterances"]:
        yield f"{key}.num_utterances", f"more than the {pool['num_utterances']} of its pool"
    for system in chosen["systems"]:
        if system not in track["systems"]:
            yield f"{key}.systems", f"no system {system!r}{_near(system, track['systems'])}"


def _distillation_contradictions(track: dict[str, Any]):
    """The same, of training on verified candidates."""
    plan = track["distillation"]
    num_shards = plan["num_shards"]
    there = track.get("train_prompts", {}).get("num_shards", 0)
    if num_shards > there:
        yield "distillation.num_shards", f"{num_shards} is more than train_prompts has"
    elif num_shards + plan["num_held_out_shards"] > there:
        problem = f"train_prompts has {there - num_shards} beside num_shards {num_shards}"
        yield "distillation.num_held_out_shards", problem
    for name, arm in plan["arms"].items():
        for key in ("num_shards", "num_steps"):
            if plan[key] % arm["num_rounds"]:
                problem = f"{arm['num_rounds']} does not divide {key} {plan[key]}"
                yield f"distillation.arms.{name}.num_rounds", problem
        if arm.get("selection", "verified") != "verified" and arm["losses"] != ["sft"]:
            problem = f"{arm['selection']!r} is for losses [sft]; remove the key"
            yield f"distillation.arms.{name}.selection", problem
        if arm.get("temperature_matched") and arm["losses"] == ["grpo"]:
            problem = "GRPO's loss has the temperature anyway; remove the key"
            yield f"distillation.arms.{name}.temperature_matched", problem
    known = plan["arms"] | plan["rivals"]
    for system, arms in plan["systems"].items():
        if system not in track["systems"]:
            yield "distillation.systems", f"no system {system!r}{_near(system, track['systems'])}"
        for name in arms:
            if name not in known:
                yield f"distillation.systems.{system}", f"no arm {name!r}{_near(name, known)}"
    for name in plan["matched_temperature"]:
        key = f"distillation.matched_temperature.{name}"
        if name not in plan["systems"]:
            yield key, f"no system of distillation{_near(name, plan['systems'])}"
        elif plan["matched_temperature"][name] == track["systems"][name]["temperature"]:
            yield key, "the system's own; choose another, or remove the key"
    for name in plan["sharpening_line"]["prompt_sets"]:
        if name not in track["prompt_sets"]:
            problem = f"no prompt set {name!r}{_near(name, track['prompt_sets'])}"
            yield "distillation.sharpening_line.prompt_sets", problem
    for number, contrast in enumerate(plan["primary_contrasts"]):
        key = f"distillation.primary_contrasts.{number}"
        arms = plan["systems"].get(contrast["system"])
        if arms is None:
            near = _near(contrast["system"], plan["systems"])
            yield key, f"no system {contrast['system']!r} of distillation{near}"
            continue
        for name in (contrast["arm"], contrast["baseline"]):
            if name not in arms and name != TEACHER:
                yield key, f"{contrast['system']} has no arm {name!r}{_near(name, arms)}"
