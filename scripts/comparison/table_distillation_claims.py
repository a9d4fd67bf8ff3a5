"""The table of claims on distillation: what the paper reported, what this track finds."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from selfverify.results import distillation_claims as claims
from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# As the digests of arXiv 2606.18323 report them; the counts behind its rates are inferred.
CLOSED = "31/156 to 15/156 and 13/156"
STANDARD = "5.8 % before and after"
PREFERENCES = "SFT 19/72, DPO 21/72, IPO 23/72"
ONLINE = "4/156 and 2/156"
CEILING = "stated, no counts"
NOTE = (
    "By the evaluator, on hard prompts unless it says otherwise. Fewer: failures than the arm that "
    "it is held against, paired by prompt, with the 90 % interval of the equivalence test. "
    "Exploratory tests are not adjusted for their number. Utterances needed: to show equality."
)


def table_distillation_claims(
    *,
    arms: Path,
    contrasts: Path,
    by_prompt: Path,
    systems: list[str],
    files: TableFiles,
) -> None:
    """Writes a row per claim and system, in the columns of `table_claims`.

    Args:
        arms: table_distillation.csv.
        contrasts: table_method_comparison.csv.
        by_prompt: table_gain_by_prompt.csv.
        systems: that were distilled.
        files: the table.
    """
    failures, tests, groups = (pd.read_csv(path) for path in (arms, contrasts, by_prompt))
    rows = [
        *[claims.share_closed(CLOSED, system, failures) for system in systems],
        *[claims.nothing_on_standard(STANDARD, system, tests) for system in systems],
        *[
            claims.not_above_sft(PREFERENCES, system, arm, tests)
            for arm in ("dpo", "ipo")
            for system in systems
        ],
        *[claims.online_arms_alike(ONLINE, system, tests) for system in systems],
        *[claims.ceiling_lifted(CEILING, system, groups) for system in systems],
        *[claims.more_than_cooling(system, failures) for system in systems],
        *[claims.more_than_random(system, tests) for system in systems],
    ]
    table = pd.DataFrame([asdict(row) for row in rows])
    table["utterances_needed"] = table["utterances_needed"].astype("Int64")
    write_csv(table, files.csv)
    table["utterances_needed"] = [str(n) if pd.notna(n) else "" for n in table["utterances_needed"]]
    write_shown(table, NOTE, files)


if __name__ == "__main__":
    run_script(table_distillation_claims)
