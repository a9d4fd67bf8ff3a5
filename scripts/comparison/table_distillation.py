"""The table of distillation: what every arm fails at, and the share of failures that it closes."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.distillation.comparison import (
    BEST_OF,
    TEACHER,
    Arm,
    ceiling_of,
    counterpart,
    parse_arms,
    read_arms,
    share_closed,
    teacher_of,
)
from selfverify.results.markup import TableFiles, write_shown
from selfverify.sampling.seeds import candidate_seed
from selfverify.statistics.intervals import Mean, bootstrap_mean, korn_graubard
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

NOTE = (
    "Failures by the evaluator on prompts that no arm was trained on, on fresh seeds. Single shot: "
    "k of n candidates of all training seeds, the rate with its Korn-Graubard 95 % interval, and "
    "the rate of each training seed. Less than as is: paired by prompt, BCa bootstrap 95 % over "
    "prompts. At {temperatures}, where as is alone gains by cooling: the rate of each arm there, "
    "and on top of cooling, how much less it is than as is there; empty where nothing was drawn at "
    "it. Closed: 1 - arm / as is, percentile bootstrap 95 % over prompts; the intervals "
    "do not count the chance of training with other seeds. Of the ceiling: the same of what the "
    "verifier's best of {ceiling} closes, which perfect distillation reaches. As is: the system "
    f"itself. All of {BEST_OF} fail: what best of {BEST_OF} by a judge that is never wrong leaves, "
    "exact over all subsets of a pool; no verifier has heard what the arms say here."
)


ON_TOP = ("k", "n", "rate", "low", "high", "difference", "difference_low", "difference_high")


def table_distillation(
    *,
    teachers: list[Path],
    policies: list[Path],
    matched: list[Path],
    arms: list[str],
    matched_arms: list[str],
    temperatures: list[str],
    ceiling: int,
    seed: int,
    files: TableFiles,
) -> None:
    """Writes one row per system, prompt set and arm.

    Args:
        teachers: verdicts of the systems.
        policies: verdicts of the policies.
        matched: verdicts of systems and policies at the matched temperature.
        arms: "policy=system=arm" of every policy.
        matched_arms: the same at the matched temperature, systems as "as is".
        temperatures: "system=temperature", the matched ones.
        ceiling: n of the best-of-n that perfect distillation reaches.
        seed: of resampling.
        files: the table.
    """
    found = read_arms(teachers, policies, parse_arms(arms))
    cool = read_arms([], matched, parse_arms(matched_arms))
    rows = [
        _row(arm, teacher_of(arm, found), seed)
        | _of_ceiling(arm, teacher_of(arm, found), ceiling, seed)
        | _on_top(counterpart(arm, cool), cool, seed)
        for arm in found
    ]
    table = pd.DataFrame(rows).sort_values(["system", "prompt_set"], kind="stable")
    write_csv(table, files.csv)
    shown = pd.DataFrame(map(_shown, table.to_dict("records")))
    named = ", ".join(pair.replace("=", " T ") for pair in temperatures)
    named = named or "a matched temperature"
    write_shown(shown, NOTE.format(temperatures=named, ceiling=ceiling), files)


def _row(arm: Arm, teacher: Arm, seed: int) -> dict[str, Any]:
    name = f"{arm.system}-{arm.name}"
    rng = np.random.default_rng(candidate_seed(seed, name, arm.prompt_set, 0))
    num_failed, num_candidates = arm.fails.sum(axis=1), arm.fails.shape[1]
    rate = korn_graubard(num_failed, num_candidates)
    gain = bootstrap_mean(teacher.single - arm.single, rng=rng, bounds=(-1.0, 1.0))
    closed = share_closed(teacher.single, arm.single, rng)
    return {
        "system": arm.system,
        "prompt_set": arm.prompt_set,
        "arm": arm.name,
        "num_seeds": len(arm.policies),
        "k": int(num_failed.sum()),
        "n": arm.fails.size,
        "rate": rate.mean,
        "low": rate.low,
        "high": rate.high,
        "seed_rates": " ".join(f"{policy.fails.mean():.1%}" for policy in arm.policies),
        "difference": gain.mean,
        "difference_low": gain.low,
        "difference_high": gain.high,
        "closed": closed.mean,
        "closed_low": closed.low,
        "closed_high": closed.high,
        "best_of": BEST_OF,
        "oracle_rate": float(arm.all_fail.mean()),
    }


def _of_ceiling(arm: Arm, teacher: Arm, num_drawn: int, seed: int) -> dict[str, Any]:
    """The share closed of what perfect best-of-n of the same design would close."""
    floor = ceiling_of(teacher, num_drawn)
    rng = np.random.default_rng(candidate_seed(seed, f"{arm.system}-{arm.name}", "ceiling", 0))
    nothing = Mean(np.nan, np.nan, np.nan, 0, "")
    found = nothing if floor is None else share_closed(teacher.single, arm.single, rng, floor)
    return {
        "ceiling_of": num_drawn,
        "ceiling_rate": np.nan if floor is None else float(floor.mean()),
        "of_ceiling": found.mean,
        "of_ceiling_low": found.low,
        "of_ceiling_high": found.high,
    }


def _on_top(arm: Arm | None, arms: list[Arm], seed: int) -> dict[str, Any]:
    """What an arm fails at and gains at the matched temperature, empty where it was not drawn."""
    if arm is None:
        return dict.fromkeys((f"matched_{name}" for name in ON_TOP), np.nan)
    found = _row(arm, teacher_of(arm, arms), seed)
    return {f"matched_{name}": found[name] for name in ON_TOP}


def _shown(row: dict[str, Any]) -> dict[str, str]:
    is_teacher = row["arm"] == TEACHER
    closed = "{closed:.0%} [{closed_low:.0%}, {closed_high:.0%}]".format(**row)
    less = "{difference:.1%} [{difference_low:.1%}, {difference_high:.1%}]".format(**row)
    of_ceiling = "{of_ceiling:.0%} [{of_ceiling_low:.0%}, {of_ceiling_high:.0%}]".format(**row)
    on_top = (
        "{matched_difference:.1%} [{matched_difference_low:.1%}, {matched_difference_high:.1%}]"
    ).format(**row)
    cooled = "{matched_k:.0f}/{matched_n:.0f} = {matched_rate:.1%}".format(**row)
    return {
        "system": row["system"],
        "prompt set": row["prompt_set"],
        "arm": row["arm"],
        "single shot": "{k}/{n} = {rate:.1%} [{low:.1%}, {high:.1%}]".format(**row),
        "by seed": row["seed_rates"] if row["num_seeds"] > 1 else "",
        "less than as is": "" if is_teacher else less,
        "on top of cooling": "" if is_teacher or pd.isna(row["matched_k"]) else on_top,
        "cooled": "" if pd.isna(row["matched_k"]) else cooled,
        "closed": "" if is_teacher or pd.isna(row["closed"]) else closed,
        "of the ceiling": "" if is_teacher or pd.isna(row["of_ceiling"]) else of_ceiling,
        f"all of {BEST_OF} fail": "{oracle_rate:.1%}".format(**row),
    }


if __name__ == "__main__":
    run_script(table_distillation)
