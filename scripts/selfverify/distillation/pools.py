"""Candidates of training prompts with the verifier's verdicts: all that training sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.metric.content import content_error
from selfverify.metric.taxonomy import Evidence, Thresholds, judge
from selfverify.selection.best_of_n import selection_score
from selfverify.storage.records import FailureMode, StopReason, Utterance, Verdict
from selfverify.storage.tables import read_records
from selfverify.systems.base import TrainingExample

KEYS = ["utterance_id", "candidate_index"]
IGNORED = -100  # label of what is not in a loss


@dataclass(frozen=True)
class TrainingCandidate:
    """One candidate as training sees it."""

    utterance_id: str
    candidate_index: int
    text: str
    token_ids: list[int]  # as sampled, the end included
    stop_reason: StopReason
    num_frames: int
    score: float  # the verifier's (`selection.selection_score`), lower is better
    failure_mode: FailureMode

    @property
    def passes(self) -> bool:
        """Whether the verifier accepts it and the system itself has ended it."""
        accepted = self.is_judged and not self.failure_mode.is_catastrophic
        return accepted and self.stop_reason is StopReason.EOS

    @property
    def is_judged(self) -> bool:
        """Whether the recogniser heard it."""
        return self.failure_mode is not FailureMode.PIPELINE_ERROR

    @property
    def fails(self) -> bool:
        """Whether the verifier says so; a recogniser that failed says nothing."""
        return self.failure_mode.is_catastrophic


def judge_pool(
    prompts: pd.DataFrame,
    candidates: pd.DataFrame,
    audio: pd.DataFrame,
    transcripts: pd.DataFrame,
    thresholds: Thresholds,
) -> list[TrainingCandidate]:
    """Returns the candidates by utterance and index, judged by one recogniser.

    A candidate in which nothing was heard has error rate 1 and fails; one without transcript, an
    error of the recogniser, neither passes nor fails.

    Args:
        prompts: the prompt set.
        candidates: rows of `records.Candidate`.
        audio: rows of `records.Clip`, of these candidates.
        transcripts: rows of `records.Transcript`, of these candidates.
        thresholds: of the metric.
    """
    measured = audio[[*KEYS, "duration_s", "speech_s", "rms_db"]]
    table = candidates.merge(measured, on=KEYS, validate="one_to_one")
    table = table.merge(transcripts[[*KEYS, "hypothesis"]], on=KEYS, validate="one_to_one")
    if len(table) != len(candidates):
        raise ValueError(f"{len(candidates)} candidates, {len(table)} with audio and transcript")
    texts = prompts[["utterance_id", "text", "spoken", "expected_s"]]
    table = table.merge(texts, on="utterance_id", validate="many_to_one").sort_values(KEYS)
    return [_judged(row, thresholds) for row in table.itertuples()]


def _judged(row: Any, thresholds: Thresholds) -> TrainingCandidate:
    heard = row.hypothesis if isinstance(row.hypothesis, str) else None
    verdict = verdict_of(row, heard, row.spoken, row.expected_s, thresholds)
    return training_candidate(row.text, row, verdict)


def verdict_of(
    clip: Any, heard: str | None, spoken: Sequence[str], expected_s: float, thresholds: Thresholds
) -> Verdict:
    """Returns the verdict on a clip.

    Args:
        clip: a `records.Clip` or a row of them.
        heard: the transcript; None where the recogniser failed.
        spoken: acceptable readings.
        expected_s: seconds that the text takes.
        thresholds: of the metric.
    """
    error = None if heard is None else content_error(list(spoken), heard)
    reason = StopReason(clip.stop_reason)
    evidence = Evidence(
        reason, clip.duration_s, clip.speech_s, expected_s, error, clip.rms_db
    )  # fmt: skip
    return judge(evidence, thresholds)


def training_candidate(text: str, candidate: Any, verdict: Verdict) -> TrainingCandidate:
    """Returns a `records.Candidate`, or a row of them, as training sees it."""
    score = selection_score(np.array(verdict.cer), np.array(verdict.is_catastrophic))
    return TrainingCandidate(
        candidate.utterance_id, candidate.candidate_index, text, list(candidate.token_ids),
        StopReason(candidate.stop_reason), candidate.num_frames, float(score),
        verdict.failure_mode,
    )  # fmt: skip


def spoken_candidate(
    utterance: Utterance, example: TrainingExample, num_frames: int
) -> TrainingCandidate:
    """Returns true speech as training sees it: what a system would have said, and all is well.

    Args:
        utterance: its text.
        example: prompt and ids of the speech, of which those with labels are the speech's.
        num_frames: of the codec.
    """
    ids = [label for label in example.labels if label != IGNORED]
    return TrainingCandidate(
        utterance.utterance_id, 0, utterance.text, ids, StopReason.EOS, num_frames, 0.0,
        FailureMode.OK,
    )  # fmt: skip


def read_pool(path: Path) -> list[TrainingCandidate]:
    """Returns the candidates of a file of training candidates."""
    rows = [vars(row) for row in read_records(TrainingCandidate, path)]
    enums = {"failure_mode": FailureMode, "stop_reason": StopReason}
    return [
        TrainingCandidate(**{k: enums[k](v) if k in enums else v for k, v in row.items()})
        for row in rows
    ]
