"""The table: what temperature does to a single shot, to selection, and to a retry."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.selection.retry import Pool, expect_retry
from selfverify.speaking.calibration import LIMITS, Pools, calibrate, read_calibration
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_temperatures(*, pools: list[Path], files: TableFiles) -> None:
    """Writes a row per system and temperature, exact expectations.

    Columns: single_rate and single_error, its standard error over prompts; n, the pools' size;
    failure_rate and standard_error, stopping at the first accepted of n; mean_draws;
    mean_sampled_s; never_k of num_prompts, of which all n fail; retry_temperature and retry_rate,
    the lowest failure rate where the draws after the first refusal are at another temperature.

    Args:
        pools: temperatures/{system}.parquet of each system.
        files: the table.
    """
    rows = [row for path in pools for row in _rows(path.stem, read_calibration(path))]
    table = pd.DataFrame(rows)
    write_csv(table, files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE, files)


def _rows(system: str, found: list[Pools]) -> list[dict[str, Any]]:
    accepted = [cell for cell in calibrate(found) if cell.good_cer == LIMITS[-1]]
    cells = {(cell.temperature, cell.n): cell for cell in accepted}
    rows = []
    for pools in found:
        size = pools.scores.shape[1]
        single, whole = cells[pools.temperature, 1], cells[pools.temperature, size]
        retried = {other.temperature: retry_rate(pools, other) for other in found}
        del retried[pools.temperature]
        best = min(retried, key=lambda temperature: retried[temperature], default=None)
        rows.append(
            {
                "system": system,
                "temperature": pools.temperature,
                "single_rate": single.failure_rate,
                "single_error": single.standard_error,
                "n": size,
                "failure_rate": whole.failure_rate,
                "standard_error": whole.standard_error,
                "mean_draws": whole.mean_draws,
                "mean_sampled_s": whole.mean_sampled_s,
                "never_k": int(pools.fails.all(axis=1).sum()),
                "num_prompts": len(pools.fails),
                "retry_temperature": best,
                "retry_rate": np.nan if best is None else retried[best],
            }
        )
    return rows


def retry_rate(first: Pools, second: Pools) -> float:
    """Returns the failure rate if one is drawn of the first, and after a refusal of the second."""
    size = first.scores.shape[1]
    prompts = zip(first.scores, first.fails, second.scores, second.fails, strict=True)
    return float(np.mean([expect_retry(Pool(a, b), Pool(c, d), 1, size) for a, b, c, d in prompts]))


def _shown(row: dict[str, Any]) -> dict[str, str]:
    retry = "–"
    if row["retry_temperature"] is not None:
        retry = "{retry_rate:.1%} at {retry_temperature:g}".format(**row)
    return {
        "system": row["system"],
        "temperature": f"{row['temperature']:g}",
        "single shot": "{single_rate:.1%} ± {single_error:.1%}".format(**row),
        f"first accepted of {row['n']}": "{failure_rate:.1%} ± {standard_error:.1%}".format(**row),
        "draws": f"{row['mean_draws']:.2f}",
        "seconds drawn": f"{row['mean_sampled_s']:.2f}",
        "never passes": "{never_k}/{num_prompts}".format(**row),
        "best retry": retry,
    }


NOTE = (
    "Calibration prompts, failures by the evaluator, exact expectations ± one standard error over "
    "prompts. Never passes: all candidates of the prompt fail. Best retry: the draws after the "
    "first refusal are at the other temperature that does best; chosen on the same prompts, so "
    "flattered."
)


if __name__ == "__main__":
    run_script(table_temperatures)
