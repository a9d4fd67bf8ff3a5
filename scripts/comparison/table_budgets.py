"""The table of budgets: what every training was given, and what its pairs look like."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

NOTE = (
    "Candidates: sampled and verified for this training; a policy of a later round has those of "
    "the rounds before it behind it. Never pass: prompts whose candidates all fail, from which "
    "nothing is learnt. Learnt: of each prompt with a candidate that passes, the best of these "
    "(verified), all of these (passing), any of its candidates (random) or all (own); of prompts "
    "with both outcomes all that pass (contested) or all that fail (failing); the voice's own "
    "speech of each prompt (reference); pairs; or all candidates, weighed by how they compare. "
    "Examples: such prompts. Pairs: prompts with both outcomes; frames of the chosen and the "
    "rejected, on average, and how the rejected fail. Sequences: steps times batch, two to a pair."
)


LEARNT = {"grpo": "own, as it goes", "advantage": "all, weighed"}  # by the loss


def table_budgets(*, trainings: list[Path], files: TableFiles) -> None:
    """Writes one row per policy, rounds on the way included.

    Args:
        trainings: policies/{policy}/training.json.
        files: the table.
    """
    rows = [{"policy": path.parent.name} | json.loads(path.read_text()) for path in trainings]
    for row in rows:
        row["selection"] = _learnt(row)
        row["losses"] = " + ".join(row["losses"])
        row["num_sequences"] = row["num_steps"] * row["batch_size"]
        row["rejected_modes"] = ", ".join(f"{n} {m}" for m, n in row["rejected_modes"].items())
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE, files)


def _learnt(row: dict[str, Any]) -> str:
    if row["losses"] == ["sft"]:
        return row.get("selection", "verified")
    return LEARNT.get(row["losses"][0], "pairs")


def _loss(row: dict[str, Any]) -> str:
    scale = "" if row["losses"] in ("sft", *LEARNT) else f", β {row['beta']:g}"
    temperature = row.get("temperature", 1.0)
    return row["losses"] + scale + ("" if temperature == 1 else f", logits / {temperature:g}")


def _shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "policy": row["policy"],
        "loss": _loss(row),
        "learnt": row["selection"],
        "candidates": f"{row['num_candidates']:,}",
        "prompts": str(row["num_prompts"]),
        "never pass": str(row["num_prompts_never_pass"]),
        "examples": str(row["num_examples"]),
        "pairs": str(row["num_pairs"]),
        "frames": "{chosen_frames:.0f} / {rejected_frames:.0f}".format(**row),
        "steps": str(row["num_steps"]),
        "sequences": str(row["num_sequences"]),
        "rejected": row["rejected_modes"].replace("_", " "),
    }


if __name__ == "__main__":
    run_script(table_budgets)
