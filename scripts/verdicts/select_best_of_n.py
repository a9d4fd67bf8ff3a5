"""The candidate that best-of-n keeps of each utterance's pool, by the verifier alone."""

from pathlib import Path

import pandas as pd

from selfverify.selection import best_of_n
from selfverify.storage.tables import write_table
from selfverify.workflow.script import run_script


def select_best_of_n(*, verdicts: Path, best_of: list[int], output: Path) -> None:
    """Writes a row per utterance: the choice of the largest n, and the index kept by every n.

    Args:
        verdicts: of one system and prompt set.
        best_of: the values of n, each at most the pool's size.
        output: Parquet file to write.
    """
    columns = ["utterance_id", "candidate_index", "verifier_cer", "verifier_is_catastrophic"]
    table = pd.read_parquet(verdicts, columns=columns).sort_values(columns[:2])
    rows = []
    for utterance_id, pool in table.groupby("utterance_id", sort=True):
        fails = pool["verifier_is_catastrophic"].to_numpy()
        scores = best_of_n.selection_score(pool["verifier_cer"].to_numpy(), fails).tolist()
        passes = (~fails).tolist()
        kept = {
            n: best_of_n.select_best_of_n(str(utterance_id), scores, passes, n)
            for n in sorted(best_of)
        }
        largest = kept[max(kept)]
        rows.append(largest.__dict__ | {f"best_of_{n}": c.candidate_index for n, c in kept.items()})
    write_table(pd.DataFrame(rows), output)


if __name__ == "__main__":
    run_script(select_best_of_n)
