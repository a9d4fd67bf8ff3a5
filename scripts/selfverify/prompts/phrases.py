"""Phrases that are written one way and read another: numbers, prices, times, titles, code."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from selfverify.prompts.grammar import NAMES, NOUNS, Sentence, draw_clause, pick

UNITS = "one two three four five six seven eight nine".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
# 11 to 99, in digits and in words.
NUMERALS = dict(zip(range(11, 20), (
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split(), strict=True)) | {
    10 * (i + 2) + j: f"{ten} {unit}".strip()
    for i, ten in enumerate(TENS)
    for j, unit in enumerate(["", *UNITS])
}  # fmt: skip
HOURS = dict(enumerate([*UNITS, "ten", "eleven", "twelve"], start=1))
MINUTES = {number: NUMERALS[number] for number in (15, 20, 25, 30, 35, 40, 45, 50, 55)}
MONTHS = "January March April June July October December".split()
DAYS = {2: "second", 3: "third", 7: "seventh", 9: "ninth", 12: "twelfth", 20: "twentieth"}
SINGLE_DIGITS = ["zero", *UNITS]
TITLES = {"Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Prof.": "Professor"}


def joined(parts: Sequence[Sentence], joint: str = " and ", end: str = ".") -> Sentence:
    """Returns phrases in a row, with every combination of their readings."""
    text = joint.join(part.text for part in parts)
    spoken = product(*(part.spoken for part in parts))
    return Sentence(text + end, tuple(joint.join(said) + end for said in spoken))


def numeral(rng: np.random.Generator, before: str, after: str) -> Sentence:
    """Returns a number in digits between two pieces of text."""
    number = int(rng.choice(list(NUMERALS)))
    return Sentence(f"{before}{number}{after}", (f"{before}{NUMERALS[number]}{after}",))


def price(rng: np.random.Generator, before: str, has_cents: bool) -> Sentence:
    """Returns a price in dollars, with cents if asked for, after a piece of text."""
    whole, cents = (int(number) for number in rng.choice(list(NUMERALS), size=2))
    said = f"{before}{NUMERALS[whole]} dollars"
    if not has_cents:
        return Sentence(f"{before}${whole}", (said,))
    cents_said = NUMERALS[cents]
    readings = (
        f"{said} and {cents_said} cents",
        f"{said} {cents_said}",
        f"{said} {cents_said} cents",
    )
    return Sentence(f"{before}${whole}.{cents}", readings)


def hour(rng: np.random.Generator) -> Sentence:
    """Returns a time of day."""
    hours, minutes = int(rng.choice(list(HOURS))), int(rng.choice(list(MINUTES)))
    return Sentence(f"at {hours}:{minutes}", (f"at {HOURS[hours]} {MINUTES[minutes]}",))


def date(rng: np.random.Generator) -> Sentence:
    """Returns a day of a month."""
    month, day = pick(rng, MONTHS), int(rng.choice(list(DAYS)))
    return Sentence(f"on {month} {day}", (f"on {month} {DAYS[day]}", f"on {month} the {DAYS[day]}"))


def titled(rng: np.random.Generator) -> tuple[str, str]:
    """Returns a person as written and as read."""
    title, name = pick(rng, list(TITLES)), pick(rng, NAMES)
    return f"{title} {name}", f"{TITLES[title]} {name}"


def assignment(rng: np.random.Generator, has_long_name: bool) -> Sentence:
    """Returns an assignment as programs have it."""
    clause = draw_clause(rng)
    names = [clause.adjective, clause.noun, *([pick(rng, NOUNS)] if has_long_name else [])]
    number = int(rng.choice(list(NUMERALS)))
    said = f"{clause.name} dot {' underscore '.join(names)} equals {NUMERALS[number]}"
    return Sentence(f"{clause.name}.{'_'.join(names)} = {number}", (said,))
