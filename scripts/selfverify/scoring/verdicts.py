"""Verdicts on the clips of a manifest, and their summary: pure functions."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from selfverify.audio.pace import Pace
from selfverify.languages import load_language
from selfverify.languages.base import Language
from selfverify.metric.taxonomy import Evidence, Thresholds, judge, verdict_columns
from selfverify.scoring.decisions import FAIL, NOT_JUDGED, decide
from selfverify.scoring.hearing import Heard
from selfverify.scoring.rows import BadRow, Row
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.records import FailureMode, StopReason

NUM_LISTED = 10  # rows that a summary names; the tables have them all


def judge_row(
    row: Row,
    heard: Heard,
    thresholds: Thresholds,
    pace: Pace,
    *,
    recogniser: str,
    language: str = "en",
    second: Heard | None = None,
) -> dict[str, object]:
    """Returns a row of the table of verdicts.

    Columns: those of the manifest; expected_s and who says so (expected_from: expected_s,
    reference_audio or text, estimated at `pace`); duration_s, speech_s, rms_db, hypothesis,
    preparation (what was done to the file's samples), avg_logprob; the verdict's
    (`metric.taxonomy.verdict_columns`); hangs_on_duration; decision
    and unsure (`scoring.decisions`); with a second recogniser what it heard and its verdict.
    """
    spoken = load_language(language)
    thresholds = spoken.thresholds(thresholds)
    evidence = _evidence(row, heard, pace, spoken)
    verdict = judge(evidence, thresholds)
    other = judge(_evidence(row, second, pace, spoken), thresholds) if second else None
    decision, unsure = decide(verdict, other, recogniser=recogniser, avg_logprob=heard.avg_logprob)
    told = {name: value for name, value in asdict(row).items() if name not in ("path", "readings")}
    measured = {name: value for name, value in asdict(heard).items() if name != "key"}
    columns = {
        **told,
        "expected_s": evidence.expected_s,
        **measured,
        **verdict_columns(verdict),
        "hangs_on_duration": hangs_on_duration(evidence, thresholds),
        "decision": decision,
        "unsure": unsure,
    }
    if second and other:
        columns["second_hypothesis"] = second.hypothesis
        columns["second_cer"] = other.cer
        columns["second_failure_mode"] = other.failure_mode.value
        columns["second_is_catastrophic"] = other.is_catastrophic
    return columns


def _evidence(row: Row, heard: Heard, pace: Pace, language: Language) -> Evidence:
    return Evidence(
        # Whether the system stopped by itself is not known of a file.
        StopReason.EOS,
        heard.duration_s,
        heard.speech_s,
        row.expected_s or language.expected_seconds(row.readings[0], pace),
        language.content_error(row.readings, heard.hypothesis),
        heard.rms_db,
    )


def hangs_on_duration(evidence: Evidence, thresholds: Thresholds) -> bool:
    """Whether a failure would be none if the text were expected to take some other time."""
    # With nothing expected no clip ends early or has too small a share of speech; too long is the
    # one rule that then always holds.
    flags = judge(replace(evidence, expected_s=0.0), thresholds).flags
    fails = {name for name, flag in flags.items() if flag and FailureMode(name).is_catastrophic}
    return judge(evidence, thresholds).is_catastrophic and not fails - {FailureMode.RUNAWAY}


def summarise(verdicts: pd.DataFrame, bad: Sequence[BadRow]) -> str:
    """Returns lines to read: failures k of n with exact 95 % intervals, overall and in parts.

    Args:
        verdicts: as `judge_row` makes them, one row at least.
        bad: rows that were not scored, which are in no denominator.
    """
    num_not_judged = int(np.sum(np.asarray(verdicts["decision"]) == NOT_JUDGED))
    lines = [f"not judged: {num_not_judged}/{len(verdicts)}, in no rate"] if num_not_judged else []
    lines += [*_agreement(verdicts), *_doubts(verdicts), *_left_out(bad)]
    judged = verdicts.query(f"decision != {NOT_JUDGED!r}")
    return "\n".join([*(_rates(judged) if len(judged) else []), *lines])


def _rates(judged: pd.DataFrame) -> list[str]:
    """Lines of failures k of n with their intervals: overall, by system, by failure mode."""
    fails = (judged["decision"] == FAIL).to_numpy()
    systems, modes = judged["system"].to_numpy(), judged["failure_mode"].to_numpy()
    cells = {"catastrophic failures": _cell(fails)}
    if any(systems):
        names = sorted(set(systems))
        cells |= {f"  {name or '(no system)'}": _cell(fails[systems == name]) for name in names}
    for mode in FailureMode:
        if mode is not FailureMode.OK:
            cells[f"  {mode.value}"] = _cell(modes == mode.value)
    width = max(map(len, cells))
    return [f"{name:{width}}  {cell}" for name, cell in cells.items()]


def _cell(fails: np.ndarray) -> str:
    rate = clopper_pearson(int(fails.sum()), len(fails))
    return f"{rate.k}/{rate.n} = {rate.rate:.1%} [{rate.low:.1%}, {rate.high:.1%}]"


def _agreement(verdicts: pd.DataFrame) -> list[str]:
    """A line on how far two recognisers agree whether a clip fails; none where there is one."""
    if "second_is_catastrophic" not in verdicts:
        return []
    first, second = verdicts["is_catastrophic"], verdicts["second_is_catastrophic"]
    return [
        f"recognisers agree on {(first == second).sum()}/{len(verdicts)}: both fail "
        f"{(first & second).sum()}, the first alone {(first & ~second).sum()}, "
        f"the second alone {(~first & second).sum()}"
    ]


def _doubts(verdicts: pd.DataFrame) -> list[str]:
    """A line on failures that another expected duration would undo."""
    doubtful = verdicts[verdicts["hangs_on_duration"] & (verdicts["decision"] == FAIL)]
    if doubtful.empty:
        return []
    guessed = list(doubtful["expected_from"]).count("text")
    rows = ", ".join(map(str, doubtful["row"][:NUM_LISTED])) + _more(len(doubtful))
    return [
        f"{len(doubtful)} of them by the expected duration alone, {guessed} estimated from the "
        f"text: row {rows}"
    ]


def _left_out(bad: Sequence[BadRow]) -> list[str]:
    """Lines on the rows that were not scored."""
    if not bad:
        return []
    lines = [f"  row {b.row}: {b.audio + ': ' if b.audio else ''}{b.reason}" for b in bad]
    return [f"not scored, in no rate: {len(bad)}", *lines[:NUM_LISTED]] + (
        [" " + _more(len(bad))] if len(bad) > NUM_LISTED else []
    )


def _more(num: int) -> str:
    return f" and {num - NUM_LISTED} more" if num > NUM_LISTED else ""
