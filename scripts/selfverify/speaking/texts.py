"""What is to be spoken: a text, a file of one, or a table of several."""

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfverify.errors import InputError
from selfverify.storage.text_tables import TABLES, read_rows

# What is meant as a file: a path without spaces, or anything that ends as files of text do.
_PATH = re.compile(r"(?:~|\.{0,2})/\S+|.*\.(?:txt|csv|tsv|jsonl|json|md)", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")  # what bytes that are no UTF-8 become
_MAX_NAME = 200  # bytes of an id, so that suffixes fit into the 255 of a file's name


@dataclass(frozen=True)
class Text:
    """A text and its id, which is a part of the seeds."""

    id: str
    text: str

    @property
    def file_name(self) -> str:
        """What its audio is called, without suffix: the id with _ for what may not be in a name."""
        return re.sub(r"[^\w.-]", "_", self.id)


def read_texts(source: str, *, several: bool) -> list[Text]:
    """Returns the texts of a command line's argument.

    Args:
        source: a text; a file's path; "-" for standard input.
        several: whether lines, or rows of a .csv or .jsonl file with the column text and perhaps
            id, are texts of their own; otherwise all of it is one text.

    Raises:
        InputError: if there is nothing to say, or the file cannot be read.
    """
    path = _path(source)
    if path is not None and path.suffix.lower() in TABLES:
        if not several:
            raise InputError(f"{path}: is a table of texts; give a folder with -o, without suffix")
        return _checked(source, [_text(path, *row) for row in read_rows(path)])
    content = re.sub(r"\r\n?", "\n", _content(source, path))
    lines = content.split("\n") if several else [content]
    texts = [Text(f"{i:04d}", line) for i, line in enumerate(lines, start=1) if line.strip()]
    return _checked("the text" if path is None else source, texts)


def _path(source: str) -> Path | None:
    """The file that is meant, None for a text or standard input."""
    if (
        source == "-" or len(source) > 4096 or "\n" in source or "\0" in source
    ):  # longer than any path
        return None
    path = Path(source)
    try:
        if source and path.is_dir():
            raise InputError(f"{source}: is a folder; name a file in it, or give the word to -")
        is_file = path.is_file()
    except OSError as error:
        if _PATH.fullmatch(source):
            raise InputError(f"{source[:80]}: cannot be read: {error.strerror}") from None
        return None  # a text that is too long for a file's name
    if not is_file and _PATH.fullmatch(source):
        raise InputError(f"{source}: no such file; to have the words spoken, give them to -")
    if is_file and path.suffix.lower() in (".tsv", ".json", ".parquet", ".xlsx"):
        raise InputError(f"{source}: save the table as .csv or .jsonl with the column text")
    return path if is_file else None


def _content(source: str, path: Path | None) -> str:
    if path is None and source != "-":
        return source
    try:
        read = sys.stdin.buffer.read() if path is None else path.read_bytes()
        return read.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source}: not a text in UTF-8: {error}") from None


def _text(path: Path, place: str, record: Any) -> Text:
    text = record.get("text") if isinstance(record, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{path}: row {int(place)}: no text; give it one in the column text")
    given = record.get("id")
    return Text(place if given in (None, "") else str(given), text)


def _checked(source: str, texts: list[Text]) -> list[Text]:
    if not texts:
        raise InputError(f"{source} is empty: give it at least one word")
    for text in texts:
        if _SURROGATE.search(text.text + text.id):
            raise InputError(f"{source}: text {text.id!a} is no valid Unicode; save it as UTF-8")
        if len(text.file_name.encode()) > _MAX_NAME:
            raise InputError(f"{source}: the id {text.id[:20]}… names the audio file; shorten it")
    (name, times), *_ = Counter(text.file_name for text in texts).most_common(1)
    if times > 1:
        raise InputError(f"{source}: {times} texts have the id {name!r}; ids name audio files")
    return texts
