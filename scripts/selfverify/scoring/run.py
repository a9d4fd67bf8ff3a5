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
from selfverify.scoring.datasets_on_disk import PLACES
from selfverify.scoring.fingerprint import path_of, short
from selfverify.scoring.hearing import Heard, hear_rows, read_finished
from selfverify.scoring.listening import load_listener
from selfverify.scoring.manifest import read_manifest
from selfverify.scoring.options import OF_THE_STUDY, ScoreOptions
from selfverify.scoring.outputs import held, writing
from selfverify.scoring.rows import BadRow, Row, printable, read_record
from selfverify.scoring.verdicts import judge_row, summarise
from selfverify.storage.files import write_text
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


class NothingScored(InputError):
    """No row could be scored; `bad_rows` say why."""

    def __init__(self, manifest: Path, bad_rows: tuple[BadRow, ...]) -> None:
        first = f"row {bad_rows[0].row}: {bad_rows[0].audio}: {bad_rows[0].reason}"
        super().__init__(f"{manifest}: none of {len(bad_rows)} rows can be scored; {first}")
        self.bad_rows = bad_rows


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
        InputError: if an option or the manifest makes no sense, `out` cannot be written or another
            run is writing it; `NothingScored` if no row could be scored.
    """
    if out is None:
        with TemporaryDirectory() as folder:
            return score_manifest(manifest, Path(folder) / "verdicts.parquet", options)
    _check(manifest, out, options)
    rows, bad = read_manifest(manifest, options.language, trust_language=options.trust_language)
    partial = _partial(out)
    with held(partial, out):
        made_by = options.fingerprint()
        heard, unreadable = _hear(rows, partial, options, made_by)
        bad = sorted([*bad, *unreadable], key=lambda row: row.row)
        column = {"made_by": short(made_by)}
        judged = [_judge(row, [h[row.row] for h in heard], options) | column
                  for row in rows if row.row in heard[0]]  # fmt: skip
        scores = Scores(pd.DataFrame(judged), tuple(bad), made_by)
        with writing(out):
            _write(scores, out)
            partial.unlink(missing_ok=True)
    if scores.verdicts.empty:
        raise NothingScored(manifest, scores.bad_rows)
    return scores


def score_clip(
    audio: Path | bytes,
    text: str,
    *,
    spoken: Sequence[str] | str = (),
    expected_s: float | None = None,
    options: ScoreOptions = OF_THE_STUDY,
) -> dict[str, object]:
    """Returns the verdict on one clip: the columns of `scoring.verdicts.judge_row`.

    The recognisers stay loaded for the next clip.

    Args:
        audio: a file, or its bytes: WAV, FLAC, MP3, Ogg, M4A, WebM, … at any rate.
        text: what should have been said.
        spoken: other acceptable readings, or one.
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
            "audio": "clip",
            PLACES: {"audio": path},
            "text": text,
            "spoken": [spoken] if isinstance(spoken, str) else list(spoken),
            "expected_s": expected_s,
        }
        if not options.trust_language:
            check_texts([strip_tags(printable(text))], options.language, "the text")
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
            identity=f"{made_by['metric_code']} {known} {options.language} {options.device} "
            f"{options.thresholds.min_speech_s} {made_by['versions']}",
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
    for path in (out, _partial(out), _bad_rows(out), path_of(out)):
        if path.resolve() == manifest.resolve():
            raise InputError(f"--out {out}: {manifest} would be overwritten; give another name")
    with writing(out):
        if out.is_dir():
            raise InputError(f"--out {out}: that is a folder; name a file in it")


def _partial(out: Path) -> Path:
    return out.with_name(f"{out.name}.partial.jsonl")


def _bad_rows(out: Path) -> Path:
    return out.with_name(f"{out.stem}.bad_rows.csv")


def _write(scores: Scores, out: Path) -> None:
    """Writes all but the reports; what is there of an earlier run would pass for this one's."""
    bad_rows = _bad_rows(out)
    bad_rows.unlink(missing_ok=True)
    if scores.bad_rows:
        write_csv(pd.DataFrame(map(asdict, scores.bad_rows)), bad_rows)
    if scores.verdicts.empty:
        out.unlink(missing_ok=True)
        path_of(out).unlink(missing_ok=True)
        return
    WRITERS[out.suffix](scores.verdicts, out)
    write_text(path_of(out), json.dumps(scores.made_by, indent=1) + "\n")
