"""The table: what each policy of spending costs and leaves."""

from pathlib import Path

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

NAMES = {"best": "all drawn", "accepted": "first accepted"}


def table_policies(*, costs: Path, best_of: int, files: TableFiles) -> None:
    """Writes every n for machines, one for people.

    Args:
        costs: results/policy_costs.csv.
        best_of: the n that people see.
        files: the table, a row per system, prompt set, verifier, policy and n.
    """
    table = pd.read_csv(costs)
    write_csv(table, files.csv)
    single = table.query("n == 1 and policy == 'best' and verifier == 'recogniser'")
    table = table.merge(
        pd.DataFrame(single[["system", "prompt_set", "failure_rate"]]).rename(
            columns={"failure_rate": "single_rate"}
        )
    )
    # Without a recogniser what is accepted is as good as any.
    is_shown = (table["n"] == best_of) & ~(
        (table["verifier"] == "rules") & (table["policy"] == "good")
    )
    write_shown(_shown(pd.DataFrame(table[is_shown])), NOTE.format(n=best_of), files)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    percent = "{:.1%}".format
    return pd.DataFrame(
        {
            "system": table["system"],
            "prompt_set": table["prompt_set"],
            "verifier": table["verifier"],
            "policy": list(map(_name, table["policy"], table["good_cer"])),
            "single": table["single_rate"].map(percent),
            "failures": table["failure_rate"].map(percent)
            + table["standard_error"].map(" ± {:.1%}".format),
            "oracle": table["oracle_rate"].map(percent),
            "recovery": table["oracle_recovery"].map(
                lambda share: "–" if pd.isna(share) else f"{share:.0%}"
            ),
            "draws": table["mean_draws"].map("{:.2f}".format),
            "cost": table["cost"].map("{:.2f}".format),
            "with_early_abort": table["cost_abort"].map("{:.2f}".format),
        }
    )


def _name(policy: str, good_cer: float) -> str:
    return f"first good, {good_cer:.0%}" if policy == "good" else NAMES[policy]


NOTE = (
    "Exact expectations on the study's pools, n = {n}; failures by the evaluator, ± one standard "
    "error over prompts. Verifier: the recogniser, or rules on codes, length and level alone. "
    "Policy: all n drawn and the best kept; stopped at the first accepted; stopped at the first "
    "good, of which the verifier hears at most so many characters wrong, by the calibration "
    "prompts. Cost: seconds of audio drawn, a single shot's is 1; "
    "early abort gives a candidate up once it is over-long for its text. Oracle: all n drawn fail. "
    "Recovery: (single - kept) / (single - oracle); what is missing to 100 % is the verifier's "
    "doing."
)


if __name__ == "__main__":
    run_script(table_policies)
