"""Ways in which a sentence leaves the plain grammar, each as dense as one asks for.

The corpus has every variety at the densities 1 to 3, `hard` at 4, which is denser than any system
was trained on. A system that never met a construction fails on it every time, one that met it
often never does; between the two its failures are chance, which is what drawing several candidates
can mend.
"""

from collections.abc import Callable

import numpy as np

from selfverify.prompts.grammar import (
    ADJECTIVES,
    NAMES,
    NOUNS,
    NUMBERS,
    TAILS,
    Sentence,
    as_read,
    draw_clause,
    pick,
)
from selfverify.prompts.phrases import (
    SINGLE_DIGITS,
    assignment,
    date,
    hour,
    joined,
    numeral,
    price,
    titled,
)

CORPUS_DENSITIES = (1, 2, 3)
HARD_DENSITY = 4

LETTERS = list("ABCFHKLMRSX")
# Of each: a name, verbs, adjectives and nouns that begin alike.
ALLITERATIONS = (
    ("Peter", "painted packed polished", "purple pretty plastic perfect",
     "pictures pencils pillows puzzles potatoes"),
    ("Peter", "borrowed bought brought", "blue brown broken beautiful bright",
     "bottles baskets blankets boxes books boats buttons bananas"),
    ("Rachel", "repaired returned", "red round", "rings ribbons rabbits robots"),
    ("Steven", "sold", "small square simple strange", "spoons shirts stamps statues suitcases"),
    ("Teresa", "took", "tiny twenty terrible",
     "toys tables tomatoes tickets trucks turtles tractors"),
    ("Kathy", "carried counted", "clean cheap", "candles carpets cameras cookies curtains"),
    ("Daniel", "dropped delivered", "dark dirty dusty different", "desks doors dolphins diamonds"),
)  # fmt: skip

Maker = Callable[[np.random.Generator, int], Sentence]


def short(rng: np.random.Generator, density: int) -> Sentence:
    """Two words, or three of dense ones: a number, an adjective and a noun."""
    things = f"{pick(rng, ADJECTIVES)} {pick(rng, NOUNS)}"
    if density > 1:
        things = f"{pick(rng, NUMBERS)} {things}"
    return as_read(f"{things.capitalize()}.")


def long(rng: np.random.Generator, density: int) -> Sentence:
    """Three or four clauses, every other density with a tail."""
    clauses = [str(draw_clause(rng)) for _ in range(3 + (density > 2))]
    tail = f" {pick(rng, TAILS)}" if density % 2 == 0 else ""
    return as_read(" and ".join(clauses) + f"{tail}.")


def repeats(rng: np.random.Generator, density: int) -> Sentence:
    """A clause with a word said three or four times, of dense ones two words."""
    words = draw_clause(rng).words
    places = sorted(rng.choice(len(words), size=1 + (density > 2), replace=False), reverse=True)
    times = 3 + (density % 2 == 0)
    for place in places:
        words[place : place + 1] = [words[place]] * times
    return as_read(" ".join(words) + ".")


def tongue_twister(rng: np.random.Generator, density: int) -> Sentence:
    """Words that begin alike, in as many phrases as the density says."""
    row = ALLITERATIONS[rng.integers(len(ALLITERATIONS))]
    name, verbs, adjectives, nouns = row[0], *(part.split() for part in row[1:])
    things = rng.choice(nouns, size=density, replace=False)
    phrases = [f"{pick(rng, adjectives)} {thing}" for thing in things]
    return as_read(f"{name} {pick(rng, verbs)} {' and '.join(phrases)}.")


def enumeration(rng: np.random.Generator, density: int) -> Sentence:
    """Four to seven things between commas."""
    clause = draw_clause(rng)
    *nouns, last = rng.choice(NOUNS, size=3 + density, replace=False)
    return as_read(f"{clause.name} {clause.verb} {', '.join(nouns)} and {last}.")


def question(rng: np.random.Generator, density: int) -> Sentence:
    """A question; dense ones have a tail, and one or two more questions inside."""
    inner = [
        f"{pick(rng, ['why', 'when', 'where', 'how'])} {_asked(rng)}" for _ in range(density - 2)
    ]
    if not inner:
        tail = f" {pick(rng, TAILS)}" if density == 2 else ""
        start = pick(rng, ["Why has", "When has", "Has", "Who says"])
        return as_read(f"{start} {_asked(rng)}{tail}?")
    start = pick(rng, ["Who asked", "Who knows", "Has anybody noticed"])
    return as_read(f"{start} {' and '.join(inner)} {pick(rng, TAILS)}?")


def _asked(rng: np.random.Generator) -> str:
    clause = draw_clause(rng)
    return f"{clause.name} {pick(rng, ['found', 'painted', 'sold'])} {clause.number} {clause.noun}"


def digits(rng: np.random.Generator, density: int) -> Sentence:
    """A clause with as many numbers in digits."""
    clause = draw_clause(rng)
    things = [numeral(rng, f"{clause.name} {clause.verb} ", f" {clause.adjective} {clause.noun}")]
    things += [numeral(rng, "", f" {pick(rng, NOUNS)}") for _ in range(density - 1)]
    return joined(things)


def money(rng: np.random.Generator, density: int) -> Sentence:
    """One price or two, dense ones with cents."""
    name = pick(rng, NAMES)
    prices = [
        price(rng, f"{pick(rng, ADJECTIVES)} {pick(rng, NOUNS)} for ", density % 2 == 0)
        for _ in range(1 + (density > 2))
    ]
    first = prices[0]
    prices[0] = Sentence(
        f"{name} sold {first.text}", tuple(f"{name} sold {said}" for said in first.spoken)
    )
    return joined(prices)


def time(rng: np.random.Generator, density: int) -> Sentence:
    """A time of day or a date; of dense ones two or three of them."""
    clause = draw_clause(rng)
    kinds = [(hour, date), (date, hour)][rng.integers(2)]
    start = as_read(f"{clause.name} {clause.verb} {clause.adjective} {clause.noun}")
    moments = [kinds[i % 2](rng) for i in range((density + 2) // 2)]
    return joined([joined([start, moments[0]], " ", ""), *moments[1:]])


def telephone(rng: np.random.Generator, density: int) -> Sentence:
    """A telephone number of five to eight digits, read one by one."""
    name, number = pick(rng, NAMES), rng.integers(10, size=4 + density)
    words = " ".join(SINGLE_DIGITS[digit] for digit in number)
    written, middle = "".join(map(str, number)), (4 + density) // 2
    readings = [f"Call {name} at {words.replace('zero', zero)}." for zero in ("zero", "oh")]
    return Sentence(
        f"Call {name} at {written[:middle]}-{written[middle:]}.", tuple(dict.fromkeys(readings))
    )


def letters(rng: np.random.Generator, density: int) -> Sentence:
    """Two to five letters of the alphabet, each read by its name, and a number."""
    clause = draw_clause(rng)
    names = " ".join(rng.choice(LETTERS, size=1 + density, replace=False))
    start = f"{clause.name} has {clause.adjective} {clause.noun}"
    return as_read(f"{start} in room {names} {clause.number}.")


def abbreviation(rng: np.random.Generator, density: int) -> Sentence:
    """One title in short form or two, every other density with brackets."""
    people = [titled(rng) for _ in range(1 + (density > 2))]
    clause = draw_clause(rng)
    rest = f"{clause.verb} {clause.number} {clause.noun}"
    end = (f" ({clause.adjective})", f", {clause.adjective}") if density % 2 == 0 else ("", "")
    written, said = (" and ".join(names) for names in zip(*people, strict=True))
    return Sentence(f"{written} {rest}{end[0]}.", (f"{said} {rest}{end[1]}.",))


def code(rng: np.random.Generator, density: int) -> Sentence:
    """One assignment as programs have it or two, every other density with one more underscore."""
    return joined([assignment(rng, density % 2 == 0) for _ in range(1 + (density > 2))])


def unusual_order(rng: np.random.Generator, density: int) -> Sentence:
    """Five words of a clause shuffled, none at its own place; dense ones have two more each."""
    words = draw_clause(rng).words
    for _ in range(density - 1):
        words += [pick(rng, ADJECTIVES), pick(rng, NOUNS)]
    words = words[: 3 + 2 * density]
    while True:
        order = rng.permutation(len(words))
        if (order != np.arange(len(words))).all():
            return as_read(" ".join(words[i] for i in order).lower().capitalize() + ".")


def combination(rng: np.random.Generator, density: int) -> Sentence:
    """Two kinds of sentence in one, of the densest three."""
    size = 2 + (density == HARD_DENSITY)
    names = rng.choice(COMBINED, size=size, replace=False)
    return joined([_unended(VARIETIES[str(name)](rng, 1 + (density == 3))) for name in names])


def _unended(sentence: Sentence) -> Sentence:
    return Sentence(sentence.text[:-1], tuple(said[:-1] for said in sentence.spoken))


# What a combination joins, in the order that draws are taken from.
COMBINED = (
    "abbreviations", "code", "enumerations", "letters", "money", "numbers", "telephone",
    "times_dates",
)  # fmt: skip

VARIETIES: dict[str, Maker] = {
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
    "combinations": combination,
}
