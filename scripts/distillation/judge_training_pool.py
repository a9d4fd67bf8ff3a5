"""What the verifier says of candidates of training prompts; the evaluator is never asked."""

from pathlib import Path

import pandas as pd

from selfverify.distillation.pools import judge_pool
from selfverify.metric.taxonomy import Thresholds
from selfverify.storage.tables import write_records
from selfverify.workflow.script import run_script


def judge_training_pool(
    *,
    prompts: Path,
    candidates: Path,
    audio: Path,
    transcripts: Path,
    thresholds: Thresholds,
    output: Path,
) -> None:
    """Writes one row per candidate of a shard (`distillation.pools.TrainingCandidate`).

    Args:
        prompts: of training.
        candidates: one shard of a system's or policy's.
        audio: the same, audible.
        transcripts: the verifier's of it.
        thresholds: of the metric.
        output: Parquet file to write.
    """
    without_samples = ["utterance_id", "candidate_index", "duration_s", "speech_s", "rms_db"]
    pool = judge_pool(
        pd.read_parquet(prompts),
        pd.read_parquet(candidates),
        pd.read_parquet(audio, columns=without_samples),
        pd.read_parquet(transcripts),
        thresholds,
    )
    write_records(pool, output)


if __name__ == "__main__":
    run_script(judge_training_pool)
