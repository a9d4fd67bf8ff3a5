"""The command `selfverify speak` behind its arguments: texts in, audio and records out."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from transformers.utils.logging import disable_progress_bar

from selfverify.audio.pace import expected_seconds
from selfverify.errors import InputError
from selfverify.speaking.output import (
    AudioWriter,
    check_writable,
    shown_start,
    write_manifest,
    write_sidecar,
)
from selfverify.speaking.segments import Segment
from selfverify.speaking.speaker import Speaker
from selfverify.speaking.text import TextSegment
from selfverify.speaking.texts import Text, read_texts
from selfverify.workflow.progress import progress

NOT_VERIFIED = 3  # exit status of --strict
LONG_MIN = 10.0  # minutes of audio that are announced


class NeverPassed(Exception):
    """A segment of a text that has to be strict never passed."""


def speak_texts(
    source: str, out: Path, load: Callable[[], Speaker], *, strict: bool, suffix: str
) -> None:
    """Writes the audio of what `source` says, each text's record beside it.

    Args:
        source: a text, a file, or "-".
        out: an audio file for one text, a folder for several.
        load: called for the speaker once the rest makes sense.
        strict: whether a text with a segment that never passed is left out.
        suffix: of the audio files in a folder.

    Raises:
        InputError: if texts or arguments make no sense.
        SystemExit: 3, if `strict` and a text was left out.
    """
    is_folder = not out.suffix
    texts = read_texts(source, several=is_folder)
    check_writable(out, is_folder=is_folder)
    disable_progress_bar()  # transformers', of milliseconds
    speaker = load()
    split = {text.id: _split(speaker, text, is_folder) for text in texts}
    print(shown_start(speaker.setup, speaker), file=sys.stderr)
    _announce(speaker, split)
    paths = {text.id: out / f"{text.id}{suffix}" if is_folder else out for text in texts}
    refused = _write_all(texts, split, paths, speaker, strict, out if is_folder else None)
    if refused:
        print(f"error: {refused} of {len(texts)} texts never passed; no audio", file=sys.stderr)
        sys.exit(NOT_VERIFIED)


def _write_all(
    texts: Sequence[Text],
    split: Mapping[str, Sequence[TextSegment]],
    paths: Mapping[str, Path],
    speaker: Speaker,
    strict: bool,
    folder: Path | None,
) -> int:
    """Writes every text, and the manifest of what is written; returns how many were left out."""
    total = sum(map(len, split.values()))
    bar = progress(speaker.segments(split.items()), name="speak", total=total, unit="segment")
    segments = iter(bar)
    rows: list[dict[str, str]] = []
    refused = 0
    try:
        for text in texts:
            path = paths[text.id]
            verified = _write(path, text, len(split[text.id]), segments, speaker, strict)
            refused += verified is None
            if verified is not None:
                rows.append(_row(path, text, speaker, verified))
    finally:
        bar.close()
        if folder and rows:
            print(f"manifest: {write_manifest(folder, rows)}")
    return refused


def _announce(speaker: Speaker, split: Mapping[str, Sequence[TextSegment]]) -> None:
    """Says how long a text of hours will be, before it is begun."""
    segments = [segment.text for part in split.values() for segment in part]
    minutes = sum(expected_seconds(text, speaker.setup.pace) for text in segments) / 60
    if minutes >= LONG_MIN:
        print(
            f"{len(segments)} segments, about {minutes:.0f} minutes of audio; Ctrl-C keeps what is "
            "finished",
            file=sys.stderr,
        )


def _split(speaker: Speaker, text: Text, is_one_of_several: bool) -> list[TextSegment]:
    try:
        return speaker.split(text.text)
    except InputError as error:
        raise InputError(f"text {text.id}: {error}" if is_one_of_several else str(error)) from None


def _write(
    path: Path, text: Text, num: int, segments: Iterator[Segment], speaker: Speaker, strict: bool
) -> bool | None:
    """Writes one text's audio; returns whether all of it is verified, None if it was left out."""
    writer = AudioWriter(path, speaker.sample_rate)
    verified, taken = True, 0
    try:
        with writer.open():
            for _ in range(num):
                segment = next(segments)
                taken += 1
                verified &= segment.is_verified
                if verified or not strict:
                    writer.add(segment)  # before it is reported: an interrupt keeps what was
                print(describe(segment), file=sys.stderr)
                if strict and not verified:
                    raise NeverPassed
    except NeverPassed:
        for _ in range(num - taken):
            next(segments)
        return None
    except KeyboardInterrupt:
        done = len(writer.segments)
        if done:
            write_sidecar(writer, speaker, num)
        kept = "kept" if done else "no file"
        print(f"{path}: interrupted after {done} of {num} segments, {kept}", file=sys.stderr)
        raise
    write_sidecar(writer, speaker, num)
    print(f"{path}: {writer.num_samples / writer.sample_rate:.1f} s at {writer.sample_rate} Hz")
    return verified


def describe(segment: Segment) -> str:
    """Returns a line on what was tried for a segment and why a take was kept."""
    best = segment.best
    wrong = f"{best.cer:.0%} of characters wrong" if best.cer is not None else "not heard"
    bad = Counter(take.failure_mode.value for take in segment.takes if not take.is_accepted)
    refused = ", ".join(f"{k} {mode}" for mode, k in bad.items())
    verdict = "accepted" if segment.is_verified else "NOT VERIFIED, the best is kept"
    return (
        f"{segment.text_id}/{segment.index}: {verdict} ({best.failure_mode.value}, {wrong}), "
        f"{len(segment.takes)} drawn{f', refused: {refused}' if refused else ''}: "
        f"{_short(segment.source.text)}"
    )


def _short(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _row(path: Path, text: Text, speaker: Speaker, verified: bool) -> dict[str, str]:
    return {
        "audio": path.name, "text": " ".join(text.text.split()), "id": text.id,
        "system": speaker.setup.name, "verified": str(verified).lower(),
    }  # fmt: skip
