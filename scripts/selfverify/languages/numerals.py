"""Numbers of languages in Latin letters, as num2words says them, with the forms that it leaves out.

Reading a number gives several strings of words; the language says how its forms vary.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from num2words import num2words

from selfverify.languages.base import Language

# Groups of three between points, spaces or apostrophes; a comma, or a point, before decimals.
WHOLE = r"\d{1,3}(?:[.\u00a0\u202f '’]\d{3})+(?![\d])|\d+"
AMOUNT = rf"(?:{WHOLE})(?:[.,]\d+)?"
_PARTS = re.compile(rf"(?P<whole>{WHOLE})(?:(?P<sign>[.,])(?P<part>\d+))?")
MAX_WORDED = 10**15  # larger numbers are read digit by digit
ROMAN = r"(?=[IVXLCDM])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


class Numerals(Language, ABC):
    """Cardinals, decimals and digits of a language."""

    locale: ClassVar[str]  # of num2words
    points: ClassVar[dict[str, Sequence[str]]]  # a decimal sign as it is said

    @abstractmethod
    def cardinals(self, number: int) -> list[str]:
        """Returns the forms of a number, the likeliest first."""

    @abstractmethod
    def ordinals(self, number: int) -> list[str]:
        """Returns the forms of an ordinal number."""

    def years(self, number: int) -> list[str]:
        """Returns the forms of a year that are not its cardinal's."""
        return []

    def words(self, number: int, to: str = "cardinal") -> str:
        """Returns a number as num2words has it."""
        return words(number, self.locale, to)

    def spell(self, digits: str) -> str:
        """Returns digits one by one."""
        return " ".join(self.words(int(digit)) for digit in digits)

    def integers(self, digits: str) -> list[str]:
        """Returns the readings of a whole number."""
        number, spelled = int(digits), self.spell(digits)
        if number >= MAX_WORDED:
            return [spelled]
        zeros = len(digits) - len(digits.lstrip("0"))
        forms = [f"{self.spell('0' * zeros)} {form}" for form in self.cardinals(number)]
        if not zeros or number == 0:
            forms = self.cardinals(number)
        years = self.years(number) if len(digits) == 4 and not zeros else []
        return [*forms, *years, *([spelled] if len(digits) > 1 else [])]

    def amounts(self, amount: str) -> list[str]:
        """Returns the readings of a number with or without decimals (`AMOUNT`)."""
        found = _PARTS.fullmatch(amount)
        if not found:
            return self.integers(re.sub(r"\D", "", amount))
        whole, part = re.sub(r"\D", "", found["whole"]), found["part"]
        if not part:
            return self.integers(whole)
        pairs = re.findall(r"\d\d?", part)
        after = [self.spell(part), " ".join(self.integers(pair)[0] for pair in pairs)]
        if len(part) < 4:
            after += self.integers(part)
        return [
            f"{form} {point} {end}"
            for form in self.cardinals(int(whole))
            for point in self.points[found["sign"]]
            for end in after
        ]


@lru_cache(maxsize=4096)
def words(number: int, locale: str, to: str) -> str:
    """Returns a number as num2words has it."""
    return str(num2words(number, lang=locale, to=to))


def value_of(roman: str) -> int:
    """Returns the value of a Roman numeral."""
    values = [_VALUES[letter] for letter in roman]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
