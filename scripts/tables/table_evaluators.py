"""The table: failures of best-of-n as each evaluator hears them, of several families."""

from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.results.markup import TableFiles, counts_with_intervals, write_shown
from selfverify.results.summary import without_pipeline_errors
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_evaluators(
    *,
    verdicts: list[Path],
    evaluators: list[str],
    selected: list[Path],
    best_of: list[int],
    files: TableFiles,
) -> None:
    """Writes a row per evaluator, system, prompt set and n.

    Args:
        verdicts: {system}/{prompt_set}.parquet by each evaluator in turn, as many of each.
        evaluators: their recognisers.
        selected: what the verifier kept, in the order of an evaluator's verdicts.
        best_of: values of n.
        files: the table; for people n is the smallest and the largest.
    """
    per_evaluator = len(selected)
    rows = [
        {"evaluator": evaluators[number // per_evaluator], **row}
        for number, path in enumerate(verdicts)
        for row in _rows(path, selected[number % per_evaluator], best_of)
    ]
    table = pd.DataFrame(rows)
    write_csv(table, files.csv)
    shown = table.loc[table["best_of"].isin([min(best_of), max(best_of)]).to_numpy()]
    columns = ["evaluator", "system", "prompt_set", "best_of"]
    write_shown(shown[columns].assign(failures=counts_with_intervals(shown)), NOTE, files)


def _rows(verdicts: Path, selected: Path, best_of: list[int]) -> list[dict[str, Any]]:
    """Failures among what each n keeps; what could not be judged is in no n."""
    judged = without_pipeline_errors(pd.read_parquet(verdicts))
    fails = judged.set_index(["utterance_id", "candidate_index"])["is_catastrophic"]
    kept = pd.read_parquet(selected).set_index("utterance_id")
    rows = []
    for n in best_of:
        chosen = pd.MultiIndex.from_arrays(
            [kept.index, kept[f"best_of_{n}"]], names=fails.index.names
        )
        heard = fails.reindex(chosen).dropna().astype(bool)
        rate = clopper_pearson(int(heard.to_numpy().sum()), len(heard))
        rows.append(
            {
                "system": verdicts.parent.name, "prompt_set": verdicts.stem, "best_of": n,
                "k": rate.k, "n": rate.n, "low": rate.low, "high": rate.high,
            }
        )  # fmt: skip
    return rows


NOTE = (
    "Failures k of n of the candidate that the verifier keeps, exact 95 % intervals, by each "
    "evaluator. A gain that one family alone hears is the verifier's taste, not reliability "
    "(arXiv 2607.08256)."
)


if __name__ == "__main__":
    run_script(table_evaluators)
