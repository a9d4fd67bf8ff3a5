"""The table: what each policy of spending costs and leaves."""

from pathlib import Path

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_policies(*, costs: Path, files: TableFiles) -> None:
    """Writes the table for machines and for people.

    Args:
        costs: results/policy_costs.csv.
        files: the table, a row per system, prompt set, policy and n.
    """
    table = pd.read_csv(costs)
    write_csv(table, files.csv)
    percent = "{:.1%}".format
    shown = table[["system", "prompt_set", "policy", "n"]].assign(
        failures=table["failure_rate"].map(percent),
        draws=table["mean_draws"].map("{:.2f}".format),
        cost=table["cost"].map("{:.2f}".format),
        with_early_abort=table["cost_abort"].map("{:.2f}".format),
        oracle=table["oracle_rate"].map(percent),
        recovery=table["oracle_recovery"].map(
            lambda share: "" if pd.isna(share) else f"{share:.0%}"
        ),
    )
    write_shown(shown, NOTE, files)


NOTE = (
    "Exact expectations on the study's pools; failures by the evaluator. Policy: all n drawn and "
    "the best kept; stopped at the first accepted; stopped at the first good. Cost: seconds of "
    "audio drawn, a single shot's is 1; early abort gives a candidate up once it is over-long for "
    "its text. Oracle: all n drawn fail. Recovery: share of an oracle's gain over a single shot."
)


if __name__ == "__main__":
    run_script(table_policies)
