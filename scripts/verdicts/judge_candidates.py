"""Verdicts on every candidate of a system and prompt set, by verifier and evaluator.

Columns without prefix are the evaluator's, whose word is the result; those that begin with
`verifier_` are what selection sees, and are there only where a verifier has heard the candidates.
"""

from pathlib import Path

import pandas as pd

from selfverify.metric.content import content_error
from selfverify.metric.taxonomy import Evidence, Thresholds, judge, verdict_columns
from selfverify.storage.records import StopReason, Verdict
from selfverify.storage.tables import read_tables, write_table
from selfverify.workflow.script import run_script

KEYS = ["utterance_id", "candidate_index"]


def judge_candidates(
    *,
    prompts: Path,
    audio: list[Path],
    verifier: list[Path],
    evaluator: list[Path],
    thresholds: Thresholds,
    output: Path,
) -> None:
    """Writes one row per candidate.

    Args:
        prompts: the prompt set.
        audio: its audio, all shards.
        verifier: the verifier's transcripts, all shards; none where nothing is selected.
        evaluator: the evaluator's transcripts, all shards.
        thresholds: of the metric.
        output: Parquet file to write.
    """
    measures = [*KEYS, "stop_reason", "duration_s", "speech_s", "rms_db"]
    texts = pd.read_parquet(prompts, columns=["utterance_id", "category", "spoken", "expected_s"])
    table = read_tables(audio, measures).merge(texts, on="utterance_id", validate="many_to_one")
    table = table.sort_values(KEYS, ignore_index=True)
    judges = {"": evaluator, "verifier_": verifier}
    for prefix, shards in ((prefix, heard) for prefix, heard in judges.items() if heard):
        heard = table[KEYS].merge(read_tables(shards), on=KEYS, validate="one_to_one")
        if len(heard) != len(table):
            raise ValueError(f"{shards[0].parent}: {len(heard)} transcripts of {len(table)} clips")
        hypotheses = heard["hypothesis"]
        verdicts = [
            _judge(row, hypothesis, thresholds)
            for row, hypothesis in zip(table.itertuples(), hypotheses, strict=True)
        ]
        table = table.join(pd.DataFrame(map(verdict_columns, verdicts)).add_prefix(prefix))
        table[f"{prefix}hypothesis"] = hypotheses
    write_table(table.drop(columns=["spoken"]), output)


def _judge(row, hypothesis: str | None, thresholds: Thresholds) -> Verdict:
    # A null is a recogniser that failed; one that heard nothing wrote an empty text.
    error = content_error(list(row.spoken), hypothesis) if isinstance(hypothesis, str) else None
    evidence = Evidence(
        stop_reason=StopReason(row.stop_reason),
        duration_s=row.duration_s,
        speech_s=row.speech_s,
        expected_s=row.expected_s,
        error=error,
        rms_db=row.rms_db,
    )
    return judge(evidence, thresholds)


if __name__ == "__main__":
    run_script(judge_candidates)
