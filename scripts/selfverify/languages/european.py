"""Languages in Latin letters: one set of rules, filled in by what each language says.

A rule finds a written form and lists what people say for it, on both sides (`metric.readings`).
Numbers are num2words', units Babel's, from the CLDR; what neither has (times of day, sums of money,
abbreviations) is a table of the language's file.
"""

import re
import unicodedata
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from itertools import product
from typing import ClassVar

from babel.dates import get_month_names

from selfverify.languages.cldr_units import UNIT, unit_name
from selfverify.languages.numerals import AMOUNT, ROMAN, value_of
from selfverify.languages.quantities import CURRENCIES, Quantities
from selfverify.metric.readings import Part, Reader, read_part
from selfverify.metric.words import SUFFIXES

MONTH_WIDTHS = ("wide", "abbreviated")
_HOST = rf"(?:[\w-]+\.)+(?:{SUFFIXES}|ch|at|mx|ar|be)\b(?:/[\w./-]*\w)?"
_ADDRESS = rf"(?:https?)://[\w./-]*\w|[\w.+-]+@{_HOST}|www\.{_HOST}|{_HOST}"
_FRACTIONS = "¼½¾⅓⅔⅕⅛⅜⅝⅞"
_DAY_FIRST = (
    r"(?<![\d.,/-])(?P<d>\d{1,2})(?P<sep>[./-])\s?(?P<m>\d{1,2})(?P=sep)\s?"
    r"(?P<y>\d{4}|\d\d)(?![\d/-])"
)
_YEAR_FIRST = r"(?<![\d.,/-])(?P<y>\d{4})(?P<sep>[./-])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?![\d/-])"
_SECONDS = r"(?<![\d:.,])(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d)(?![\d:])(?:\s?(?:Uhr|h)\b)?"
_FRACTION = r"(?<![\d/.,])(?:(?P<whole>\d+)\s)?(?P<a>\d+)/(?P<b>\d+)(?![\d/])"
_TELEPHONE = r"(?<![\w.,])\+?(?:\(\d+\)|\d+)(?:[ ./-]{1,2}\d{2,})+(?!\d|,\d)"
_RAISED = re.compile("[ʰ-ˣᴬ-ᵪ]+")  # as in 1ᵉʳ
_MINUS = r"(?<![\w.)%])[-−–]\s?(?=\d)"
_SOUNDS = re.compile(r"\[[^\]]*\]")  # as Whisper writes them
_GAP = r"[\s\u00a0\u202f]?"


class European(Quantities):
    """Rules that German, Spanish and French share."""

    names: ClassVar[dict[str, Sequence[str]]]  # a sign in an address, by two names or one twice
    abbreviations: ClassVar[dict[str, Sequence[str]]]  # pattern to what is said
    spellings: ClassVar[dict[str, str]]  # pattern of lower-case letters to their one form
    ranges: ClassVar[Sequence[str]]  # a dash between numbers
    ratios: ClassVar[Sequence[str]]  # a colon between numbers
    times: ClassVar[str]  # pattern of a time of day, groups h and m (or m2)
    hour: ClassVar[Sequence[str]]  # after the hour of a time with seconds
    ordinal: ClassVar[str]  # pattern of an ordinal, group n in digits or roman
    numbered: ClassVar[str]  # pattern of lower-case words that a Roman numeral follows

    @abstractmethod
    def clock(self, hour: int, minute: int) -> list[str]:
        """Returns the readings of a time of day."""

    @abstractmethod
    def dates(self, day: int, month: int, years: Sequence[str]) -> list[str]:
        """Returns the readings of a date in digits, its year in any of these words."""

    def month(self, number: int) -> str:
        """Returns the name of a month."""
        return get_month_names("wide", locale=self.locale)[number]

    @abstractmethod
    def reigns(self, number: int) -> list[str]:
        """Returns the readings of a Roman numeral after a name."""

    def normalise(self, text: str) -> str:
        """Lower case without punctuation; a language's spellings of one sound as one."""
        text = unicodedata.normalize("NFC", _SOUNDS.sub(" ", text)).casefold()
        for pattern, spelling in self._spellings:
            text = pattern.sub(spelling, text)
        return " ".join(re.sub(r"[^\w]|_", " ", text).split())

    def read_parts(self, text: str) -> tuple[Part, ...]:
        """By `rules`, the first that finds something."""
        return self._read(text)

    @cached_property
    def _read(self) -> Callable[[str], tuple[Part, ...]]:
        @lru_cache(maxsize=4096)
        def read(text: str) -> tuple[Part, ...]:
            parts: list[Part] = [(_plain(text),)]
            for pattern, reader in self.rules:
                parts = [new for part in parts for new in read_part(pattern, reader, part)]
            return tuple(parts)

        return read

    @cached_property
    def _spellings(self) -> list[tuple[re.Pattern[str], str]]:
        return [(re.compile(pattern), spelling) for pattern, spelling in self.spellings.items()]

    def own_rules(self) -> list[tuple[str, Reader]]:
        """Returns what a language adds to `rules`, before them."""
        return []

    @cached_property
    def rules(self) -> tuple[tuple[re.Pattern[str], Reader], ...]:
        """What is written to what is said; the first rule that finds something reads it."""
        signs = "|".join([*map(re.escape, CURRENCIES), "[A-Z]{3}"])
        scale = rf"(?:{_GAP}(?P<scale>{'|'.join(self.scales)})(?!\w))?"
        amount = rf"(?P<amount>{AMOUNT}){scale}"
        rules: list[tuple[str, Reader]] = [
            (_ADDRESS, self._address),
            *self.own_rules(),
            (_MINUS, self._said(self.signs["−"])),
            (_DAY_FIRST, self._date),
            (_YEAR_FIRST, self._date),
            (r"(?<![\d.,])\d+(?:\.\d+){2,}(?![\d.]*\d)", self._dotted),
            (_SECONDS, self._seconds),
            (self.times, self._time),
            (rf"{_FRACTION}(?:{_GAP}{UNIT})?", self.read_fraction),
            (rf"(?<![\w.,])(?P<sign>{signs}){_GAP}{amount}", self.read_money),
            (rf"(?<![\w.,]){amount}{_GAP}(?P<sign>{signs})(?!\w)", self.read_money),
            (rf"(?<![\w,])(?P<n>{AMOUNT}){scale}{_GAP}{UNIT}", self.read_unit),
            (_TELEPHONE, self.read_telephone),
            (rf"(?P<before>\b\w+\s)(?P<roman>{ROMAN})(?:\.|er|e|ème)?\b\.?", self._roman),
            (r"(?<=[\d%])\s?[-–—]\s?(?=\d)", self._said(self.ranges)),
            (r"(?<=\d):(?=\d)", self._said(self.ratios)),
            (self.ordinal, self._ordinal),
            *((short, self._said(forms)) for short, forms in self._short_forms().items()),
            (AMOUNT, lambda number: [f" {form} " for form in self.amounts(number[0])]),
            *((re.escape(sign), self._said(forms)) for sign, forms in self.signs.items()),
        ]
        return tuple((re.compile(pattern), reader) for pattern, reader in rules)

    def _short_forms(self) -> dict[str, Sequence[str]]:
        wide, short = (get_month_names(width, locale=self.locale) for width in MONTH_WIDTHS)
        months = {rf"\b{re.escape(short[n])}": (wide[n],) for n in wide if short[n].endswith(".")}
        return months | self.abbreviations

    def _said(self, forms: Sequence[str]) -> Reader:
        return lambda _: [f" {form} " for form in forms]

    def _address(self, match: re.Match[str]) -> list[str]:
        texts = dict.fromkeys((match[0], re.sub(r"^https?://", "", match[0])))
        return [self._spell_signs(text, number) for text in texts for number in (0, -1)]

    def _spell_signs(self, text: str, number: int) -> str:
        """Sign by sign, by the first or last of its names, digits too."""
        names = {sign: said[number] for sign, said in self.names.items()}
        said = (
            f" {names[c]} " if c in names else f" {self.spell(c)} " if c.isdigit() else c
            for c in text
        )
        return "".join(said)

    def _date(self, match: re.Match[str]) -> list[str]:
        day, month = int(match["d"]), int(match["m"])
        if month > 12 >= day:
            day, month = month, day
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return []
        return self.dates(day, month, self.integers(match["y"]))

    def _dotted(self, match: re.Match[str]) -> list[str]:
        """A version, an address on a network, or a number with points between its thousands."""
        groups = match[0].split(".")
        said = [[self.integers(g)[0] for g in groups], [self.spell(g) for g in groups]]
        dotted = [f" {point} ".join(one) for one in said for point in (self.points["."][0], "")]
        return (self.amounts(match[0]) if re.fullmatch(AMOUNT, match[0]) else []) + dotted

    def _seconds(self, match: re.Match[str]) -> list[str]:
        parts = []
        for group, unit in (("h", "h"), ("m", "min"), ("s", "s")):
            number = int(match[group])
            name = unit_name(unit, self.locale, is_one=number == 1)
            names = (name, *self.hour) if group == "h" else (name,)
            parts.append([f"{n} {name}" for n in self.cardinals(number) for name in names])
        ands = ("", *self.signs["&"])
        return [f"{h} {m} {word} {s}" for h, m, s in product(*parts) for word in ands]

    def _time(self, match: re.Match[str]) -> list[str]:
        found = _groups(match)
        hour, minute = int(found["h"]), int(found.get("m") or 0)
        return self.clock(hour, minute) if hour <= 24 and minute < 60 else []

    def _roman(self, match: re.Match[str]) -> list[str]:
        before, roman = match["before"], match["roman"]
        is_name = before.strip().istitle() and len(before.strip()) > 2 and roman not in "CDLM"
        if not roman or not (is_name or re.fullmatch(self.numbered, before.strip().casefold())):
            return []
        return [match[0], *(f"{before}{said} " for said in self.reigns(value_of(roman)))]

    def _ordinal(self, match: re.Match[str]) -> list[str]:
        found = _groups(match)
        number = int(re.sub(r"\D", "", found["n"])) if "n" in found else value_of(found["roman"])
        if not number:
            return []
        forms = self.ordinals(number)
        if match[0].endswith("."):  # maybe the sentence's full stop, surely where nothing follows
            bare, is_last = self.cardinals(number), not match.string[match.end() :].strip()
            forms = [*bare, *forms] if is_last else [*forms, *bare]
        return [f"{form} " for form in forms]


def _groups(match: re.Match[str]) -> dict[str, str]:
    """Groups that found something by name; of "m" and "m2", two places of one thing, either."""
    return {name.rstrip("2"): text for name, text in match.groupdict().items() if text}


def _plain(text: str) -> str:
    """Fractions in one sign as two numbers, raised letters as plain ones."""
    text = _RAISED.sub(lambda raised: unicodedata.normalize("NFKC", raised[0]), text)
    for sign in _FRACTIONS:
        text = text.replace(sign, " " + unicodedata.normalize("NFKC", sign).replace("⁄", "/"))
    return text
