"""Ways in which a sentence leaves the plain grammar: the corpus has a little of each, `hard` a lot.

A system that never met a construction fails on it every time, one that met it often never does;
between the two its failures are chance, which is what drawing several candidates can mend.
"""

from collections.abc import Callable

import numpy as np

from selfverify.prompts.grammar import (
    ADJECTIVES,
    NAMES,
    NOUNS,
    NUMBERS,
    Sentence,
    as_read,
    draw_clause,
    pick,
)

DIGITS: dict[str, int] = dict(
    zip(NUMBERS, (2, 3, 7, 8, 9, 12, 15, 19, 20, 30, 60, 11, 40, 50), strict=True)
)  # fmt: skip
HOURS = {"two": 2, "three": 3, "seven": 7, "eight": 8, "nine": 9, "eleven": 11, "twelve": 12}
MINUTES = {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
MONTHS = "January March April June July October December".split()
DAYS = {"second": 2, "third": 3, "seventh": 7, "ninth": 9, "twelfth": 12, "twentieth": 20}
SINGLE_DIGITS = "zero one two three four five six seven eight nine".split()
LETTERS = list("ABCFHKLMRSX")
TITLES = {"Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Prof.": "Professor"}
# Two words each, so that a phrase of three can still differ from the next.
ALLITERATIONS = (
    ("Peter painted", "purple", ("pictures", "pencils")),
    ("Rachel ordered", "red", ("rings", "rooms")),
    ("Susan sold", "small", ("spoons", "shoes")),
    ("Thomas took", "twenty", ("toys", "tables")),
    ("Kathy carried", "cheap", ("chairs", "candles")),
    ("Peter borrowed", "broken", ("bottles", "baskets")),
)
NUM_REPEATS = 3


def short(rng: np.random.Generator) -> Sentence:
    """Two words: a number or an adjective, and a noun."""
    return as_read(f"{pick(rng, [*NUMBERS, *ADJECTIVES]).capitalize()} {pick(rng, NOUNS)}.")


def long(rng: np.random.Generator) -> Sentence:
    """Three clauses joined by "and"."""
    return as_read(" and ".join(str(draw_clause(rng)) for _ in range(3)) + ".")


def repeats(rng: np.random.Generator) -> Sentence:
    """A clause with one of its words said three times."""
    words = draw_clause(rng).words
    place = int(rng.integers(len(words)))
    words[place : place + 1] = [words[place]] * NUM_REPEATS
    return as_read(" ".join(words) + ".")


def tongue_twister(rng: np.random.Generator) -> Sentence:
    """Words that begin alike, in two phrases."""
    start, adjective, nouns = ALLITERATIONS[rng.integers(len(ALLITERATIONS))]
    first, second = rng.permutation(nouns)
    number = pick(rng, NUMBERS)
    middle = f"{number} {adjective}" if rng.random() < 0.5 else f"{adjective} {adjective}"
    return as_read(f"{start} {middle} {first} and {adjective} {second}.")


def enumeration(rng: np.random.Generator) -> Sentence:
    """Four things, between commas."""
    clause = draw_clause(rng)
    nouns = rng.choice(NOUNS, size=4, replace=False)
    return as_read(f"{clause.name} {clause.verb} {', '.join(nouns[:3])} and {nouns[3]}.")


def question(rng: np.random.Generator) -> Sentence:
    """A clause asked for."""
    clause = draw_clause(rng)
    start = pick(rng, ["Why has", "When has", "Has", "Who says"])
    verb = "found" if rng.random() < 0.5 else "painted"
    return as_read(f"{start} {clause.name} {verb} {clause.number} {clause.noun}?")


def digits(rng: np.random.Generator) -> Sentence:
    """A clause with its number in digits."""
    clause = draw_clause(rng)
    number = DIGITS[clause.number]
    return Sentence(f"{clause}.".replace(f" {clause.number} ", f" {number} "), (f"{clause}.",))


def money(rng: np.random.Generator) -> Sentence:
    """A price."""
    clause, price = draw_clause(rng), pick(rng, NUMBERS)
    start = f"{clause.name} sold {clause.adjective} {clause.noun} for"
    return Sentence(f"{start} ${DIGITS[price]}.", (f"{start} {price} dollars.",))


def time(rng: np.random.Generator) -> Sentence:
    """A time of day, or a date."""
    clause = draw_clause(rng)
    start = f"{clause.name} {clause.verb} {clause.adjective} {clause.noun}"
    if rng.random() < 0.5:
        hour, minute = pick(rng, list(HOURS)), pick(rng, list(MINUTES))
        written = f"{start} at {HOURS[hour]}:{MINUTES[minute]}."
        return Sentence(written, (f"{start} at {hour} {minute}.",))
    month, day = pick(rng, MONTHS), pick(rng, list(DAYS))
    readings = (f"{start} on {month} {day}.", f"{start} on {month} the {day}.")
    return Sentence(f"{start} on {month} {DAYS[day]}.", readings)


def telephone(rng: np.random.Generator) -> Sentence:
    """A telephone number of five digits, read one by one."""
    name = pick(rng, NAMES)
    number = rng.integers(10, size=5)
    words = " ".join(SINGLE_DIGITS[digit] for digit in number)
    written = "".join(map(str, number))
    readings = [f"Call {name} at {words.replace('zero', zero)}." for zero in ("zero", "oh")]
    unique = tuple(dict.fromkeys(readings))
    return Sentence(f"Call {name} at {written[:2]}-{written[2:]}.", unique)


def letters(rng: np.random.Generator) -> Sentence:
    """Letters of the alphabet, each read by its name."""
    clause = draw_clause(rng)
    first, second = rng.choice(LETTERS, size=2, replace=False)
    end = f"{first} {second} {clause.number}"
    return as_read(f"{clause.name} has {clause.adjective} {clause.noun} in room {end}.")


def abbreviation(rng: np.random.Generator) -> Sentence:
    """A title in short form, and brackets."""
    clause, title = draw_clause(rng), pick(rng, list(TITLES))
    rest = f"{clause.verb} {clause.number} {clause.noun}"
    return Sentence(
        f"{title} {clause.name} {rest} ({clause.adjective}).",
        (f"{TITLES[title]} {clause.name} {rest}, {clause.adjective}.",),
    )


def code(rng: np.random.Generator) -> Sentence:
    """An assignment as programs have it."""
    clause = draw_clause(rng)
    value = DIGITS[clause.number]
    return Sentence(
        f"{clause.name}.{clause.adjective}_{clause.noun} = {value}.",
        (f"{clause.name} dot {clause.adjective} underscore {clause.noun} equals {clause.number}.",),
    )


def unusual_order(rng: np.random.Generator) -> Sentence:
    """The words of a clause shuffled, none at its own place."""
    words = draw_clause(rng).words
    while True:
        order = rng.permutation(len(words))
        if (order != np.arange(len(words))).all():
            return as_read(" ".join(words[i] for i in order).lower().capitalize() + ".")


VARIETIES: dict[str, Callable[[np.random.Generator], Sentence]] = {
    "short": short,
    "long": long,
    "repeats": repeats,
    "tongue_twisters": tongue_twister,
    "enumerations": enumeration,
    "questions": question,
    "numbers": digits,
    "money": money,
    "times_dates": time,
    "telephone": telephone,
    "letters": letters,
    "abbreviations": abbreviation,
    "code": code,
    "unusual_order": unusual_order,
}
