"""The table of power: the smallest share closed that each primary contrast can show."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.distillation.power import Sides, smallest_share
from selfverify.errors import InputError
from selfverify.results.judged_pools import JudgedPools, read_pools
from selfverify.results.markup import TableFiles, write_shown
from selfverify.sampling.seeds import candidate_seed
from selfverify.statistics.best_of_n import failures_of_best
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

ALPHA = 0.05


def table_distillation_power(
    *,
    teachers: list[Path],
    primary: list[str],
    num_baseline: list[int],
    num_arm: list[int],
    ceiling: int,
    seed: int,
    files: TableFiles,
) -> None:
    """Writes one row per primary contrast, from verdicts of the systems as they are alone.

    Args:
        teachers: verdicts of the systems.
        primary: "system=prompt_set=arm=baseline" of each contrast.
        num_baseline: of each, candidates a prompt of the baseline, all training seeds.
        num_arm: the same of the arm.
        ceiling: n of the best-of-n that perfect distillation reaches.
        seed: of the simulation.
        files: the table.
    """
    pools = {(path.parent.name, path.stem): path for path in teachers}
    alphas = {"at .05": ALPHA, "at the first step of Holm": ALPHA / len(primary)}
    rows = []
    for text, first, second in zip(primary, num_baseline, num_arm, strict=True):
        system, prompt_set, arm, baseline = text.split("=")
        if (system, prompt_set) not in pools:
            raise InputError(f"primary_contrasts: no verdicts of {system} on {prompt_set}")
        found = read_pools(pools[system, prompt_set], min_size=1)
        facts = {"system": system, "prompt_set": prompt_set, "arm": arm, "baseline": baseline}
        rows.append(facts | _row(found, Sides(first, second), ceiling, alphas, seed))
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), _note(ceiling, len(primary)), files)


def _row(
    pools: JudgedPools, sides: Sides, ceiling: int, alphas: dict[str, float], seed: int
) -> dict[str, Any]:
    possible = np.nan
    if ceiling <= pools.pool_size and pools.fails.any():
        best = failures_of_best(pools.scores, pools.fails, ceiling)
        possible = 1 - float(best.mean() / pools.fails.mean())
    key = candidate_seed(seed, f"power {pools.system}", pools.prompt_set, 0)
    shares = [
        smallest_share(pools.num_failed, pools.pool_size, sides, alpha, key)
        for alpha in alphas.values()
    ]
    return {
        "num_prompts": len(pools.fails),
        "num_baseline": sides.num_baseline,
        "num_arm": sides.num_arm,
        "rate": float(pools.fails.mean()),
        "ceiling_closed": possible,
        "share": shares[0],
        "share_holm": shares[1],
        "share_of_ceiling": shares[0] / possible if possible else np.nan,
        "share_of_ceiling_holm": shares[1] / possible if possible else np.nan,
    }


def _shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "system": row["system"],
        "prompt set": row["prompt_set"],
        "contrast": "{arm} against {baseline}".format(**row),
        "prompts": str(row["num_prompts"]),
        "candidates": "{num_arm} against {num_baseline}".format(**row),
        "as is": f"{row['rate']:.1%}",
        "perfect best of n closes": _percent(row["ceiling_closed"]),
        "smallest share closed": f"{_percent(row['share'])} / {_percent(row['share_holm'])}",
        "of the ceiling": (
            f"{_percent(row['share_of_ceiling'])} / {_percent(row['share_of_ceiling_holm'])}"
        ),
    }


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.0%}"


def _note(ceiling: int, num_primary: int) -> str:
    return (
        "The smallest share of the baseline's failures that an arm must close to be found with "
        f"80 % power, at .05 / at the first step of Holm over {num_primary} contrasts, from "
        "simulated studies of these prompts, whose chances are drawn from their pools as they are; "
        "candidates a prompt, all training seeds together. A control is taken to fail as the "
        "system does. That training seeds differ is not counted. Perfect best of n: what the "
        f"verifier's best of {ceiling} closes."
    )


if __name__ == "__main__":
    run_script(table_distillation_power)
