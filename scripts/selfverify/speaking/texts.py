"""What is to be spoken: a text, a file of one, or a table of several."""

import csv
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfverify.errors import InputError

TABLES = (".csv", ".jsonl")


@dataclass(frozen=True)
class Text:
    """A text and what its audio is called."""

    id: str
    text: str


def read_texts(source: str, *, several: bool) -> list[Text]:
    """Returns the texts of a command line's argument.

    Args:
        source: a text; a file's path; "-" for standard input.
        several: whether lines, or rows of a .csv or .jsonl file with the column text and perhaps
            id, are texts of their own; otherwise all of it is one text.

    Raises:
        InputError: if there is nothing to say, or the file cannot be read.
    """
    path = Path(source) if _is_file(source) else None
    if path is None and re.fullmatch(r"\S+\.(txt|csv|jsonl)", source):
        raise InputError(f"{source}: no such file")
    if path is not None and path.suffix in TABLES:
        if not several:
            raise InputError(f"{path}: is a table of texts; give a folder with -o, without suffix")
        return _checked(source, _rows(path))
    content = _content(source, path)
    lines = content.splitlines() if several else [content]
    texts = [Text(f"{i:04d}", line) for i, line in enumerate(lines, start=1) if line.strip()]
    return _checked("the text" if path is None else source, texts)


def _is_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except OSError:  # a text that is too long for a file's name
        return False


def _content(source: str, path: Path | None) -> str:
    if path is None and source != "-":
        return source
    try:
        return sys.stdin.read() if path is None else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source}: not a text in UTF-8: {error}") from None


def _rows(path: Path) -> list[Text]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix == ".csv":
                records: list[dict[str, Any]] = list(csv.DictReader(file))
            else:
                records = [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: not a {path.suffix} table: {error}") from None
    for row, record in enumerate(records, start=1):
        if not isinstance(record, dict) or not str(record.get("text") or "").strip():
            raise InputError(f"{path}: row {row}: no text; give it one in the column text")
    return [
        Text(_file_name(str(record.get("id") or f"{row:04d}")), record["text"])
        for row, record in enumerate(records, start=1)
    ]


def _file_name(text_id: str) -> str:
    return re.sub(r"[^\w.-]", "_", text_id)


def _checked(source: str, texts: list[Text]) -> list[Text]:
    if not texts:
        raise InputError(f"{source} is empty: give it at least one word")
    (text_id, times), *_ = Counter(text.id for text in texts).most_common(1)
    if times > 1:
        raise InputError(f"{source}: {times} texts have the id {text_id!r}; ids name audio files")
    return texts
