"""The table of methods: arms against one another, which differ and which are as good."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.distillation.comparison import TEACHER, Arm, counterpart, parse_arms, read_arms
from selfverify.errors import InputError
from selfverify.results.markup import TableFiles, write_shown
from selfverify.sampling.seeds import candidate_seed
from selfverify.statistics.contrasts import equivalence_test, holm, sign_flip_test
from selfverify.statistics.power import prompts_for_equivalence, prompts_to_tell
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

ALPHA = 0.05
BASELINE = "sft"
ONLINE = ("online-sft", "online-dpo")
ON_TOP = ("difference", "low", "high", "p")  # what is told of a contrast at another temperature


def table_method_comparison(
    *,
    teachers: list[Path],
    policies: list[Path],
    matched: list[Path],
    arms: list[str],
    matched_arms: list[str],
    primary: list[str],
    margin: float = 0.05,
    seed: int,
    files: TableFiles,
) -> None:
    """Writes every arm against the system as it is, and against SFT, single shot.

    Args:
        teachers: verdicts of the systems.
        policies: verdicts of the policies.
        matched: verdicts of systems and policies at the matched temperature.
        arms: "policy=system=arm" of every policy.
        matched_arms: the same at the matched temperature, systems as "as is".
        primary: "system=prompt_set=arm=baseline" of each contrast that was declared.
        margin: of the equivalence, a difference of rates; and what a larger study should tell.
        seed: of the random sign flips.
        files: the table.
    """
    found = read_arms(teachers, policies, parse_arms(arms))
    cool = read_arms([], matched, parse_arms(matched_arms))
    rows = [
        _contrast(*pair, margin, seed) | _on_top(*pair, cool, margin, seed)
        for pair in contrasts(found, primary)
    ]
    declared, rest = rows[: len(primary)], rows[len(primary) :]
    for kind in ("p", "equivalence_p"):
        adjusted = holm([row[kind] for row in declared]).p_values
        unadjusted = [row[kind] for row in rest]
        for row, p_value in zip(rows, [*adjusted, *unadjusted], strict=True):
            row[f"{kind}_adjusted"] = p_value
    for number, row in enumerate(rows):
        row["role"] = "primary" if number < len(primary) else "exploratory"
        row["verdict"] = _verdict(row)
    table = pd.DataFrame(rows)
    write_csv(table, files.csv)
    shown = pd.DataFrame(map(_shown, rows))
    write_shown(shown, _note(margin, len(primary)), files)


def contrasts(arms: Sequence[Arm], primary: Sequence[str]) -> list[tuple[Arm, Arm]]:
    """Returns pairs (baseline, arm) of one system and prompt set, the primary ones first.

    The others are every arm against the system as it is and against SFT, and both online arms.

    Raises:
        InputError: names a primary contrast of which an arm is missing.
    """
    by_place = {(arm.system, arm.prompt_set, arm.name): arm for arm in arms}
    declared = [_declared(by_place, text) for text in primary]
    seen = {frozenset(map(id, pair)) for pair in declared}
    pairs = [
        (by_place[system, prompt_set, baseline], arm)
        for baseline in (TEACHER, BASELINE, ONLINE[0])
        for (system, prompt_set, name), arm in by_place.items()
        if (system, prompt_set, baseline) in by_place and name not in (TEACHER, baseline)
        if baseline != ONLINE[0] or name == ONLINE[1]
    ]
    return declared + [pair for pair in pairs if frozenset(map(id, pair)) not in seen]


def _declared(by_place: dict[tuple[str, str, str], Arm], text: str) -> tuple[Arm, Arm]:
    system, prompt_set, arm, baseline = text.split("=")
    try:
        return by_place[system, prompt_set, baseline], by_place[system, prompt_set, arm]
    except KeyError as error:
        raise InputError(
            f"primary_contrasts: {text!r}: nothing was drawn of {error}; train it, or declare "
            "another contrast"
        ) from None


def _contrast(first: Arm, second: Arm, margin: float, seed: int) -> dict[str, Any]:
    differences = first.single - second.single
    key = f"{first.system}/{first.name}/{second.name}"
    rng = np.random.default_rng(candidate_seed(seed, key, first.prompt_set, 0))
    test = sign_flip_test(differences, rng=rng)
    equal = equivalence_test(differences, margin)
    spread = float(differences.std(ddof=1))
    return {
        "system": first.system,
        "prompt_set": first.prompt_set,
        "baseline": first.name,
        "arm": second.name,
        "num_prompts": len(differences),
        "baseline_k": int(first.fails.sum()),
        "baseline_n": first.fails.size,
        "arm_k": int(second.fails.sum()),
        "arm_n": second.fails.size,
        "difference": test.mean_difference,
        "low": equal.low,
        "high": equal.high,
        "p": test.p_value,
        "test": test.method,
        "margin": margin,
        "equivalence_p": equal.p_value,
        "prompts_to_tell": prompts_to_tell(margin, spread).num_prompts,
        "prompts_for_equivalence": prompts_for_equivalence(margin, spread).num_prompts,
    }


def _on_top(first: Arm, second: Arm, cool: list[Arm], margin: float, seed: int) -> dict[str, Any]:
    """The same contrast at the matched temperature, empty where one of the two was not drawn."""
    pair = [counterpart(arm, cool) for arm in (first, second)]
    found: dict[str, Any] = {}
    if pair[0] is not None and pair[1] is not None:
        found = _contrast(pair[0], pair[1], margin, seed)
    return {f"matched_{name}": found.get(name, np.nan) for name in ON_TOP}


def _verdict(row: dict[str, Any]) -> str:
    if row["p_adjusted"] < ALPHA:
        return "better" if row["difference"] > 0 else "worse"
    return "equal within the margin" if row["equivalence_p_adjusted"] < ALPHA else "cannot be told"


def _shown(row: dict[str, Any]) -> dict[str, str]:
    on_top = "{matched_difference:.1%} [{matched_low:.1%}, {matched_high:.1%}], p {matched_p:.2g}"
    needed = [row["prompts_to_tell"], row["prompts_for_equivalence"]]
    return {
        "system": row["system"],
        "prompt set": row["prompt_set"],
        "contrast": "{arm} against {baseline}".format(**row),
        "role": row["role"],
        "failures": "{arm_k}/{arm_n} against {baseline_k}/{baseline_n}".format(**row),
        "fewer": "{difference:.1%} [{low:.1%}, {high:.1%}]".format(**row),
        "on top of cooling": "" if pd.isna(row["matched_p"]) else on_top.format(**row),
        "p, adjusted": "{p:.2g}, {p_adjusted:.2g}".format(**row),
        "p of equality, adjusted": "{equivalence_p:.2g}, {equivalence_p_adjusted:.2g}".format(
            **row
        ),
        "verdict": row["verdict"],
        "prompts needed": " / ".join("–" if pd.isna(n) else f"{n:,.0f}" for n in needed),
    }


def _note(margin: float, num_primary: int) -> str:
    return (
        "Single shot, by the evaluator; differences of failure rates paired by prompt, seeds "
        "averaged, with the 90 % interval of the equivalence test. On top of cooling: the same, "
        "both at the matched temperature, p not adjusted. p: sign flips within prompts. p of "
        f"equality: two one-sided tests within ±{margin:.1%}. Both are adjusted by Holm for the "
        f"{num_primary} primary contrasts, which were declared before the run; all others are "
        "exploratory, with p as it is: of so many some are below .05 by chance. Prompts needed "
        f"at the spread seen and 80 % power: to tell a difference of {margin:.1%} / to show "
        "equality within it."
    )


if __name__ == "__main__":
    run_script(table_method_comparison)
