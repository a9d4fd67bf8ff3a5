"""Hard texts as a single shot and verified, scored by the evaluator, to hear and as a table."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.asr import load_recogniser
from selfverify.asr.base import Recogniser
from selfverify.asr.clips import transcribe_clips
from selfverify.audio.clips import describe_clip
from selfverify.metric.content import content_error
from selfverify.metric.taxonomy import Evidence, Thresholds, judge
from selfverify.results.markup import TableFiles, write_shown
from selfverify.speaking.joining import join_audio
from selfverify.speaking.output import shown_start
from selfverify.speaking.page import Pair, Rendering, count_failures, speak_page
from selfverify.speaking.segments import Segment
from selfverify.speaking.speaker import Speaker
from selfverify.speaking.text import Pause, TextSegment
from selfverify.storage.files import atomic_path
from selfverify.storage.records import Clip, FailureMode, Utterance
from selfverify.storage.tables import read_records, write_csv
from selfverify.workflow.script import run_script


def write_speak_page(
    *,
    prompts: Path,
    num_texts: int,
    system: str,
    evaluator: str,
    thresholds: Thresholds,
    page: Path,
    files: TableFiles,
) -> None:
    """Writes the page and its table.

    A single shot speaks the whole text at once, as the study's candidates do; verified is what
    `selfverify speak` makes of it, segments joined.

    Args:
        prompts: of which the first are spoken.
        num_texts: how many.
        system: that speaks.
        evaluator: the recogniser that scores, as JSON; it had no part in the selection.
        thresholds: of the metric.
        page: HTML file to write; the clips are in it.
        files: the table, a row per text.
    """
    utterances = read_records(Utterance, prompts)[:num_texts]
    speaker = Speaker(system)
    single = _single_shots(speaker, utterances)
    spoken = _verified(speaker, utterances)
    verified = [
        describe_clip(u.utterance_id, 1, join_audio(spoken[u.utterance_id]), speaker.sample_rate)
        for u in utterances
    ]
    judged = _judged([*single, *verified], utterances * 2, evaluator, thresholds)
    pairs = [
        _pair(u, judged[i], judged[len(utterances) + i], spoken[u.utterance_id])
        for i, u in enumerate(utterances)
    ]
    heading = f"{shown_start(speaker.setup, speaker)}; scored by {speaker.setup.families[1]}."
    with atomic_path(page) as temporary:
        temporary.write_text(speak_page(pairs, heading))
    _write_table(pairs, f"{heading} {NOTE}", files)


def _single_shots(speaker: Speaker, utterances: Sequence[Utterance]) -> list[Clip]:
    whole = [(u.utterance_id, [TextSegment(u.text, Pause.PARAGRAPH)]) for u in utterances]
    return [
        describe_clip(u.utterance_id, 0, audio, speaker.sample_rate, stop_reason)
        for u, (audio, stop_reason) in zip(utterances, speaker.draw_unverified(whole), strict=True)
    ]


def _verified(speaker: Speaker, utterances: Sequence[Utterance]) -> dict[str, list[Segment]]:
    spoken: dict[str, list[Segment]] = {u.utterance_id: [] for u in utterances}
    for segment in speaker.segments([(u.utterance_id, speaker.split(u.text)) for u in utterances]):
        spoken[segment.text_id].append(segment)
    return spoken


def _judged(
    clips: Sequence[Clip],
    utterances: Sequence[Utterance],
    evaluator: str,
    thresholds: Thresholds,
) -> list[Rendering]:
    recogniser: Recogniser = load_recogniser(**json.loads(evaluator))
    heard = transcribe_clips(
        recogniser, clips, min_speech_s=thresholds.min_speech_s, name="evaluator"
    )
    renderings = []
    for clip, utterance, transcript in zip(clips, utterances, heard, strict=True):
        evidence = Evidence(
            clip.stop_reason, clip.duration_s, clip.speech_s, utterance.expected_s,
            content_error(list(utterance.spoken), transcript.hypothesis), clip.rms_db,
        )  # fmt: skip
        mode = judge(evidence, thresholds).failure_mode
        renderings.append(Rendering(clip, transcript.hypothesis, mode))
    return renderings


def _pair(
    utterance: Utterance, single: Rendering, verified: Rendering, segments: Sequence[Segment]
) -> Pair:
    return Pair(
        utterance.text, utterance.category, single, verified,
        num_segments=len(segments),
        num_draws=int(np.sum([len(segment.takes) for segment in segments])),
        is_accepted=all(segment.is_verified for segment in segments),
    )  # fmt: skip


def _write_table(pairs: Sequence[Pair], note: str, files: TableFiles) -> None:
    table = pd.DataFrame(
        {
            "text": [pair.text for pair in pairs],
            "category": [pair.category for pair in pairs],
            "single_shot": [pair.single.failure_mode.value for pair in pairs],
            "verified": [pair.verified.failure_mode.value for pair in pairs],
            "draws": [pair.num_draws for pair in pairs],
            "segments": [pair.num_segments for pair in pairs],
            "accepted": [pair.is_accepted for pair in pairs],
        }
    )
    write_csv(table, files.csv)
    shown = table.assign(
        accepted=["yes" if is_accepted else "no" for is_accepted in table["accepted"]],
        **{name: _marked(pd.Series(table[name])) for name in ("single_shot", "verified")},
    ).astype(str)
    total = {"text": "**fail**", "draws": str(table["draws"].sum()),
             "segments": str(table["segments"].sum()),
             "accepted": f"{table['accepted'].sum()}/{len(table)}",
             "single_shot": count_failures(pairs, "single"),
             "verified": count_failures(pairs, "verified")}  # fmt: skip
    rows = pd.concat([shown, pd.DataFrame([total])], ignore_index=True).fillna("")
    write_shown(rows, note, files)


def _marked(modes: pd.Series) -> pd.Series:
    """Failure modes in words, those that count as failures in bold."""
    return modes.map(
        lambda mode: (
            f"**{mode.replace('_', ' ')}**"
            if FailureMode(mode).is_catastrophic
            else mode.replace("_", " ")
        )
    )


NOTE = (
    "The first hard prompts; failures by the evaluator, exact 95 % intervals. Draws of all "
    "segments; accepted: the verifier accepts every segment that is kept."
)


if __name__ == "__main__":
    run_script(write_speak_page)
