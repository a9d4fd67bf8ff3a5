"""Mandarin, in simplified or traditional characters; what is compared is characters.

Traditional characters become simplified ones (OpenCC). A character that was heard for another one
of the same sound and tone (pypinyin, which looks at the words around it) is no difference: "他" and
"她", names. Numbers are `mandarin_readings`'.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pypinyin import Style, pinyin
from rapidfuzz.distance import Levenshtein

from selfverify.languages.base import Language, reading_aloud
from selfverify.languages.mandarin_readings import RULES
from selfverify.metric.readings import Part, read_part
from selfverify.metric.taxonomy import Thresholds

if TYPE_CHECKING:
    from opencc import OpenCC

# Of the reading speed texts (`languages.base`): 255 characters and 158 words a minute.
CHARACTERS_PER_WORD = 255 / 158


class Mandarin(Language):
    """Characters; thresholds that count words are taken times the characters of a word."""

    name = "Mandarin"
    packages = ("cn2an", "pypinyin", "opencc")
    pace = reading_aloud(255)

    def normalise(self, text: str) -> str:
        """Each character by itself, simplified, letters in lower case, punctuation left out."""
        text = unicodedata.normalize("NFKC", re.sub(r"\[[^\]]*\]", " ", text)).casefold()
        return " ".join(c for c in _simplified(text).replace("〇", "零") if c.isalnum())

    def read_parts(self, text: str) -> tuple[Part, ...]:
        """By `RULES`, the first that finds something."""
        return _read(text)

    def settle(self, reference: str, heard: str) -> str:
        """Characters of the same sound and tone in their places as the reference has them."""
        wanted, found = reference.split(), heard.split()
        sounds, settled = (_sounds(wanted), _sounds(found)), list(found)
        for step in Levenshtein.editops(wanted, found):
            here, there = step.src_pos, step.dest_pos
            if step.tag == "replace" and sounds[0][here] == sounds[1][there]:
                settled[there] = wanted[here]
        return " ".join(settled)

    def thresholds(self, of_words: Thresholds) -> Thresholds:
        """Least numbers of words as numbers of characters."""
        names = ("early_min_words", "repeat_min_words", "insert_min_words", "paper_max_words")
        return replace(of_words, **{
            name: round(CHARACTERS_PER_WORD * getattr(of_words, name)) for name in names
        })  # fmt: skip


def _sounds(characters: Sequence[str]) -> list[str]:
    """The syllable of each character, in its context; of the particle de, of any spelling, one."""
    text, style = "".join(characters), Style.TONE3
    # What has no syllable is listed letter by letter, as pypinyin documents and its types do not.
    said = pinyin(text, style=style, neutral_tone_with_five=True, errors=list)  # type: ignore[arg-type]
    return ["de5" if c in "的地得" else s[0] for c, s in zip(characters, said, strict=True)]


def _simplified(text: str) -> str:
    return _converter().convert(text)


@cache
def _converter() -> "OpenCC":
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Part, ...]:
    # Full-width digits and signs as plain ones; a fraction in one sign as two numbers.
    text = unicodedata.normalize("NFKC", text.replace("℃", "°C")).replace("⁄", "/")
    parts: list[Part] = [(_simplified(text),)]
    for pattern, reader in RULES:
        parts = [new for part in parts for new in read_part(pattern, reader, part)]
    return tuple(parts)
