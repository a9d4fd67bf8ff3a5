"""Tables of texts that people bring: .csv or .jsonl in UTF-8, a row a text."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from selfverify.errors import InputError

_MAX_CELL = 2**31 - 1  # characters; csv's own limit is below a long chapter


def read_rows(path: Path) -> list[tuple[str, Any]]:
    """Returns the rows of a table, each with its number; of .jsonl that of its line.

    Args:
        path: of a kind in `TABLES`.

    Raises:
        InputError: if it cannot be read; names the row where that is known.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(TABLES[path.suffix.lower()](file))
    except InputError:
        raise
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: not a {path.suffix} table: {error}") from None


def _csv_records(file: TextIO) -> Iterator[tuple[str, Any]]:
    csv.field_size_limit(_MAX_CELL)
    for row, record in enumerate(csv.DictReader(file, strict=True), start=1):
        if None in record:
            raise InputError(
                f"{file.name}: row {row}: more cells than the header has; quote a text with commas"
            )
        yield f"{row:04d}", record


def _json_records(file: TextIO) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            yield f"{number:04d}", json.loads(line)
        except ValueError as error:
            raise InputError(f"{file.name}: line {number}: no JSON: {error}") from None


TABLES: dict[str, Callable[[TextIO], Iterator[tuple[str, Any]]]] = {
    ".csv": _csv_records,
    ".jsonl": _json_records,
}
