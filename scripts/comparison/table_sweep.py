"""The table of a sweep: arms at other settings, and rivals, on prompts that none learns from."""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.distillation.comparison import TEACHER, parse_arms
from selfverify.distillation.pools import TrainingCandidate, read_pool
from selfverify.errors import InputError
from selfverify.results.markup import TableFiles, write_shown
from selfverify.sampling.seeds import candidate_seed
from selfverify.statistics.intervals import bootstrap_mean
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

SETTINGS = ("learning_rate", "num_steps", "lora_rank", "held_out_loss")
NOTE = (
    "Failures by the verifier, which alone hears these prompts: a shard of the training prompts "
    "from which no policy learns, none of the evaluation. One training each; intervals are of the "
    "bootstrap over prompts, 95 %. What is chosen here is chosen among many, so that its rate here "
    "flatters it. Held-out loss: nats per id of the best candidates that pass, of prompts that no "
    "policy learns from, after the last step; it tells trainings apart that failures do not."
)


def table_sweep(
    *,
    systems: list[Path],
    policies: list[Path],
    trainings: list[Path],
    curves: list[Path],
    arms: list[str],
    seed: int,
    files: TableFiles,
) -> None:
    """Writes one row per system as it is, and per policy or rival.

    Args:
        systems: training_pools/{system}/{shard}.parquet.
        policies: the same of policies and rivals, of the same prompts.
        trainings: policies/{policy}/training.json of those that are trained.
        curves: policies/{policy}/curve.csv of these.
        arms: "policy=system=arm" of every policy and rival.
        seed: of the resampling.
        files: the table.
    """
    settings = {path.parent.name: json.loads(path.read_text()) for path in trainings}
    places = parse_arms(arms)
    as_is = {path.parent.name: failures(read_pool(path)) for path in systems}
    starts: dict[str, dict[str, Any]] = {}
    for path in curves:
        name, losses = path.parent.name, pd.read_csv(path)["held_out_loss"].dropna().tolist()
        if losses:  # none where the plan holds no shard back
            settings[name]["held_out_loss"] = losses[-1]
            starts[places[name][0]] = {"held_out_loss": losses[0]}  # before the first step
    rows = [
        _row(system, TEACHER, starts.get(system, {}), found, found, seed)
        for system, found in as_is.items()
    ]
    for path in policies:
        name = path.parent.name
        system, arm = places[name]
        found = failures(read_pool(path))
        if found.keys() != as_is[system].keys():
            raise InputError(f"{path}: other prompts than of {system}; make both anew")
        rows.append(_row(system, arm, settings.get(name, {}), found, as_is[system], seed))
    table = pd.DataFrame(rows)
    write_csv(table, files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE, files)


def failures(candidates: Sequence[TrainingCandidate]) -> dict[str, list[bool]]:
    """Returns of each utterance which candidates do not pass; what was not judged is left out.

    Args:
        candidates: by utterance.
    """
    pools = groupby(candidates, key=lambda candidate: candidate.utterance_id)
    return {name: [not c.passes for c in pool if c.is_judged] for name, pool in pools}


def _row(
    system: str,
    arm: str,
    settings: dict[str, Any],
    found: dict[str, list[bool]],
    as_is: dict[str, list[bool]],
    seed: int,
) -> dict[str, Any]:
    drawn = [fails for pool in found.values() for fails in pool]
    change = [np.mean(as_is[name]) - np.mean(pool) for name, pool in found.items()]
    rng = np.random.default_rng(candidate_seed(seed, system, arm, 0))
    gain = bootstrap_mean(np.array(change), rng=rng, bounds=(-1.0, 1.0))
    return {
        "system": system,
        "arm": arm,
        **{key: settings.get(key) for key in SETTINGS},
        "num_prompts": len(found),
        "k": sum(drawn),
        "n": len(drawn),
        "rate": float(np.mean(drawn)),
        "difference": gain.mean,
        "difference_low": gain.low,
        "difference_high": gain.high,
    }


def _shown(row: dict[str, Any]) -> dict[str, str]:
    gain = "{difference:.1%} [{difference_low:.1%}, {difference_high:.1%}]"
    is_trained, loss = row["num_steps"] is not None, row["held_out_loss"]
    return {
        "system": row["system"],
        "arm": row["arm"],
        "learning rate": f"{row['learning_rate']:g}" if is_trained else "",
        "steps": str(row["num_steps"]) if is_trained else "",
        "rank": str(row["lora_rank"]) if is_trained else "",
        "held-out loss": "" if loss is None else f"{loss:.3f}",
        "fails": "{k}/{n} = {rate:.1%}".format(**row),
        "less than as is": "" if row["arm"] == TEACHER else gain.format(**row),
    }


if __name__ == "__main__":
    run_script(table_sweep)
