"""Several ways to read what is written: a text as parts, each with its acceptable readings.

A rule finds a written form (a date, a sum, a sign between digits) and lists what people say for
it; what no rule finds has one reading, itself. Both sides are read so, since a recogniser writes
"10:30" for "half past ten" as well: what is spelled out on both sides is compared as it stands.
Readings are written with digits, which `metric.normalisation` brings into one form with number
words.

Rules, not a library: of the pairs in tests/verdicts/pairs.csv the packages wetext 0.1.8 and
nemo_text_processing 1.2.0 get 79 % and 83 % right, with one reading for each text and in front of
the same normaliser; the one fails on signs that it does not know, the other brings .7 GB along.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from selfverify.metric.dates import read_date, read_month_day, read_short_date, read_time
from selfverify.metric.normalisation import normalise, write_signs
from selfverify.metric.quantities import (
    CURRENCIES,
    RATED_UNITS,
    RATES,
    SHORT_UNITS,
    read_decimal,
    read_fraction,
    read_money,
    read_percents,
    read_rate,
    read_scaled,
    read_unit,
)
from selfverify.metric.words import (
    DAYS,
    DIRECTIONS,
    MONTH,
    ROMAN,
    STATES,
    SUFFIXES,
    read_address,
    read_dotted,
    read_roman,
)

Part = tuple[str, ...]  # acceptable readings of a stretch of text, the likeliest first
Reader = Callable[[re.Match[str]], list[str]]


def _one_of(forms: Iterable[str]) -> str:
    return "|".join(map(re.escape, forms))


_HOST = rf"(?:[\w-]+\.)+(?:{SUFFIXES})\b(?:/[\w./&-]*[\w/])?"
_ADDRESS = rf"(?:https?|file|ftp)://[\w./&-]*[\w/]|[\w.+&-]+@{_HOST}|www\.{_HOST}|{_HOST}"
_DATE = r"(?<![\d/.-])(\d{1,4})([-/.])(\d{1,2})\2(\d{4}|\d{2}|\d)(?![\d/.-]*\d)"
_NTH = r"(?:st|nd|rd|th)?"
_DAY_MONTH = rf"(?:the )?(?P<first>\d+){_NTH}(?: of)? (?P<m1>{MONTH})\b\.?"
_MONTH_DAY = rf"(?P<m2>{MONTH})\b\.?[ -](?:the )?(?P<second>\d{{1,2}}){_NTH}\b"
_CLOCK = r"(?<![\d:.])(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])"
_DOTTED = r"(?P<h>\d{1,2})\.(?P<m>[0-5]\d)(?P<s>)"
_FRACTION = rf"(?<![\d/.])(?:(?P<whole>\d+)\s)?(?P<a>\d+)/(?P<b>\d+)(?i:{_NTH})(?![\d/])"
_SIGN = "".join(CURRENCIES)
_AMOUNT = r"\d[\d,]*(?:\.\d+)?|\.\d+"
_SCALE = r"(?:\s?(?P<scale>[kKMBbm]|bn|thousand|million|billion|trillion)\b)?"
_RATE = r"(?:/(?P<per>month|mo|year|yr|week|wk|day|d|hour|hr|h)\b)?"
_UNITS = _one_of(SHORT_UNITS)
_UNIT = rf"(?P<n>{_AMOUNT})(?P<gap>\s?-?)(?P<unit>{_UNITS})(?![\w/²³])\.?(?= [a-z]|\W*$|,|-)"
_RATED = rf"(?P<n>{_AMOUNT})\s?(?P<unit>{_one_of(RATED_UNITS)})/(?P<per>{_one_of(RATES)})(?!\w)"
_STATE = rf"(?<=[a-z], )(?P<state>{_one_of(STATES)})\b(?=,? \d{{5}}\b|\W*$|,)"
_DECIMAL = r"(?:(?<![\d.])(?P<whole>\d[\d,]*)|(?<![\w.]))\.(?P<digits>\d+)(?![\d.]*\.\d)"
_ROMAN = rf"(?P<before>\b[A-Za-z]+\s)(?P<roman>{ROMAN})\b(?=(?P<after>\s?\S?))"
_BETWEEN = r"(?<=[\d%])\s?{}\s?(?=[\d.])"

RULES: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (_ADDRESS, read_address),
        (_DATE, read_date),
        (rf"(?i)\b(?:{_DAY_MONTH}|{_MONTH_DAY})", read_month_day),
        (_CLOCK, read_time),
        (rf"(?<![\d:.]){_DOTTED}(?=\s?[AaPp]\.?[Mm]\b)", read_time),
        (rf"(?<=\b[Aa]t ){_DOTTED}(?!\.?\d)", read_time),
        (_FRACTION, lambda m: read_short_date(m) + read_fraction(m)),
        (r"%\s?(?P<sign>[-–]|to|and|or)\s?(?=\d[\d.]*\s?%)", read_percents),
        (r"(?:(?<=\d)|(?<=%)|(?<=\d[ap]m)|(?<=\ds))\s?[-–—]\s?(?=[$£€]?\d)",
         lambda _: [" ", " to ", " through ", " minus ", " dash "]),
        (_BETWEEN.format("[x×*]"), lambda _: [" x ", " times ", " by ", " asterisk "]),
        (_BETWEEN.format("[/÷]"), lambda _: [" divided by ", " over ", " slash "]),
        (_BETWEEN.format(":"), lambda _: [" ", " to "]),
        (r"(?<=\d)x\b", lambda _: [" x", " times"]),
        (rf"(?:US ?)?(?P<sign>[{_SIGN}])\s?(?P<amount>{_AMOUNT}){_SCALE}{_RATE}", read_money),
        (rf"(?P<amount>{_AMOUNT})\s?(?P<sign>USD|EUR|GBP)\b{_SCALE}{_RATE}", read_money),
        (r"(?<![\d.])\d+(?:\.\d+){2,}(?!\.?\d)", read_dotted),
        (_RATED, read_rate),
        (_UNIT, read_unit),
        (r"(?P<n>\d[\d,.]*)\s?(?P<scale>[kKMB])\b", read_scaled),
        (_DECIMAL, read_decimal),
        (_ROMAN, read_roman),
        (r"(?<!\S)\+(?=\d)", lambda _: [" plus ", " "]),
        (r"\+", lambda _: [" plus "]),
        (r"(?<=[\w )])\s?=\s?", lambda _: [" equals ", " is "]),
        (rf"\b(?:{'|'.join(DAYS)})\b\.?", lambda m: [m[0], DAYS[m[0].rstrip(".")]]),
        (_STATE, lambda m: [m[0], STATES[m[0]]]),
        (r"\b[NSEW]\b\.?(?= [A-Z\d])", lambda m: [m[0], DIRECTIONS[m[0][0]]]),
        (r"#\s?(?=\w)", lambda _: [" hashtag ", " hash ", " number ", " pound ", " "]),
        (r"(?<=\d)\"", lambda _: [" inches", " inch"]),
        (r"(?<=[A-Za-z]{3})/(?=[A-Za-z]{2})| / ", lambda _: [" ", " slash ", " or "]),
        (r"\b[Ee]\.g\.,?", lambda _: ["e g", "for example"]),
        (r"\b[Ii]\.e\.,?", lambda _: ["i e", "that is"]),
        (r"(?<=[a-z] )Dr\b\.?(?=\W*$|,)", lambda _: ["doctor", "drive"]),
    )
)  # fmt: skip


@lru_cache(maxsize=4096)
def read_parts(text: str) -> tuple[Part, ...]:
    """Returns a text as parts with their readings; joined, any choice is a reading of the text."""
    parts: list[Part] = [(write_signs(text),)]
    for pattern, reader in RULES:
        parts = [new for part in parts for new in read_part(pattern, reader, part)]
    return tuple(parts)


def closest_pair(
    reference: Sequence[Part], heard: Sequence[Part], spell: Callable[[str], str] = normalise
) -> tuple[str, str]:
    """Returns the readings of both sides that are closest to each other, normalised by `spell`.

    Part after part takes the reading that leaves the least distance between the characters, until
    none changes: not every combination is tried.
    """
    sides = reference, heard
    chosen = [[part[0] for part in side] for side in sides]
    best = _distance(*(spell("".join(side)) for side in chosen))
    before = best + 1
    while 0 < best < before:
        before = best
        for side in (0, 1):
            other = spell("".join(chosen[1 - side]))
            best = _improve(chosen[side], sides[side], other, best, spell)
    return spell("".join(chosen[0])), spell("".join(chosen[1]))


def _improve(
    chosen: list[str],
    parts: Sequence[Part],
    other: str,
    best: int,
    spell: Callable[[str], str],
) -> int:
    """The least distance to the other side, once each part has taken the reading that gives it."""
    for index, part in enumerate(parts):
        for reading in part if len(part) > 1 else ():
            kept, chosen[index] = chosen[index], reading
            distance = _distance(spell("".join(chosen)), other)
            if distance < best:
                best = distance
            else:
                chosen[index] = kept
    return best


def _distance(a: str, b: str) -> int:
    return Levenshtein.distance(a.replace(" ", ""), b.replace(" ", ""))


def read_part(pattern: re.Pattern[str], reader: Reader, part: Part) -> Iterator[Part]:
    """Yields the part, split where a rule finds something; what was read is not read again."""
    if len(part) != 1:
        yield part
        return
    start = 0
    for match in pattern.finditer(part[0]):
        if not (readings := reader(match)):
            continue
        yield (part[0][start : match.start()],)
        yield tuple(dict.fromkeys(readings))
        start = match.end()
    yield (part[0][start:],)
