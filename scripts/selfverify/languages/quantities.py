"""Sums of money, units, fractions and telephone numbers of languages in Latin letters."""

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from babel.numbers import get_currency_name, is_currency

from selfverify.languages.cldr_units import unit_name
from selfverify.languages.numerals import AMOUNT, Numerals

CURRENCIES = {
    "€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "JPY", "₩": "KRW", "₹": "INR",
    "Fr.": "CHF",
}  # fmt: skip
MIN_TELEPHONE = 7  # digits
Names = tuple[str, str, str, str]  # of a currency: one, several; its hundredth: one, several


class Quantities(Numerals):
    """Readers of matches; each returns readings, none where what it found is something else."""

    signs: ClassVar[dict[str, Sequence[str]]]  # a sign in a text as it is said
    units: ClassVar[dict[str, Sequence[str]]]  # other names of a unit than the CLDR's
    of: ClassVar[Sequence[str]]  # between a part or a million and what it is of
    currencies: ClassVar[dict[str, Sequence[Names]]]  # others have the CLDR's name
    scales: ClassVar[dict[str, tuple[str, str]]]  # pattern of millions, billions to their names
    over: ClassVar[Sequence[str]]  # between the numbers of a fraction
    links: ClassVar[Sequence[str]]  # between a sum's whole and its hundredths

    @abstractmethod
    def fractions(self, above: int, below: int) -> list[str]:
        """Returns the readings of a fraction."""

    def read_fraction(self, match: re.Match[str]) -> list[str]:
        """Returns readings of a/b, also after a whole number or before a unit."""
        above, below, whole = int(match["a"]), int(match["b"]), match["whole"]
        parts = self.fractions(above, below) if below else []
        parts += [f"{self.words(above)} {word} {self.words(below)}" for word in self.over]
        if whole:
            ands = (*self.signs["&"], "")
            numbers = self.cardinals(int(whole))
            parts = [f"{n} {word} {part}" for n in numbers for word in ands for part in parts]
        if not match["unit"]:
            return parts
        names = [name for one in (True, False) for name in self._names(match["unit"], is_one=one)]
        return [f"{part} {of} {name}" for part in parts for of in self.of for name in names]

    def read_unit(self, match: re.Match[str]) -> list[str]:
        """Returns readings of a number, or of millions, with a unit."""
        number, unit = match["n"], match["unit"]
        scales = self._scale(match["scale"]) if match["scale"] else ("",)
        names = self._names(unit, is_one=number == "1" and not match["scale"])
        numbers = [f"{n} {word}" for n in self.amounts(number) for word in scales]
        is_degree = unit == "°" and number.isdigit()  # or, in print without it, an ordinal's sign
        links = self.of if match["scale"] else ("",)
        said = [f"{n} {of} {name}" for n in numbers for of in links for name in names]
        return said + (self.ordinals(int(number)) if is_degree else [])

    def read_money(self, match: re.Match[str]) -> list[str]:
        """Returns readings of a sum, with a sign or with three letters."""
        code = CURRENCIES.get(match["sign"], match["sign"])
        if code not in self.currencies and not is_currency(code):
            return []
        one, several = (get_currency_name(code, n, self.locale) for n in (1, 5))
        names = self.currencies.get(code, [(one, several, "", "")])
        sums = self._millions if match["scale"] else self._sums
        return [said for name in names for said in sums(match["amount"], match["scale"], name)]

    def read_telephone(self, match: re.Match[str]) -> list[str]:
        """Returns readings of a number in groups: digit by digit, by groups, by pairs."""
        groups = re.findall(r"\d+", match[0])
        if sum(map(len, groups)) < MIN_TELEPHONE or (len(groups) < 3 and match[0][0] not in "+0("):
            return []
        pairs = [group[i : i + 2] for group in groups for i in range(0, len(group), 2)]
        digits, rest = "".join(groups), "".join(groups[1:])
        said = [self.spell(digits), *(self._by_groups(some) for some in (groups, pairs))]
        said.append(f"{self.integers(groups[0])[0]} {self.spell(rest)}")
        plus = f"{self.signs['+'][0]} " if match[0].startswith("+") else ""
        is_number = re.fullmatch(AMOUNT, match[0]) is not None
        return [plus + reading for reading in said] + (self.amounts(match[0]) if is_number else [])

    def _names(self, unit: str, *, is_one: bool) -> list[str]:
        """In words; also as it is written, which a recogniser may leave so."""
        return [unit_name(unit, self.locale, is_one=is_one), *self.units.get(unit, ()), unit]

    def _scale(self, written: str) -> tuple[str, str]:
        """Millions or billions, in plural and singular."""
        return next(names for form, names in self.scales.items() if re.fullmatch(form, written))

    def _millions(self, amount: str, scale: str, names: Names) -> list[str]:
        numbers = [f"{n} {word}" for n in self.amounts(amount) for word in self._scale(scale)]
        return [f"{number} {of} {names[1]}" for number in numbers for of in self.of]

    def _sums(self, amount: str, _: str | None, names: Names) -> list[str]:
        one, several, cent, cents = names
        as_number = [f"{n} {one if amount == '1' else several}" for n in self.amounts(amount)]
        found = re.fullmatch(r"(?P<whole>.+)[.,](?P<part>\d\d)", amount)
        if not found:
            return as_number
        whole, part = re.sub(r"\D", "", found["whole"]), int(found["part"])
        wholes = [f"{n} {one if whole == '1' else several}" for n in self.integers(whole)]
        if not part:
            return wholes + as_number
        numbers = self.cardinals(part)
        coins = [f"{n} {cent if part == 1 else cents}" for n in numbers] if cent else []
        both = [f"{n} {link} {c}" for n in wholes for link in self.links for c in coins + numbers]
        return [*(coins if int(whole) == 0 else []), *both, *as_number]

    def _by_groups(self, groups: Sequence[str]) -> str:
        return " ".join(self.integers(group)[0] for group in groups)
