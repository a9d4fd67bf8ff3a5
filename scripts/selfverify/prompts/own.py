"""Prompts of one's own: a table of texts, each a prompt.

Column `text`. Optional: `id`; `category`, for the figures and tables that tell kinds of prompts
apart; `spoken`, acceptable readings beside the text, as of a manifest that is scored (a list, in
.csv separated by "|"). Others are ignored.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selfverify.audio.pace import Pace
from selfverify.errors import InputError
from selfverify.languages import load_language
from selfverify.languages.base import BRACKETS, Language
from selfverify.metric.normalisation import strip_tags
from selfverify.storage.records import Utterance
from selfverify.storage.text_tables import TABLES, read_rows

CATEGORY = "own"  # of a text without one
_ID = re.compile(r"[\w.-]{1,100}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def own_prompts(
    path: Path, prompt_set: str, *, num_utterances: int, language: str, pace: Pace | None
) -> list[Utterance]:
    """Returns the first prompts of a table.

    Args:
        path: of the table, .csv or .jsonl.
        prompt_set: that they are of.
        num_utterances: how many.
        language: code of theirs.
        pace: of the voice that is expected to say them; None is that of the language's readers.

    Raises:
        InputError: if the table cannot be read or has fewer, or a row has no text that can be
            compared with what is heard, or the id or text of another; names the row.
    """
    if path.suffix.lower() not in TABLES:
        raise InputError(f"{path}: save the table as {' or '.join(TABLES)} with the column text")
    rows = read_rows(path)
    if len(rows) < num_utterances:
        raise InputError(f"{path}: {len(rows)} texts, and num_utterances is {num_utterances}")
    spoken = load_language(language)
    prompts = []
    for place, record in rows[:num_utterances]:
        try:
            prompts.append(_utterance(place, record, prompt_set, spoken, pace or spoken.pace))
        except InputError as error:
            raise InputError(f"{path}: row {int(place)}: {error}") from None
    for what, values in (
        ("id", [prompt.utterance_id for prompt in prompts]),
        ("text", [prompt.text for prompt in prompts]),
    ):
        for value in _repeated(values):
            raise InputError(f"{path}: two rows have the {what} {value!r}; remove one of the two")
    return prompts


def _repeated(values: list[str]) -> Iterator[str]:
    yield from (value for place, value in enumerate(values) if value in values[:place])


def _utterance(
    place: str, record: Any, prompt_set: str, language: Language, pace: Pace
) -> Utterance:
    text = _cell(record, "text")
    if not text:
        raise InputError("no text; give it one in the column text")
    utterance_id = _cell(record, "id") or f"{prompt_set}-{place}"
    if not _ID.fullmatch(utterance_id):
        raise InputError(f"the id {utterance_id!r} is to be of letters, digits, '.', '_' and '-'")
    said = " ".join(strip_tags(text).translate(BRACKETS).split())
    readings = (*_readings(record), _in_words(said, language), said)
    for reading in readings:
        if not language.normalise(reading):
            raise InputError(f"{reading!r} has no word that can be compared with what is heard")
    return Utterance(
        utterance_id=utterance_id,
        text=text,
        spoken=tuple(dict.fromkeys(readings)),
        category=_cell(record, "category") or CATEGORY,
        split=prompt_set,
        num_words=len(readings[0].split()),
        expected_s=round(language.expected_seconds(readings[0], pace), 3),
    )


def _cell(record: Any, name: str) -> str:
    """A cell as text, empty where it is missing."""
    value = record.get(name) if isinstance(record, dict) else None
    if isinstance(value, dict | list):
        raise InputError(f"{name} is a {type(value).__name__}; write a text")
    return "" if value is None else " ".join(str(value).split())


def _readings(record: Any) -> tuple[str, ...]:
    given = record.get("spoken") if isinstance(record, dict) else None
    cells = given if isinstance(given, list) else _cell(record, "spoken").split("|")
    return tuple(" ".join(str(cell).split()) for cell in cells if str(cell).strip())


def _in_words(text: str, language: Language) -> str:
    """The likeliest reading without signs: what the properties of prompts are measured on."""
    likeliest = "".join(part[0] for part in language.read_parts(text))
    return " ".join(_WORD.findall(likeliest)).replace("’", "'") or text
