"""How much the failure rate depends on the one threshold that has no natural value, `max_cer`."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from selfverify.results.summary import without_pipeline_errors
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.records import FailureMode
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# The rules that do not ask the character error rate.
OTHER_FLAGS = [
    f"flag_{mode.value}"
    for mode in FailureMode
    if mode.is_catastrophic and mode is not FailureMode.CONTENT_COLLAPSE
]


def sweep_thresholds(
    *, verdicts: list[Path], selected: list[Path], max_cer: list[float], output: Path
) -> None:
    """Writes the evaluator's failure rate of best-of-n for each limit, from stored cer and flags.

    The candidates kept are those that the verifier chose at the limit of `params.yaml`.

    Args:
        verdicts: verdicts/{system}/{prompt_set}.parquet of every system and reference.
        selected: selected/{system}/{prompt_set}.parquet, in the same order.
        max_cer: the limits.
        output: CSV with a row per system, prompt set, n and limit.
    """
    rows = []
    for verdict_path, selected_path in zip(verdicts, selected, strict=True):
        if selected_path.parts[-2:] != verdict_path.parts[-2:]:
            raise ValueError(f"{verdict_path} is paired with {selected_path}")
        names = {"system": verdict_path.parts[-2], "prompt_set": verdict_path.stem}
        cells = sweep(pd.read_parquet(verdict_path), pd.read_parquet(selected_path), max_cer)
        rows += [names | cell for cell in cells.to_dict("records")]
    write_csv(pd.DataFrame(rows), output)


def sweep(verdicts: pd.DataFrame, selected: pd.DataFrame, max_cer: list[float]) -> pd.DataFrame:
    """Returns columns best_of, max_cer, k, n, rate, low, high, method of one system and set.

    Utterances with a pipeline error are left out.
    """
    verdicts = without_pipeline_errors(verdicts)
    selected = pd.DataFrame(selected[selected["utterance_id"].isin(verdicts["utterance_id"])])
    table = verdicts.set_index(["utterance_id", "candidate_index"])
    rows = []
    for column in [name for name in selected.columns if name.startswith("best_of_")]:
        kept = table.loc[list(zip(selected["utterance_id"], selected[column], strict=True))]
        fails_anyway = kept[OTHER_FLAGS].any(axis=1)
        for limit in max_cer:
            num_failures = int((fails_anyway | (kept["cer"] > limit)).sum())
            names = {"best_of": int(column.removeprefix("best_of_")), "max_cer": limit}
            rows.append(names | asdict(clopper_pearson(num_failures, len(kept))))
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_script(sweep_thresholds)
