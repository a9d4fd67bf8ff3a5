"""A table of audio files and texts, by anyone's synthesiser: CSV, Parquet or JSON Lines.

Columns: `audio`, a path relative to the table, and `text`. Optional: `spoken`, acceptable readings
beside the text (a list; in CSV separated by "|"); `expected_s`, how long the text should take, or
`reference_audio`, a recording that takes as long; `id`; `system`. Others are ignored. A folder is
read too (`scoring.folders`).
"""

import csv
import itertools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import soundfile as sf

from selfverify.errors import InputError
from selfverify.languages import load_language
from selfverify.languages.identification import check_texts, other_language
from selfverify.metric.normalisation import strip_tags
from selfverify.scoring.datasets_on_disk import PLACE
from selfverify.scoring.folders import PROBLEM, read_folder

NEEDED = ("audio", "text")


@dataclass(frozen=True)
class Row:
    """One clip to be scored."""

    row: int  # counted from 1, a header left out
    id: str  # the audio's path where the table has none
    system: str  # empty where the table has none
    audio: str  # as the table has it
    path: Path
    text: str
    readings: tuple[str, ...]  # acceptable ones, each with a word that can be compared
    expected_s: float | None  # None where the table does not say
    expected_from: str  # expected_s, reference_audio or text


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be scored: no failure of the system, in no denominator."""

    row: int
    audio: str
    reason: str


def read_manifest(
    path: Path, language: str = "en", *, trust_language: bool = True
) -> tuple[list[Row], list[BadRow]]:
    """Returns the rows that can be scored so far as the table or folder tells, and the others.

    Args:
        path: of a table or a folder.
        language: of the texts.
        trust_language: whether that is believed, whatever the texts look like.

    Raises:
        InputError: if the table cannot be read, has no row, lacks a column that is needed, or its
            texts look like another language.
    """
    folder = path if path.is_dir() else path.parent
    records = _read(path)
    columns = [k for k in dict.fromkeys(itertools.chain(*records)) if k not in (PROBLEM, PLACE)]
    for name in NEEDED:
        if name not in columns:
            raise InputError(f"{path}: no column {name!r}{_hint(name, columns)}")
    if not trust_language:
        texts = (strip_tags(str(record.get("text") or "")) for record in records)
        check_texts(texts, language, str(path))
    rows, bad = [], []
    for number, record in enumerate(records, start=1):
        try:
            row = read_record(number, record, folder, language)
            if not trust_language:
                _check_language(row.text, language)
            rows.append(row)
        except InputError as error:
            bad.append(BadRow(number, str(record.get("audio") or ""), str(error)))
    return rows, bad


def _check_language(text: str, language: str) -> None:
    if found := other_language(strip_tags(text), language):
        raise InputError(f"the text looks like {found!r}, not {language!r}; score it by itself")


def _read(path: Path) -> list[dict[str, Any]]:
    """The table's rows as they are."""
    if path.is_dir():
        if records := read_folder(path):
            return records
        raise InputError(f"{path}: no audio in it")
    if path.suffix not in READERS:
        raise InputError(f"{path}: a manifest is a folder or a table of kind {', '.join(READERS)}")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        records = READERS[path.suffix](path)
    except (OSError, ValueError, csv.Error) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: not a {path.suffix} table in UTF-8: {reason}") from None
    if not records:
        raise InputError(f"{path}: no rows")
    return records


def _read_csv(path: Path) -> list[dict[str, Any]]:
    """Rows by header. A line whose quotes are wrong is one bad row; the next line starts anew."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = file.readlines()
    header: list[str] = []
    records: list[dict[str, Any]] = []
    start = 0
    while start < len(lines):
        reader = csv.reader(itertools.islice(lines, start, None), strict=True)
        try:
            cells = next(reader)
            start += reader.line_num
        except csv.Error:
            if not header:
                raise
            start += 1
            records.append({PROBLEM: "a quote is not closed, or text follows a closed one"})
            continue
        if header and cells:
            records.append(_by_name(header, cells))
        header = header or cells
    return records


def _by_name(header: list[str], cells: list[str]) -> dict[str, Any]:
    record: dict[str, Any] = dict(itertools.zip_longest(header, cells[: len(header)]))
    if len(cells) > len(header):
        record[PROBLEM] = "more cells than the header has; quote a text with commas"
    return record


def _read_json_lines(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8-sig").split("\n")  # U+2028 ends no line
    return [_object(line) for line in lines if line.strip()]


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError:
        value = None
    return value if isinstance(value, dict) else {PROBLEM: "not a JSON object"}


READERS: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_json_lines,
    ".parquet": lambda path: pq.read_table(path).to_pylist(),
}


def _hint(name: str, columns: list[str]) -> str:
    """What columns there are, and which of them may be meant."""
    near = get_close_matches(name, columns, n=1, cutoff=0.5)
    return f"; there are: {', '.join(columns)}" + (f"; did you mean {near[0]!r}?" if near else "")


def read_record(number: int, record: dict[str, Any], folder: Path, language: str = "en") -> Row:
    """Returns a row of a table, its columns by name; its text is in `language`.

    Raises:
        InputError: if it cannot be scored.
    """
    if problem := record.get(PROBLEM):
        raise InputError(problem)
    audio, text = (_string(record, name) for name in NEEDED)
    for name, value in zip(NEEDED, (audio, text), strict=True):
        if not value:
            raise InputError(f"no {name}")
    path = record.get(PLACE, folder / audio)
    if not path.is_file():
        raise InputError("no such file")
    spoken = map(strip_tags, (*_spoken(record), text))
    normalise = load_language(language).normalise
    readings = tuple(reading.strip() for reading in spoken if normalise(reading))
    if not readings:
        raise InputError(f"the text {text!r} has no word that can be compared")
    expected_s, source = _expected(record, folder)
    return Row(
        row=number,
        id=_string(record, "id") or audio,
        system=_string(record, "system"),
        audio=audio,
        path=path,
        text=text,
        readings=readings,
        expected_s=expected_s,
        expected_from=source,
    )


def _string(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if isinstance(value, dict | list):
        raise InputError(f"{name} is {type(value).__name__}, not a string")
    is_missing = value is None or value != value  # tables have NaN where there is no string
    return "" if is_missing else str(value).strip()


def _spoken(record: dict[str, Any]) -> list[str]:
    value = record.get("spoken")
    readings = value if isinstance(value, list) else str(value or "").split("|")
    return [str(reading).strip() for reading in readings if reading]


def _expected(record: dict[str, Any], folder: Path) -> tuple[float | None, str]:
    """Seconds that the text should take, None if the row does not say, and who says so."""
    for name, read in (("expected_s", float), ("reference_audio", lambda p: _seconds(folder / p))):
        if given := _string(record, name):
            try:
                expected_s = read(given)
            except (ValueError, sf.LibsndfileError):
                expected_s = math.nan
            if not 0.0 < expected_s < math.inf:
                raise InputError(f"{name} {given!r} gives no number of seconds above 0")
            return expected_s, name
    return None, "text"


def _seconds(audio: Path) -> float:
    return sf.info(audio).duration
