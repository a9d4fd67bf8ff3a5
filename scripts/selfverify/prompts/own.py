"""Prompts of one's own: a table of texts in English, each a prompt.

Column `text`. Optional: `id`; `category`, for the figures and tables that tell kinds of prompts
apart; `spoken`, acceptable readings beside the text, as of a manifest that is scored (a list, in
.csv separated by "|"). Others are ignored.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from selfverify.audio.pace import Pace
from selfverify.errors import InputError
from selfverify.languages.base import BRACKETS
from selfverify.languages.english import English
from selfverify.metric.normalisation import strip_tags
from selfverify.speaking.text import tidy
from selfverify.storage.records import Utterance
from selfverify.storage.text_tables import TABLES, read_rows

CATEGORY = "own"  # of a text without one
_ID = re.compile(r"[\w.-]{1,100}")
_CATEGORY = re.compile(r"(?!(?:na|nan|null|none)$)[a-z][\w -]*", re.IGNORECASE)
_AROUND_WORDS = "\"'«»()*_,;:!?-"  # what is neither said nor part of a word, at its ends


def own_prompts(path: Path, prompt_set: str, *, num_utterances: int, pace: Pace) -> list[Utterance]:
    """Returns the first prompts of a table.

    Args:
        path: of the table, .csv or .jsonl.
        prompt_set: that they are of.
        num_utterances: how many.
        pace: of the voice that is expected to say them.

    Raises:
        InputError: if the table cannot be read or has fewer, or a row has no text that can be
            compared with what is heard, or the id or text of another; names the row.
    """
    if path.suffix.lower() not in TABLES:
        raise InputError(f"{path}: save the table as {' or '.join(TABLES)} with the column text")
    rows = read_rows(path)
    if len(rows) < num_utterances:
        raise InputError(f"{path}: {len(rows)} texts, and num_utterances is {num_utterances}")
    prompts = []
    for place, record in rows[:num_utterances]:
        try:
            prompts.append(_utterance(place, record, prompt_set, pace))
        except InputError as error:
            raise InputError(f"{path}: row {int(place)}: {error}") from None
    _check_once(path, "id", [prompt.utterance_id for prompt in prompts])
    _check_once(path, "text", [prompt.text for prompt in prompts])
    return prompts


def _check_once(path: Path, what: str, values: Sequence[str]) -> None:
    (value, times), *_ = Counter(values).most_common(1)
    if times > 1:
        raise InputError(f"{path}: {times} rows have the {what} {value!r}; keep one of them")


def _utterance(place: str, record: Any, prompt_set: str, pace: Pace) -> Utterance:
    if not isinstance(record, dict):
        raise InputError("not an object with the key text")
    text = _cell(record.get("text"))
    if not text:
        columns = ", ".join(str(name) for name in record)
        raise InputError(f"no text; give it one in the column text; there are: {columns}")
    said = _comparable(_without_tags(text))
    readings = [_words(said), said, *_readings(record.get("spoken"))]
    return Utterance(
        utterance_id=f"{prompt_set}-{_checked('id', _cell(record.get('id')) or place, _ID)}",
        text=text,
        spoken=tuple(dict.fromkeys(readings)),
        category=_checked("category", _cell(record.get("category")) or CATEGORY, _CATEGORY),
        split=prompt_set,
        num_words=len(readings[0].split()),
        expected_s=round(English().expected_seconds(said, pace), 3),
    )


def _cell(value: object) -> str:
    """A cell as text, tidied as `speak` does, with single spaces; empty where it is missing."""
    if isinstance(value, dict | list):
        raise InputError(f"a cell is a {type(value).__name__}; write a text")
    is_missing = value is None or value != value  # tables have NaN where there is no string
    text = "" if is_missing else " ".join(tidy(str(value)).split())
    if text.encode("utf-8", "replace").decode() != text:  # half a character
        raise InputError(f"{text!a} is no valid Unicode; save the table as UTF-8")
    return text


def _checked(what: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        kinds = "letters, digits, '.', '_' and '-'" if what == "id" else "words, such as question"
        raise InputError(f"the {what} {value!r} is to be of {kinds}")
    return value


def _readings(given: object) -> list[str]:
    cells = given if isinstance(given, list) else _cell(given).split("|")
    return [_comparable(_without_tags(cell)) for cell in map(_cell, cells) if cell]


def _without_tags(text: str) -> str:
    return " ".join(strip_tags(text).translate(BRACKETS).split())


def _words(text: str) -> str:
    """A text without the signs around its words: what their properties are measured on."""
    words = (word.strip(_AROUND_WORDS) for word in text.split())
    return " ".join(w if "." in w.rstrip(".") else w.rstrip(".") for w in words if w.strip("."))


def _comparable(reading: str) -> str:
    if not English().normalise(reading):
        raise InputError(f"{reading!r} has no word that can be compared with what is heard")
    return reading
