"""The plain sentences that the mini voice is trained on and tested with.

A matrix-sentence test as audiology uses it (name verb number adjective noun: "Peter has fifteen
dark rings."), widened by a tail or a second clause. Words were kept where the recogniser hears the
voice say them: of 130 candidates in 220 and 275 in 800 random sentences, those that it understood
in at most about two of three were dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NAMES = (
    "Peter Kathy Rachel William Steven Thomas Michael Robert Jennifer Daniel Susan Richard Martin "
    "George Jessica Charles Helen Frank Henry David Linda Andrew Emily Simon "
    "Teresa Marcus Olivia"
).split()
VERBS = (
    "got brought gives sold prefers has ordered found bought needs painted borrowed counted "
    "carried dropped repaired collected moved noticed packed polished delivered returned"
).split()
NUMBERS = (
    "two three seven eight nine twelve fifteen nineteen twenty thirty sixty eleven forty fifty"
).split()
ADJECTIVES = (
    "large small old dark green cheap pretty red white yellow heavy broken purple orange beautiful "
    "expensive wooden blue brown plastic dirty empty famous friendly perfect modern square round "
    "simple strange terrible tiny useful wonderful bright clean dusty single warm lovely "
    "different special"
).split()
NOUNS = (
    "desks chairs shoes toys spoons rings tables flowers bottles pictures windows horses apples "
    "letters blankets candles baskets pencils umbrellas boxes books doors lamps shirts jackets "
    "carpets cameras curtains buttons cookies potatoes tomatoes bananas lemons mushrooms onions "
    "pillows puzzles envelopes hats boats trucks tickets tractors engines guitars "
    "rabbits chickens dolphins monkeys turtles diamonds notebooks "
    "stamps statues machines ribbons robots suitcases batteries"
).split()
TAILS = (
    "in the garden",
    "on Monday",
    "in the kitchen",
    "for the children",
    "at the station",
    "every morning",
    "after lunch",
    "in the city",
    "on Friday",
    "from the market",
    "near the river",
    "with his brother",
    "last summer",
    "for the teacher",
    "behind the church",
    "before the weekend",
    "under the bridge",
    "at the airport",
    "in the hospital",
    "with her sister",
    "next to the library",
    "during the winter",
    "without any help",
    "from another country",
    "this afternoon",
    "on Saturday",
    "across the street",
    "for the neighbors",
    "at the office",
    "early in the evening",
)

TAIL_SHARE = 0.30
TWO_CLAUSE_SHARE = 0.06


@dataclass(frozen=True)
class Sentence:
    """A text as it is written, and how it may be read."""

    text: str
    spoken: tuple[str, ...]  # readings without digits or signs; the first is the voice's

    @property
    def readings(self) -> tuple[str, ...]:
        """The readings as words alone, what a transcript is compared with."""
        return tuple(re.sub(r"[^A-Za-z' ]", "", reading) for reading in self.spoken)


@dataclass(frozen=True)
class Clause:
    """The five slots of a matrix sentence."""

    name: str
    verb: str
    number: str
    adjective: str
    noun: str

    @property
    def words(self) -> list[str]:
        """The words in spoken order."""
        return [self.name, self.verb, self.number, self.adjective, self.noun]

    def __str__(self) -> str:
        return " ".join(self.words)


def as_read(text: str) -> Sentence:
    """Returns a sentence that is read as it is written."""
    return Sentence(text, (text,))


def pick(rng: np.random.Generator, words: Sequence[str]) -> str:
    """Returns one of the words, each as likely as the others."""
    return str(rng.choice(np.array(words)))


def draw_clause(rng: np.random.Generator) -> Clause:
    """Returns a clause with each slot drawn uniformly from the common words."""
    slots = (NAMES, VERBS, NUMBERS, ADJECTIVES, NOUNS)
    return Clause(*(pick(rng, words) for words in slots))


def draw_plain(rng: np.random.Generator) -> Sentence:
    """Returns a plain sentence: a clause, a clause with a tail, or two clauses."""
    kind = rng.random()
    if kind < TWO_CLAUSE_SHARE:
        return as_read(f"{draw_clause(rng)} and {draw_clause(rng)}.")
    if kind < TWO_CLAUSE_SHARE + TAIL_SHARE:
        return as_read(f"{draw_clause(rng)} {pick(rng, TAILS)}.")
    return as_read(f"{draw_clause(rng)}.")
