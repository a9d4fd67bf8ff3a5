"""The table of power: how many prompts tell apart the rates that the paper reports."""

from dataclasses import asdict
from itertools import groupby

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.power import (
    Design,
    difference_sd,
    power_table,
    prompts_to_tell,
    utterances_to_tell,
)
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# Pairs of failure rates that digests of arXiv 2606.18323 report, and what they compare.
COMPARED = {
    (0.199, 0.096): "single shot and SFT, hard",
    (0.199, 0.083): "single shot and DPO, hard",
    (0.096, 0.083): "SFT and DPO, hard",
    (0.264, 0.292): "SFT and DPO, offline sweep",
    (0.264, 0.319): "SFT and IPO, offline sweep",
    (0.026, 0.013): "online SFT and online DPO",
    (0.108, 0.042): "Llasa-3B, N = 1 and 2",
}


def table_power(
    *,
    num_prompts: list[int],
    num_candidates: int,
    rho: float,
    prompt_correlation: float,
    files: TableFiles,
) -> None:
    """Writes the chance to find each difference, and the prompts at which it is 80 %.

    Args:
        num_prompts: the columns.
        num_candidates: per prompt and arm.
        rho: intra-class correlation of failures.
        prompt_correlation: of a prompt's two failure chances.
        files: the table, a row per pair of rates and number of prompts.
    """
    design = Design(num_candidates, rho, prompt_correlation)
    cells = power_table(COMPARED, num_prompts, [design])
    write_csv(pd.DataFrame(map(asdict, cells)), files.csv)
    shown = []
    for (rate_a, rate_b), row in groupby(cells, key=lambda cell: (cell.rate_a, cell.rate_b)):
        needed = prompts_to_tell(rate_a - rate_b, difference_sd(rate_a, rate_b, design))
        independent = utterances_to_tell(rate_a, rate_b)
        shown.append(
            {"compared": COMPARED[rate_a, rate_b], "rates": f"{rate_a:.1%}, {rate_b:.1%}"}
            | {f"{cell.num_prompts} prompts": f"{cell.power:.0%}" for cell in row}
            | {"prompts for 80 %": f"{needed.num_prompts:,}"}
            | {"independent utterances for 80 %": f"{independent.num_prompts:,}"}
        )
    note = NOTE.format(num_candidates, rho, prompt_correlation)
    write_shown(pd.DataFrame(shown), note, files)


NOTE = (
    "Power of the two-sided paired t test at .05 over prompts, {} candidates a prompt in each arm, "
    "intra-class correlation {:g}, correlation {:g} of a prompt's failure chances in the two arms. "
    "Last column: unpaired, one candidate an utterance, in each arm."
)


if __name__ == "__main__":
    run_script(table_power)
