"""A row of a manifest: a clip to be scored, or why it cannot be."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfverify.errors import InputError
from selfverify.languages import load_language
from selfverify.metric.normalisation import strip_tags
from selfverify.scoring.datasets_on_disk import PLACES
from selfverify.scoring.folders import PROBLEM
from selfverify.scoring.opening import measure_seconds

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
    path = _place(record, "audio", folder)
    _check_file(path)
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


def printable(value: object) -> str:
    r"""Returns a text that any file can hold: half a character, as of a file name, as \udcff."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def _string(record: dict[str, Any], name: str) -> str:
    return _text(record.get(name), name).strip()


def _text(value: object, name: str) -> str:
    """A cell as text, empty where it is missing."""
    if isinstance(value, dict | list):
        raise InputError(f"{name} is {type(value).__name__}, not a string")
    is_missing = value is None or value != value  # tables have NaN where there is no string
    text = "" if is_missing else str(value)
    if printable(text) != text:
        cure = "rename the file" if name.endswith("audio") else "write it again"
        raise InputError(f"{name} {text!r} is not UTF-8; {cure}")
    return text


def _spoken(record: dict[str, Any]) -> list[str]:
    value = record.get("spoken")
    cells = value if isinstance(value, list) else _text(value, "spoken").split("|")
    readings = (_text(cell, "spoken").strip() for cell in cells)
    return [reading for reading in readings if reading]


def _place(record: dict[str, Any], name: str, folder: Path) -> Path:
    return record.get(PLACES, {}).get(name) or folder / _string(record, name)


def _check_file(path: Path) -> None:
    try:
        is_file = path.is_file()
    except OSError as error:  # a name too long, or a folder that may not be searched
        raise InputError(f"cannot be read: {error.strerror}") from None
    if not is_file:
        raise InputError("no such file")


def _expected(record: dict[str, Any], folder: Path) -> tuple[float | None, str]:
    """Seconds that the text should take, None if the row does not say, and who says so."""
    for name in ("expected_s", "reference_audio"):
        if given := _string(record, name):
            place = _place(record, name, folder)
            expected_s, reason = _number(given) if name == "expected_s" else _seconds(place)
            if not 0.0 < expected_s < math.inf:
                raise InputError(f"{name} {given!r} gives no number of seconds above 0{reason}")
            return expected_s, name
    return None, "text"


def _number(given: str) -> tuple[float, str]:
    try:
        return float(given), ""
    except ValueError:
        return math.nan, ""


def _seconds(audio: Path) -> tuple[float, str]:
    """How long a file is; or NaN, and why it is not known."""
    try:
        _check_file(audio)
        return measure_seconds(audio), ""
    except OSError as error:
        return math.nan, f": {error.strerror}"
    except InputError as error:
        return math.nan, f": {error}"
