"""The command `selfverify speak` behind its arguments: texts in, audio and records out."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm
from transformers.utils.logging import disable_progress_bar

from selfverify.audio.pace import expected_seconds
from selfverify.errors import InputError
from selfverify.speaking.output import (
    AudioWriter,
    check_writable,
    remove_audio,
    shown_start,
    write_manifest,
    write_sidecar,
)
from selfverify.speaking.segments import Segment
from selfverify.speaking.speaker import NeverPassed, Speaker
from selfverify.speaking.text import TextSegment
from selfverify.speaking.texts import Text, read_texts
from selfverify.workflow.progress import progress

NOT_VERIFIED = 3  # exit status of --strict
LONG_MIN = 10.0  # minutes of audio that are announced


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
    is_folder = os.path.isdir(out) or not out.suffix  # of a name that is too long is_dir raises
    texts = read_texts(source, several=is_folder)
    check_writable(out, is_folder=is_folder)
    disable_progress_bar()  # transformers', of milliseconds
    speaker = load()
    split = {text.id: _split(speaker, text, is_folder) for text in texts}
    (out if is_folder else out.parent).mkdir(parents=True, exist_ok=True)
    print(shown_start(speaker.setup, speaker), file=sys.stderr)
    _announce(speaker, split)
    paths = {text.id: out / f"{text.file_name}{suffix}" if is_folder else out for text in texts}
    refused = _write_all(texts, split, paths, speaker, strict, out if is_folder else None)
    if refused:
        which = f"{len(refused)} of {len(texts)} texts ({', '.join(refused)})"
        print(
            f"error: {which if is_folder else out}: no audio, a segment never passed; raise --n, "
            "or leave out --strict",
            file=sys.stderr,
        )
        sys.exit(NOT_VERIFIED)


def _write_all(
    texts: Sequence[Text],
    split: Mapping[str, Sequence[TextSegment]],
    paths: Mapping[str, Path],
    speaker: Speaker,
    strict: bool,
    folder: Path | None,
) -> list[str]:
    """Writes every text, and the manifest of what is written; returns ids of those left out."""
    bar = progress(name="speak", total=sum(map(len, split.values())), unit="segment")
    rows: list[dict[str, str]] = []
    refused: list[str] = []
    dropped: set[str] = set()
    segments = _counted(speaker.segments(split.items(), dropped=dropped), bar)
    try:
        for text in texts:
            path, num = paths[text.id], len(split[text.id])
            verified = _write(path, text, num, segments, speaker, strict)
            if verified is None:
                dropped.add(text.id)
                refused.append(text.id)
                remove_audio(path)
            else:
                rows.append(_row(path, text, speaker, verified))
    finally:
        bar.close()
        if folder and (rows or refused):
            print(f"manifest: {write_manifest(folder, rows)}")
    return refused


def _counted(segments: Iterable[Segment], bar: tqdm) -> Iterator[Segment]:
    """The same, each counted once it is there."""
    for segment in segments:
        bar.update()
        yield segment


def _announce(speaker: Speaker, split: Mapping[str, Sequence[TextSegment]]) -> None:
    """Says, before it is begun, how long a text of hours will be, and what will not fit."""
    segments = [segment.text for part in split.values() for segment in part]
    seconds = [expected_seconds(text, speaker.setup.pace) for text in segments]
    if sum(seconds) / 60 >= LONG_MIN:
        print(
            f"{len(segments)} segments, about {sum(seconds) / 60:.0f} minutes of audio; Ctrl-C "
            "keeps what is finished",
            file=sys.stderr,
        )
    for text, length in zip(segments, seconds, strict=True):
        if length > speaker.max_segment_s:
            print(
                f"warning: {_short(text)} would take {length:.0f} s and cannot be cut, where "
                f"{speaker.setup.name} says {speaker.max_segment_s:.1f} s at once; write it as "
                "several words",
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
    verified = True
    try:
        with writer.open():
            for _ in range(num):
                segment = next(segments)
                verified &= segment.is_verified
                if verified or not strict:
                    writer.add(segment)  # before it is reported: an interrupt keeps what was
                print(describe(segment, strict=strict), file=sys.stderr)
                if strict and not verified:
                    raise NeverPassed
    except NeverPassed:
        return None
    except KeyboardInterrupt:
        done = len(writer.segments)
        if done:
            write_sidecar(writer, text.id, speaker, num)
        left = "that of a run before is left" if path.exists() else "no file"
        kept = "kept" if done else left
        print(f"{path}: interrupted after {done} of {num} segments, {kept}", file=sys.stderr)
        raise
    write_sidecar(writer, text.id, speaker, num)
    print(f"{path}: {writer.num_samples / writer.sample_rate:.1f} s at {writer.sample_rate} Hz")
    return verified


def describe(segment: Segment, *, strict: bool = False) -> str:
    """Returns a line on what was tried for a segment and why a take was kept, or none."""
    best = segment.best
    wrong = f"{best.cer:.0%} of characters wrong" if best.cer is not None else "not heard"
    bad = Counter(take.failure_mode.value for take in segment.takes if not take.is_accepted)
    refused = ", ".join(f"{k} {mode}" for mode, k in bad.items())
    left = "no audio" if strict else "the best is kept"
    verdict = "accepted" if segment.is_verified else f"NOT VERIFIED, {left}"
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
