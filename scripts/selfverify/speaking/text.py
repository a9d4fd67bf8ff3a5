"""Text for systems that were trained on sentences: tidied, and split where a reader would breathe.

Nothing is lost and nothing doubled: the segments, joined by single spaces, are the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from selfverify.audio.pace import Pace, expected_seconds
from selfverify.errors import InputError
from selfverify.languages.base import BRACKETS
from selfverify.metric.normalisation import normalise, strip_tags


class Pause(StrEnum):
    """What stands after a segment."""

    PARAGRAPH = "paragraph"
    SENTENCE = "sentence"
    CLAUSE = "clause"
    NONE = "none"  # cut between words, for want of a better place


@dataclass(frozen=True)
class TextSegment:
    """What is spoken at once."""

    text: str
    pause: Pause


# Typographic signs for which small tokenizers have the plain one alone.
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...",
                        "\u00a0": " ", "\u202f": " ", "\u00ad": "", "\u200b": "",
                        "\ufeff": ""})  # fmt: skip
_TITLES = r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|Jr|Sr|vs|etc|e\.g|i\.e|a\.m|p\.m)\."
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=\S)")
_NO_END = re.compile(rf"(?:{_TITLES}|\b[A-Z]\.)$")
_NUMBER_SIGN = re.compile(r"\b[Nn]o\.$")  # before a digit: elsewhere it is a word at an end
_CONJUNCTIONS = "and|or|but|because|which|while|when|that"
# Tags for the voice are not cut: half of one is a word to be said. Long ones are no tags.
_TAG = re.compile(r"<[^<>]{1,200}>|\[\w+(?: \w+){1,2}\]")
_GLUE = "\ue000"  # for a space in a tag; of the private use area, so in no text
# Where a sentence that is too long is cut, the best places first.
_CUTS = (
    (re.compile(r"(?<=[;:])\s+"), Pause.CLAUSE),
    (re.compile(r"(?<=,)\s+"), Pause.CLAUSE),
    (re.compile(rf"\s+(?=(?:{_CONJUNCTIONS})\b)", re.IGNORECASE), Pause.CLAUSE),
    (re.compile(r"\s+"), Pause.NONE),
)


def tidy(text: str) -> str:
    """Returns a text with plain quotes, dashes and dots for typographic ones, its letters whole."""
    return unicodedata.normalize("NFC", text.translate(_PLAIN))


def split_text(text: str, *, max_s: float, pace: Pace) -> list[TextSegment]:
    """Returns segments that take at most `max_s`, cut at sentences, else clauses, else words.

    A single word is never cut.

    Args:
        text: one or more paragraphs, with an empty line between two.
        max_s: longest segment, by what its text is expected to take.
        pace: of the voice.

    Raises:
        InputError: if the text has nothing to say.
    """
    segments: list[TextSegment] = []
    for paragraph in re.split(r"\n\s*\n", tidy(text)):
        glued = _TAG.sub(lambda tag: tag[0].replace(" ", _GLUE), " ".join(paragraph.split()))
        sentences = list(_sentences(glued))
        for number, sentence in enumerate(sentences):
            is_last = number == len(sentences) - 1
            after = Pause.PARAGRAPH if is_last else Pause.SENTENCE
            segments += _within(sentence, max_s, pace, after)
    if not segments:
        raise InputError("the text is empty: give it at least one word")
    if not any(_has_word(segment.text) for segment in segments):
        raise InputError("the text has no word that can be heard: give it at least one")
    return _with_words(segments)


def _sentences(paragraph: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(paragraph):
        sentence = paragraph[start : end.end()].strip()
        is_number = _NUMBER_SIGN.search(sentence) and paragraph[end.end()].isdigit()
        if not (is_number or _NO_END.search(sentence)):
            yield sentence
            start = end.end()
    if paragraph[start:].strip():
        yield paragraph[start:].strip()


def _within(sentence: str, max_s: float, pace: Pace, after: Pause) -> list[TextSegment]:
    """A sentence as segments that are short enough."""
    pieces = [(sentence, after)]
    for pattern, pause in _CUTS:
        pieces = [
            part
            for piece, last in pieces
            for part in (
                [(piece, last)]
                if expected_seconds(piece, pace) <= max_s
                else _packed(pattern.split(piece), max_s, pace, pause, last)
            )
        ]
    return [TextSegment(piece.replace(_GLUE, " "), pause) for piece, pause in pieces]


def _packed(
    parts: list[str], max_s: float, pace: Pace, pause: Pause, last: Pause
) -> list[tuple[str, Pause]]:
    """Neighbouring parts put together as far as they are short enough."""
    packed = [parts[0]]
    for part in parts[1:]:
        joined = f"{packed[-1]} {part}"
        if expected_seconds(joined, pace) <= max_s:
            packed[-1] = joined
        else:
            packed.append(part)
    return [(p, pause) for p in packed[:-1]] + [(packed[-1], last)]


def _with_words(segments: list[TextSegment]) -> list[TextSegment]:
    """The same with no segment of signs or tags alone, which go to the one before or after."""
    kept: list[TextSegment] = []
    waiting = ""
    for segment in segments:
        text = f"{waiting} {segment.text}".strip()
        waiting = ""
        if _has_word(segment.text):
            kept.append(TextSegment(text, segment.pause))
        elif kept:
            kept[-1] = TextSegment(f"{kept[-1].text} {text}", segment.pause)
        else:
            waiting = text
    return kept


def _has_word(text: str) -> bool:
    """Whether something of it can be said and compared with what was heard."""
    return bool(normalise(strip_tags(text).translate(BRACKETS)))
