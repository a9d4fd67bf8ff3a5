"""Texts that are not written as they are said: numbers, dates, money, addresses, code.

Each comes with every reading that a speaker would be right to choose, known by construction.
Numbers are put into words by `inflect`, with and without "and".
"""

from functools import cache
from itertools import product
from typing import Any

import numpy as np

from selfverify.prompts import vocabulary as words
from selfverify.prompts.english import clause, sentence_of
from selfverify.prompts.grammar import Sentence, pick

ROMAN = {2: "II", 3: "III", 4: "IV", 5: "V", 6: "VI", 7: "VII", 8: "VIII", 9: "IX", 14: "XIV"}
PHONETIC_DIGITS = "zero one two three four five six seven eight nine".split()


@cache
def _engine() -> Any:
    # Three seconds to import, and most callers of this package need none of it.
    import inflect

    return inflect.engine()


def cardinal(number: int | str) -> tuple[str, ...]:
    """Returns the readings of a number: 305 as "three hundred and five", "three hundred five"."""
    readings = (_words(number, andword=word) for word in ("and", ""))
    return tuple(dict.fromkeys(readings))


def ordinal(number: int) -> str:
    """Returns a number's ordinal: 21 as "twenty first"."""
    return _words(_engine().ordinal(str(number)))


def year(number: int) -> tuple[str, ...]:
    """Returns the readings of a year from 1100 to 2099."""
    century, rest = divmod(number, 100)
    start = _words(century)
    if rest == 0:
        return (f"{start} hundred",) if century % 10 else cardinal(number)
    if rest < 10:
        return (f"{start} oh {_words(rest)}", *cardinal(number))
    pairs = f"{start} {_words(rest)}"
    return (pairs, *cardinal(number)) if century == 20 else (pairs,)


def spelled(text: str, zero: str = "zero") -> str:
    """Returns digits and letters by name."""
    names = dict(zip("0123456789", [zero, *PHONETIC_DIGITS[1:]], strict=True))
    return " ".join(names.get(sign, sign.upper()) for sign in text)


def cardinals(rng: np.random.Generator) -> Sentence:
    """A number of four to six digits with a comma, or with decimals."""
    who, things = pick(rng, words.PEOPLE), pick(rng, words.PLURALS)
    if rng.random() < 0.5:
        number = int(10 ** rng.uniform(3, 6))
        return _with_readings(f"{who} counted {{}} {things}.", f"{number:,}", cardinal(number))
    number = f"{rng.integers(100, 1000)}.{rng.integers(11, 100)}"
    whole, _, decimals = number.partition(".")
    readings = [f"{w} point {spelled(decimals)}" for w in cardinal(int(whole))]
    return _with_readings(f"{who} divided it by {{}} {pick(rng, words.TIMES)}.", number, readings)


def dates(rng: np.random.Generator) -> Sentence:
    """A day with its year, the month before or after the day."""
    month, day = pick(rng, words.MONTHS), int(rng.integers(1, 29))
    number = int(rng.integers(1600, 2030))
    written = f"{month} {day}, {number}" if rng.random() < 0.5 else f"{day} {month} {number}"
    days = (f"{month} {ordinal(day)}", f"{month} the {ordinal(day)}",
            f"the {ordinal(day)} of {month}", f"{month} {_words(day)}")  # fmt: skip
    readings = [f"{said} {y}" for said, y in product(days, year(number))]
    return _with_readings(f"{clause(rng)} on {{}}.", written, readings)


def times(rng: np.random.Generator) -> Sentence:
    """A time of day with a.m. or p.m."""
    hour, minute = int(rng.integers(1, 13)), int(rng.integers(1, 60))
    half = pick(rng, ["a.m.", "p.m."])
    minutes = f"oh {_words(minute)}" if minute < 10 else _words(minute)
    said = f"{_words(hour)} {minutes} {half[0].upper()} M"
    frame = f"the {pick(rng, words.ADJECTIVES)} {pick(rng, words.NOUNS)} arrives at {{}}"
    return _with_readings(
        f"{frame} {pick(rng, words.PLACES)}.", f"{hour}:{minute:02d} {half}", [said]
    )


def money(rng: np.random.Generator) -> Sentence:
    """A price with its sign and two decimals, a comma at the thousands."""
    sign = pick(rng, list(words.CURRENCIES))
    large, small = words.CURRENCIES[sign]
    whole, cents = int(rng.integers(2, 10_000)), int(rng.integers(2, 100))
    readings = [
        f"{said}{joint}{_words(cents)}{end}"
        for said in cardinal(whole)
        for joint, end in (
            (f" {large} and ", f" {small}"), (f" {large} ", f" {small}"), (f" {large} ", ""),
        )
    ]  # fmt: skip
    frame = f"the {pick(rng, words.ADJECTIVES)} {pick(rng, words.NOUNS)} costs {{}}"
    return _with_readings(
        f"{frame} {pick(rng, words.PLACES)}.", f"{sign}{whole:,}.{cents:02d}", readings
    )


def measures(rng: np.random.Generator) -> Sentence:
    """A quantity with the short form of its unit."""
    unit, number = pick(rng, list(words.UNITS)), int(rng.integers(12, 990))
    space = "" if unit == "%" else " "
    readings = [f"{said} {words.UNITS[unit]}" for said in cardinal(number)]
    return _with_readings(
        f"{pick(rng, words.PEOPLE)} reported {{}} {pick(rng, words.TIMES)}.",
        f"{number}{space}{unit}",
        readings,
    )


def telephone(rng: np.random.Generator) -> Sentence:
    """A telephone number with brackets and a hyphen, of those reserved for fiction: 555-01XX."""
    digits = f"{rng.integers(200, 1000)}55501{rng.integers(100):02d}"
    written = f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    readings = dict.fromkeys(spelled(digits, zero) for zero in ("zero", "oh"))
    return _with_readings(
        f"call {pick(rng, words.NAMES)} {pick(rng, words.SURNAMES)} at {{}}.", written, readings
    )


def spelling(rng: np.random.Generator) -> Sentence:
    """A surname spelled with hyphens, or a booking code of letters and digits."""
    name, surname = pick(rng, words.NAMES), pick(rng, words.SURNAMES)
    if rng.random() < 0.5:
        written = "-".join(surname.upper())
        return _with_readings(f"{name} {surname}, that is {{}}.", written, [spelled(surname)])
    letters = "".join(rng.choice(list("ABCDEFGHJKLMNPQRSTUVWXYZ"), size=3))
    reference = f"{letters}{rng.integers(100, 1000)}"
    readings = dict.fromkeys(spelled(reference, zero) for zero in ("zero", "oh"))
    return _with_readings(f"{name} {surname} has the booking {{}}.", reference, readings)


def abbreviations(rng: np.random.Generator) -> Sentence:
    """A title and a short form with full stops, and brackets."""
    title, short = pick(rng, list(words.TITLES)), pick(rng, list(words.SHORT_FORMS))
    surname, verb = pick(rng, words.SURNAMES), pick(rng, words.PAST_VERBS)
    rest = f"{{}} {surname} {verb} the word ({{}}) {pick(rng, words.PLACES)}."
    readings = [rest.format(words.TITLES[title], words.SHORT_FORMS[short])]
    return sentence_of(rest.format(title, short), *readings)


def roman_numerals(rng: np.random.Generator) -> Sentence:
    """A ruler's number and a chapter's in Roman numerals."""
    ruler, chapter = pick(rng, words.MONARCHS), int(rng.choice(list(ROMAN)))
    number = int(rng.choice(list(ROMAN)))
    rest = f"{pick(rng, words.PEOPLE)} read about {ruler} {{}} in chapter {{}}."
    numbers = (f"the {ordinal(number)}", _words(number))
    readings = [rest.format(said, _words(chapter)) for said in numbers]
    return sentence_of(rest.format(ROMAN[number], ROMAN[chapter]), *readings)


def code(rng: np.random.Generator) -> Sentence:
    """An assignment with underscores and an equals sign, or a call with brackets and a dot."""
    names = rng.choice(words.IDENTIFIERS, size=2, replace=False)
    value = int(rng.integers(2, 100))
    first, second = (name.replace(" ", "_") for name in names)
    said = [name.replace(" ", " underscore ") for name in names]
    lead = pick(rng, words.TIMES)
    if rng.random() < 0.5:
        text = f"{lead} we set {first} = {second} + {value}."
        return sentence_of(text, f"{lead} we set {said[0]} equals {said[1]} plus {_words(value)}")
    text = f"{lead} we called {first}.{second}({value})."
    opened = f"{lead} we called {said[0]} dot {said[1]}"
    return sentence_of(
        text,
        f"{opened} of {_words(value)}",
        f"{opened} open bracket {_words(value)} close bracket",
        f"{opened} {_words(value)}",
    )


def web_addresses(rng: np.random.Generator) -> Sentence:
    """A web or e-mail address, at a domain that is reserved for examples."""
    domain, site = pick(rng, words.DOMAINS), pick(rng, words.SITE_WORDS)
    who = pick(rng, words.PEOPLE)
    said = domain.replace(".", " dot ")
    if rng.random() < 0.5:
        name = pick(rng, words.NAMES).lower()
        reading = f"{who} wrote to {name} dot {site} at {said}"
        return sentence_of(f"{who} wrote to {name}.{site}@{domain}.", reading)
    reading = f"{who} visited {said} slash {site}"
    return sentence_of(
        f"{who} visited www.{domain}/{site}.",
        reading.replace("visited", "visited W W W dot"),
        reading,
    )


def _words(number: int | str, andword: str = "and") -> str:
    said = _engine().number_to_words(number, andword=andword)  # type: ignore[arg-type]
    return str(said).replace(",", "").replace("-", " ")


def _with_readings(frame: str, written: str, readings) -> Sentence:
    """A frame with one gap, filled as it is written and in every way that it is read."""
    return sentence_of(frame.format(written), *(frame.format(said) for said in readings))
