"""The command `selfverify score` behind its arguments: manifest in, verdicts and summary out."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from selfverify.asr import load_recogniser
from selfverify.asr.base import Recogniser
from selfverify.audio.pace import Pace
from selfverify.errors import InputError
from selfverify.metric.taxonomy import Thresholds
from selfverify.scoring.hearing import hear_rows, read_finished
from selfverify.scoring.manifest import BadRow, read_manifest
from selfverify.scoring.verdicts import judge_row, summarise
from selfverify.storage.tables import write_csv, write_table
from selfverify.workflow.params import check_params

WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": write_csv,
    ".parquet": write_table,
}


def score_manifest(
    manifest: Path,
    out: Path,
    *,
    recogniser: str,
    model: str,
    device: str,
    language: str,
    batch_size: int,
    thresholds: Thresholds,
    pace: Pace,
) -> str:
    """Writes `out`, and beside it STEM.bad_rows.csv if there are any; returns the summary.

    The arguments are those of `scoring.command.score`.

    Raises:
        InputError: if an argument or the manifest makes no sense, or no row could be scored.
    """
    _check(manifest, out, batch_size)
    rows, bad = read_manifest(manifest)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f"{out.name}.partial.jsonl")
    finished = read_finished(partial)
    if finished:
        print(f"{partial}: going on after {len(finished)} clips", file=sys.stderr)
    heard, unreadable = hear_rows(
        _load(recogniser, model, device=device, language=language, batch_size=batch_size),
        rows,
        finished=finished,
        partial=partial,
        identity=f"{recogniser} {model} {language} {thresholds.min_speech_s}",
        min_speech_s=thresholds.min_speech_s,
    )
    bad = sorted([*bad, *unreadable], key=lambda row: row.row)
    _write_bad_rows(bad, out.with_name(f"{out.stem}.bad_rows.csv"))
    judged = [judge_row(r, heard[r.row], thresholds, pace) for r in rows if r.row in heard]
    if judged:
        WRITERS[out.suffix](pd.DataFrame(judged), out)
    partial.unlink()
    if not judged:
        first = f"row {bad[0].row}: {bad[0].audio}: {bad[0].reason}"
        raise InputError(f"{manifest}: none of {len(bad)} rows can be scored; {first}")
    return f"{summarise(pd.DataFrame(judged), bad)}\nverdicts: {out}"


def _check(manifest: Path, out: Path, batch_size: int) -> None:
    if out.suffix not in WRITERS:
        raise InputError(f"--out {out}: verdicts are written as {' or '.join(WRITERS)}")
    if out.resolve() == manifest.resolve():
        raise InputError(f"--out {out}: that is the manifest; give another name")
    if batch_size < 1:
        raise InputError(f"--batch-size {batch_size}: at least 1")


def read_metric(params: Path) -> tuple[Thresholds, str]:
    """Returns thresholds and language of a study's `params.yaml`.

    Raises:
        InputError: if the file cannot be read, or its parameters make no sense.
    """
    try:
        values = yaml.safe_load(params.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"{params}: {str(error).splitlines()[0]}") from None
    check_params(values, str(params))
    metric = dict(values["metric"])
    return Thresholds(**{k: v for k, v in metric.items() if k != "language"}), metric["language"]


def _load(adapter: str, model: str, **options: Any) -> Recogniser:
    """The recogniser; what its package has against the model or the device, in one line."""
    try:
        return load_recogniser(adapter, model, **options)
    except InputError:
        raise
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"--recogniser {adapter} --model {model}: {reason}") from error


def _write_bad_rows(bad: list[BadRow], path: Path) -> None:
    path.unlink(missing_ok=True)  # an earlier run's
    if bad:
        write_csv(pd.DataFrame(map(asdict, bad)), path)
