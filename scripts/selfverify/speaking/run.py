"""The command `selfverify speak` behind its arguments: texts in, audio and records out."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from transformers.utils.logging import disable_progress_bar

from selfverify.errors import InputError
from selfverify.speaking.output import (
    AudioWriter,
    check_writable,
    shown_start,
    write_manifest,
    write_sidecar,
)
from selfverify.speaking.speaker import Segment, Speaker
from selfverify.speaking.text import TextSegment
from selfverify.speaking.texts import Text, read_texts
from selfverify.workflow.progress import progress

NOT_VERIFIED = 3  # exit status of --strict


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
    total = sum(map(len, split.values()))
    stream = speaker.segments(split.items())
    bar = progress(stream, name="speak", total=total, unit="segment")
    segments = iter(bar)
    rows: list[dict[str, str]] = []
    refused = 0
    try:
        for text in texts:
            path = out / f"{text.id}{suffix}" if is_folder else out
            verified = _write(path, text, len(split[text.id]), segments, speaker, strict)
            refused += verified is None
            if verified is not None:
                rows.append(_row(path, text, speaker, verified))
    finally:
        bar.close()
        if is_folder and rows:
            print(f"manifest: {write_manifest(out, rows)}")
    if refused:
        print(f"error: {refused} of {len(texts)} texts never passed; no audio", file=sys.stderr)
        sys.exit(NOT_VERIFIED)


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
                print(describe(segment), file=sys.stderr)
                verified &= segment.is_verified
                if strict and not verified:
                    raise NeverPassed
                writer.add(segment)
    except NeverPassed:
        for _ in range(num - taken):
            next(segments)
        return None
    except KeyboardInterrupt:
        if writer.segments:
            write_sidecar(writer, speaker, num)
            print(f"{path}: interrupted after {len(writer.segments)} of {num} segments",
                  file=sys.stderr)  # fmt: skip
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
