"""The command `selfverify score` behind its arguments: manifest in, verdicts and summary out."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from selfverify.errors import InputError
from selfverify.languages.identification import check_texts
from selfverify.metric.normalisation import strip_tags
from selfverify.scoring.fingerprint import path_of, short
from selfverify.scoring.hearing import Heard, hear_rows, read_finished
from selfverify.scoring.listening import load_listener
from selfverify.scoring.manifest import BadRow, Row, read_manifest, read_record
from selfverify.scoring.options import OF_THE_STUDY, ScoreOptions
from selfverify.scoring.verdicts import judge_row, summarise
from selfverify.storage.tables import write_csv, write_table

WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": write_csv,
    ".parquet": write_table,
}


@dataclass(frozen=True)
class Scores:
    """The verdicts on a manifest, a row per clip (`scoring.verdicts.judge_row`)."""

    verdicts: pd.DataFrame  # empty if no row could be scored
    bad_rows: tuple[BadRow, ...]  # that could not be scored, in no rate
    made_by: dict[str, Any]  # what made them (`scoring.fingerprint`)

    @property
    def summary(self) -> str:
        """Lines to read: failures k of n with exact 95 % intervals."""
        return summarise(self.verdicts, self.bad_rows)


def score_manifest(
    manifest: Path, out: Path | None = None, options: ScoreOptions = OF_THE_STUDY
) -> Scores:
    """Returns the verdicts on a table of clips, as `selfverify score` makes them.

    Args:
        manifest: a table (.csv, .jsonl, .parquet) with the columns audio, a path relative to it,
            and text; optional: spoken, expected_s, reference_audio, id, system. Or a folder
            (`scoring.folders`).
        out: .csv or .parquet to write the verdicts to, and beside it STEM.made_by.json and, if any
            row cannot be scored, STEM.bad_rows.csv; a killed run goes on where it was. None:
            nothing is written.
        options: what listens and what judges.

    Raises:
        InputError: if an option or the manifest makes no sense, or no row could be scored.
    """
    if out is None:
        with TemporaryDirectory() as folder:
            return score_manifest(manifest, Path(folder) / "verdicts.parquet", options)
    _check(manifest, out, options)
    rows, bad = read_manifest(manifest, options.language, trust_language=options.trust_language)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f"{out.name}.partial.jsonl")
    made_by = options.fingerprint()
    heard, unreadable = _hear(rows, partial, options, made_by)
    bad = sorted([*bad, *unreadable], key=lambda row: row.row)
    _write_bad_rows(bad, out.with_name(f"{out.stem}.bad_rows.csv"))
    judged = pd.DataFrame(_judge(row, [h[row.row] for h in heard], options) for row in rows
                          if row.row in heard[0])  # fmt: skip
    if len(judged):
        judged["made_by"] = short(made_by)
        WRITERS[out.suffix](judged, out)
        path_of(out).write_text(json.dumps(made_by, indent=1) + "\n")
    partial.unlink()
    if judged.empty:
        first = f"row {bad[0].row}: {bad[0].audio}: {bad[0].reason}"
        raise InputError(f"{manifest}: none of {len(bad)} rows can be scored; {first}")
    return Scores(judged, tuple(bad), made_by)


def score_clip(
    audio: Path | bytes,
    text: str,
    *,
    spoken: Sequence[str] = (),
    expected_s: float | None = None,
    options: ScoreOptions = OF_THE_STUDY,
) -> dict[str, object]:
    """Returns the verdict on one clip: the columns of `scoring.verdicts.judge_row`.

    The recognisers stay loaded for the next clip.

    Args:
        audio: a file, or its bytes: WAV, FLAC, MP3, Ogg, M4A, WebM, … at any rate.
        text: what should have been said.
        spoken: other acceptable readings.
        expected_s: seconds that the text should take; None: estimated at the pace of `options`.
        options: what listens and what judges.

    Raises:
        InputError: if the audio cannot be read, or the text has no word that can be compared.
    """
    options.check()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip" if isinstance(audio, bytes) else Path(audio).resolve()
        if isinstance(audio, bytes):
            path.write_bytes(audio)
        record = {
            "audio": str(path),
            "text": text,
            "spoken": list(spoken),
            "expected_s": expected_s,
        }
        if not options.trust_language:
            check_texts([strip_tags(text)], options.language, "the text")
        row = read_record(1, record, Path(folder), options.language)
        heard, bad = _hear([row], Path(folder) / "partial", options, options.fingerprint())
    if bad:
        raise InputError(bad[0].reason)
    name = "" if isinstance(audio, bytes) else str(audio)
    return _judge(replace(row, audio=name, id=name), [h[1] for h in heard], options)


def _hear(
    rows: Sequence[Row], partial: Path, options: ScoreOptions, made_by: dict[str, Any]
) -> tuple[list[dict[int, Heard]], list[BadRow]]:
    """What each recogniser heard by row number, and the rows whose audio cannot be read."""
    finished = read_finished(partial)
    if finished:
        print(f"{partial}: going on after {len(finished)} clips", file=sys.stderr)
    heard, bad = [], []
    for listener, known in zip(options.listeners, made_by["recognisers"], strict=True):
        by_row, bad = hear_rows(
            load_listener(listener, options.device, options.language, options.batch_size),
            rows,
            finished=finished,
            partial=partial,
            identity=f"{made_by['metric_code']} {known} {options.language} "
            f"{options.thresholds.min_speech_s}",
            min_speech_s=options.thresholds.min_speech_s,
        )
        heard.append(by_row)
    return heard, bad


def _judge(row: Row, heard: Sequence[Heard], options: ScoreOptions) -> dict[str, object]:
    return judge_row(
        row, heard[0], options.thresholds, options.pace_of_readers, language=options.language,
        recogniser=options.recogniser, second=heard[1] if len(heard) > 1 else None,
    )  # fmt: skip


def _check(manifest: Path, out: Path, options: ScoreOptions) -> None:
    options.check()
    if out.suffix not in WRITERS:
        raise InputError(f"--out {out}: verdicts are written as {' or '.join(WRITERS)}")
    if out.resolve() == manifest.resolve():
        raise InputError(f"--out {out}: that is the manifest; give another name")


def _write_bad_rows(bad: list[BadRow], path: Path) -> None:
    path.unlink(missing_ok=True)  # an earlier run's
    if bad:
        write_csv(pd.DataFrame(map(asdict, bad)), path)
