"""A table of audio files and texts, by anyone's synthesiser: CSV, Parquet or JSON Lines.

Columns: `audio`, a path relative to the table, and `text`. Optional: `spoken`, acceptable readings
beside the text (a list; in CSV separated by "|"); `expected_s`, how long the text should take, or
`reference_audio`, a recording that takes as long; `id`; `system`. Others are ignored. A folder is
read too (`scoring.folders`).
"""

import csv
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from selfverify.errors import InputError
from selfverify.languages.identification import check_texts, other_language
from selfverify.metric.normalisation import strip_tags
from selfverify.scoring.datasets_on_disk import PLACES
from selfverify.scoring.folders import PROBLEM, read_folder
from selfverify.scoring.rows import NEEDED, BadRow, Row, printable, read_record


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
    columns = [k for k in dict.fromkeys(itertools.chain(*records)) if k not in (PROBLEM, PLACES)]
    for name in NEEDED:
        if name not in columns:
            raise InputError(f"{path}: no column {name!r}{_hint(name, columns)}")
    if not trust_language:
        texts = (strip_tags(printable(record.get("text") or "")) for record in records)
        check_texts(texts, language, str(path))
    rows, bad = [], []
    for number, record in enumerate(records, start=1):
        try:
            row = read_record(number, record, folder, language)
            if not trust_language:
                _check_language(row.text, language)
            rows.append(row)
        except InputError as error:
            audio = printable(record.get("audio") or "")
            bad.append(BadRow(number, audio, printable(error)))
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
        try:
            for cells, end in _cells(lines, start):
                if header and cells:
                    records.append(_by_name(header, cells))
                header = header or _checked(cells)
                start = end
        except csv.Error:
            if not header:
                raise
            start += 1
            records.append({PROBLEM: "a quote is not closed, or text follows a closed one"})
    return records


def _cells(lines: list[str], start: int) -> Iterator[tuple[list[str], int]]:
    """The rows from a line on, each with the line after it."""
    reader = csv.reader((lines[i] for i in range(start, len(lines))), strict=True)
    for cells in reader:
        yield cells, start + reader.line_num


def _checked(header: list[str]) -> list[str]:
    if doubled := [name for name, count in Counter(header).items() if name and count > 1]:
        raise ValueError(f"two columns are named {doubled[0]!r}")
    return header


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
