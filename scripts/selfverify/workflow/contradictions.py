"""Keys of a track whose values do not fit one another, each with the problem."""

from itertools import chain
from pathlib import Path
from typing import Any

from selfverify.adapters import CODECS, ENGINES, RECOGNISERS, SYSTEMS
from selfverify.workflow.distillation_contradictions import distillation_contradictions
from selfverify.workflow.naming import Problems, Track, missing

OTHER_SPEECH = ("reference", "corrupted")  # whose audio has no system
RESYNTHESIS = "-resynthesis"  # behind a codec's name: of references


def contradictions(track: Track) -> Problems:
    """Yields keys whose values do not fit one another, each with the problem and its cure."""
    looks = (_adapters, _best_of, _names, _prompt_sets, _calibration, _engines, _adversarial)
    yield from chain.from_iterable(look(track) for look in looks)
    if "distillation" in track:
        yield from distillation_contradictions(track)


def _adapters(track: Track) -> Problems:
    tables = {"systems": SYSTEMS, "codecs": CODECS, "recognisers": RECOGNISERS}
    for kind, adapters in tables.items():
        for name, entry in track[kind].items():
            if entry["adapter"] not in adapters:
                yield f"{kind}.{name}.adapter", missing("adapter", entry["adapter"], adapters)


def _best_of(track: Track) -> Problems:
    largest = max(track["best_of"])
    if largest > track["pool_size"]:
        yield "best_of", f"{largest} is more than pool_size {track['pool_size']}"


def _names(track: Track) -> Problems:
    systems, recognisers, codecs = (track[k] for k in ("systems", "recognisers", "codecs"))
    if track["larger_system"] not in systems:
        yield "larger_system", missing("system", track["larger_system"], systems)
    roles = [(role, track[role]) for role in ("verifier", "evaluator")]
    roles += [("further_evaluators", name) for name in track.get("further_evaluators", ())]
    for role, name in roles:
        if name not in recognisers:
            yield role, missing("recogniser", name, recognisers)
    for name, system in systems.items():
        if name in OTHER_SPEECH or name.removesuffix(RESYNTHESIS) in set(codecs) - {name}:
            yield f"systems.{name}", f"{name!r} is the name of other speech of the study; rename it"
        if system["codec"] not in codecs:
            yield f"systems.{name}.codec", missing("codec", system["codec"], codecs)


def _prompt_sets(track: Track) -> Problems:
    for name, prompt_set in track["prompt_sets"].items():
        if prompt_set["num_shards"] > prompt_set["num_utterances"]:
            yield f"prompt_sets.{name}.num_shards", "more shards than utterances"
        if prompt_set["source"] == "librispeech":
            if "librispeech" not in track:
                yield "librispeech", f"missing, but prompt_sets.{name} is drawn from it"
            if "max_s" not in prompt_set:
                yield f"prompt_sets.{name}.max_s", "missing: the longest recording, seconds"
        yield from _own_texts(f"prompt_sets.{name}", prompt_set)


def _own_texts(key: str, prompt_set: dict[str, Any]) -> Problems:
    needed = {"path": "the table of texts", "pace": "mini voice or readers"}
    if prompt_set["source"] != "file":
        yield from (
            (f"{key}.{name}", "of `source: file` alone; remove it, or write that source")
            for name in needed
            if name in prompt_set
        )
        return
    for name, what in needed.items():
        if name not in prompt_set:
            yield f"{key}.{name}", f"missing: {what}"
    if Path(prompt_set.get("path", "")).resolve().is_relative_to(Path("data").resolve()):
        yield f"{key}.path", "in data/ git keeps nothing of it and runs tidy up; put it elsewhere"


def _calibration(track: Track) -> Problems:
    calibration = track.get("calibration")
    if calibration and calibration["num_shards"] > calibration["num_utterances"]:
        yield "calibration.num_shards", "more shards than utterances"
    if calibration and "hard" not in track["prompt_sets"]:
        yield "calibration", "says of hard prompts what they are; add prompt_sets.hard"
    elif calibration and calibration["source"] != track["prompt_sets"]["hard"]["source"]:
        problem = "has other categories than prompt_sets.hard; give both one source, or remove it"
        yield "calibration.source", problem


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
        yield f"{key}.pool", missing("prompt set", chosen["pool"], pools)
    elif pool["source"] == "librispeech":
        yield f"{key}.pool", "read by humans, whose audio has other ids; choose another prompt set"
    elif chosen["num_utterances"] > pool["num_utterances"]:
        yield f"{key}.num_utterances", f"more than the {pool['num_utterances']} of its pool"
    for system in chosen["systems"]:
        if system not in track["systems"]:
            yield f"{key}.systems", missing("system", system, track["systems"])
