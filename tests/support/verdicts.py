"""Small tables of verdicts."""

from pathlib import Path

import numpy as np
import pandas as pd


def write_verdicts(
    folder: Path, name: str, rate: float, size: int = 4, num_prompts: int = 30
) -> Path:
    """Verdicts of one speaker on hard prompts, failing at a rate, some prompts more often."""
    rng = np.random.default_rng(sum(map(ord, name)))
    chances = np.clip(rate * np.linspace(0.2, 1.8, num_prompts), 0, 1)
    fails = rng.random((num_prompts, size)) < chances[:, None]
    rows = [
        {"utterance_id": f"u{prompt:02}", "candidate_index": index, "is_catastrophic": fail,
         "verifier_is_catastrophic": fail, "flag_pipeline_error": False,
         "verifier_flag_pipeline_error": False, "verifier_cer": float(fail), "cer": float(fail),
         "failure_mode": "silence" if fail else "ok", "category": "long",
         "verifier_failure_mode": "silence" if fail else "ok"}
        for prompt, row in enumerate(fails.tolist()) for index, fail in enumerate(row)
    ]  # fmt: skip
    path = folder / name / "hard.parquet"
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_parquet(path)
    return path
