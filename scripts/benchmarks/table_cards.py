"""The table: candidates and sequences of the real systems that a card's memory holds at once."""

from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

USABLE_SHARE = 0.9  # of a card's memory; the rest is the driver's and fragments, assumed
MAX_BATCH = 256  # beyond it a step is bound by arithmetic and waits for the longest candidate
GRANULE = 8  # candidates; batches are multiples of it


def table_cards(
    *,
    sampling: Path,
    training: Path,
    num_sequences: int,
    card_gb: list[float],
    files: TableFiles,
) -> None:
    """Writes the table for machines and for people.

    Args:
        sampling: `table_resources`.
        training: `table_training_resources`.
        num_sequences: at once in the latter.
        card_gb: memory of the cards.
        files: the table, a row per system and card.
    """
    plans = pd.read_csv(sampling).merge(
        pd.read_csv(training), on=["system", "codec"], suffixes=("", "_training")
    )
    rows = [
        {
            "system": plan["system"],
            "card_gb": gigabytes,
            "batch_size": batch_size(plan, gigabytes),
            "micro_batch_size": micro_batch_size(plan, gigabytes, num_sequences),
        }
        for plan in plans.to_dict("records")
        for gigabytes in card_gb
    ]
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(_shown(pd.DataFrame(rows)), NOTE, files)


def batch_size(plan: dict[str, Any], card_gb: float) -> int:
    """Returns the most candidates that a card samples at once; 0 if not one granule fits.

    Args:
        plan: a row of `table_resources`.
        card_gb: memory of the card, 10⁹ bytes.
    """
    free_gb = USABLE_SHARE * card_gb - plan["weights_gb"] - plan["overhead_gb"]
    fitting = int(max(free_gb, 0) / (plan["cache_gb"] / plan["batch_size"]))
    return min(fitting // GRANULE * GRANULE, MAX_BATCH)


def micro_batch_size(plan: dict[str, Any], card_gb: float, num_sequences: int) -> int:
    """Returns the most sequences that a card trains at once, pairs whole; 0 if no pair fits.

    Args:
        plan: a row of `table_training_resources`.
        card_gb: memory of the card, 10⁹ bytes.
        num_sequences: at once in the row.
    """
    weights_gb = plan.get("weights_gb_training", plan["weights_gb"])
    free_gb = USABLE_SHARE * card_gb - weights_gb - plan["trained_gb"]
    of_one_gb = (plan["activations_gb"] + plan["logits_gb"]) / num_sequences
    return int(max(free_gb, 0) / of_one_gb) // 2 * 2


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """A row a system, a column a card: batch / micro batch."""
    both = [
        f"{row['batch_size'] or '-'} / {row['micro_batch_size'] or '-'}"
        for row in table.to_dict("records")
    ]
    cards = [f"{gigabytes:g} GB" for gigabytes in table["card_gb"]]
    shown = table.assign(shown=both, card=cards).pivot(
        index="system", columns="card", values="shown"
    )
    order = list(dict.fromkeys(cards))
    return shown.loc[list(dict.fromkeys(table["system"])), order].reset_index()


NOTE = (
    "The most for `batch_size` / `micro_batch_size` of params.yaml, a dash where nothing fits. "
    f"Computed from the two tables above, not measured: {USABLE_SHARE:.0%} of the card's memory, "
    f"every candidate and sequence as long as the cap allows; batches in steps of {GRANULE}, at "
    f"most {MAX_BATCH}. Decoding and recognition are jobs of their own."
)


if __name__ == "__main__":
    run_script(table_cards)
