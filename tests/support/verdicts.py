"""Small tables of verdicts."""

from pathlib import Path

import numpy as np
import pandas as pd


def write_verdicts(
    folder: Path,
    name: str,
    rate: float,
    size: int = 4,
    num_prompts: int = 30,
    verifier: bool = True,
    prompt_set: str = "hard",
) -> Path:
    """Verdicts of one speaker on a prompt set, failing at a rate, some prompts more often.

    Without `verifier` as of a policy, which the evaluator alone has heard.
    """
    rng = np.random.default_rng(sum(map(ord, name)))
    chances = np.clip(rate * np.linspace(0.2, 1.8, num_prompts), 0, 1)
    fails = rng.random((num_prompts, size)) < chances[:, None]
    rows = [
        {"utterance_id": f"u{prompt:02}", "candidate_index": index, "is_catastrophic": fail,
         "verifier_is_catastrophic": fail, "flag_pipeline_error": False,
         "verifier_flag_pipeline_error": False, "verifier_cer": float(fail), "cer": float(fail),
         "failure_mode": "silence" if fail else "ok", "category": "long",
         "duration_s": 2.0 + index, "expected_s": 2.0,
         "flag_empty": False, "flag_silence": fail, "flag_runaway": False,
         "verifier_failure_mode": "silence" if fail else "ok"}
        for prompt, row in enumerate(fails.tolist()) for index, fail in enumerate(row)
    ]  # fmt: skip
    path = folder / name / f"{prompt_set}.parquet"
    path.parent.mkdir(exist_ok=True)
    table = pd.DataFrame(rows)
    seen = table.columns if verifier else [c for c in table if not c.startswith("verifier_")]
    table[seen].to_parquet(path)
    return path
