"""The table of the prompts chosen for their failures: at the choice, and on fresh seeds."""

from pathlib import Path

import pandas as pd

from selfverify.prompts.adversarial import num_changed, read_verdicts, regression_to_the_mean
from selfverify.prompts.frozen import choosing_systems, read_choice
from selfverify.results.markup import TableFiles, counts_with_intervals, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_adversarial(
    *,
    choice: Path,
    selection: list[Path],
    fresh: list[Path],
    files: TableFiles,
) -> None:
    """Writes how often the chosen prompts fail, with the draws that chose them and with others.

    Args:
        choice: the frozen choice, adversarial.csv.
        selection: verdicts/{system}/{pool}.parquet of every system.
        fresh: verdicts/{system}/adversarial.parquet of the same.
        files: the table, a row per system.
    """
    chosen = read_choice(choice)
    on_pool = read_verdicts(selection)
    at_choice = pd.DataFrame(on_pool[on_pool["utterance_id"].isin(chosen["pool_utterance_id"])])
    table = regression_to_the_mean(
        at_choice, read_verdicts(fresh), systems=choosing_systems(chosen)
    )
    write_csv(table, files.csv)
    changed = num_changed(chosen, at_choice)
    note = f"{NOTE} {CHANGED.format(changed=changed, all=len(chosen))}" if changed else NOTE
    write_shown(_shown(table), note, files)


NOTE = (
    "Failures by the evaluator of the prompts chosen for their failures, on the candidates that "
    "chose them (of other systems those of the same prompts) and on fresh seeds: first shots k/n "
    "with exact 95 % intervals, and the mean over prompts of the share of all candidates that "
    "fail. Prompts were chosen partly for bad luck, so that the rate of a system that chose falls "
    "on fresh seeds though nothing has changed (regression to the mean): only fresh seeds measure."
)
CHANGED = (
    "Of {changed} of the {all} prompts the failures on the pool are no longer those of the frozen "
    "choice: systems or metric have changed since, and the first rates are of other candidates."
)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    shown = pd.DataFrame({"system": table["system"]})
    shown["chose"] = ["yes" if chose else "no" for chose in table["chose"]]
    for name, title in (("selection", "at_the_choice"), ("fresh", "fresh_seeds")):
        rates = table.rename(columns={key: key.removeprefix(f"{name}_") for key in table})
        shown[f"{title},_first_shots"] = counts_with_intervals(rates)
        shown[f"{title},_all_candidates"] = rates["pool_rate"].map("{:.1%}".format)
    return shown


if __name__ == "__main__":
    run_script(table_adversarial)
