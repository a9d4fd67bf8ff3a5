"""The table: does another draw of a failed prompt fail again, and in the same way?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.results.judged_pools import KEYS, read_pools
from selfverify.results.markup import TableFiles, write_shown
from selfverify.results.summary import without_pipeline_errors
from selfverify.statistics.heterogeneity import fit_beta_binomial
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_rerolls(*, verdicts: list[Path], files: TableFiles) -> None:
    """Writes a row per system and prompt set, exact over all pairs of candidates of a prompt.

    Columns: single_rate; again_rate, of the second of two draws if the first failed; num_pairs, in
    which both fail; same_mode, the share of these in which both fail in the same way; chance_mode,
    the same of failures of different prompts; rho and its interval, the intra-class correlation.

    Args:
        verdicts: verdicts/{system}/{prompt_set}.parquet of every system.
        files: the table.
    """
    table = pd.DataFrame(map(measure_rerolls, verdicts))
    write_csv(table, files.csv)
    percents = {
        name: table[name].map(lambda share: "–" if pd.isna(share) else f"{share:.0%}")
        for name in ("again_rate", "same_mode", "chance_mode")
    }
    shown = pd.DataFrame(
        {
            "system": table["system"],
            "prompt_set": table["prompt_set"],
            "a draw fails": table["single_rate"].map("{:.1%}".format),
            "after a failure": percents["again_rate"],
            "in the same way": percents["same_mode"],
            "by chance": percents["chance_mode"],
            "rho": [_rho(row) for row in table.to_dict("records")],
        }
    )
    write_shown(shown, NOTE, files)


def measure_rerolls(path: Path) -> dict[str, Any]:
    """Returns the row of one system and prompt set."""
    pools = read_pools(path, min_size=2)
    table = without_pipeline_errors(pd.read_parquet(path)).sort_values(KEYS)
    modes = table["failure_mode"].to_numpy().reshape(pools.fails.shape)
    failed = pools.num_failed
    num_pairs = int((failed * (failed - 1)).sum())  # ordered: first and second draw
    num_seconds = int((failed * (pools.pool_size - 1)).sum())
    names = sorted(set(modes[pools.fails]))
    counts = np.array([((modes == name) & pools.fails).sum(axis=1) for name in names])
    same = int((counts * (counts - 1)).sum())
    fit = fit_beta_binomial(failed, pools.pool_size)
    return {
        "system": pools.system,
        "prompt_set": pools.prompt_set,
        "single_rate": float(pools.fails.mean()),
        "again_rate": num_pairs / num_seconds if num_seconds else np.nan,
        "num_pairs": num_pairs // 2,
        "same_mode": same / num_pairs if num_pairs else np.nan,
        "chance_mode": _chance_of_same(counts) if names else np.nan,
        "rho": np.nan if fit.rho is None else fit.rho,
        "rho_low": fit.rho_low,
        "rho_high": fit.rho_high,
    }


def _chance_of_same(counts: np.ndarray) -> float:
    """Share of equal modes among failures of different prompts, by counts (modes, prompts)."""

    def num_pairs(of: np.ndarray) -> int:
        """Ordered pairs of two prompts, from how many failures each has."""
        return int(of.sum() ** 2 - (of**2).sum())

    all_pairs = num_pairs(counts.sum(axis=0))
    return sum(map(num_pairs, counts)) / all_pairs if all_pairs else np.nan


def _rho(row: dict[str, Any]) -> str:
    rho = "–" if pd.isna(row["rho"]) else f"{row['rho']:.2f}"
    return f"{rho} [{row['rho_low']:.2f}, {row['rho_high']:.2f}]"


NOTE = (
    "Failures by the evaluator, over all pairs of a prompt's candidates: how often a draw fails, "
    "how often another fails where one has, and how often two failures are of the same failure "
    "mode, beside the share among failures of different prompts. rho: intra-class correlation, "
    "beta-binomial, profile-likelihood 95 % interval; 0, another seed is a fresh chance, 1, it "
    "never helps."
)


if __name__ == "__main__":
    run_script(table_rerolls)
