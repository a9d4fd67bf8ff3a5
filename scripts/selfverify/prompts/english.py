"""Sentences of real English that codec language models stumble over, read as they are written.

Everything that a text is made of comes from `vocabulary`, so that readings are known.
"""

import unicodedata

import numpy as np

from selfverify.prompts import vocabulary as words
from selfverify.prompts.grammar import Sentence, as_read, pick

NUM_LONG_CLAUSES = 5
NUM_LISTED = (7, 10)  # things of an enumeration, the upper bound excluded
NUM_SAID = (4, 8)  # times that a word is repeated
NUM_PHRASES_SAID = (2, 4)


def clause(rng: np.random.Generator) -> str:
    """Returns who did something to what, in lower case and without a full stop."""
    thing = f"{pick(rng, words.ADJECTIVES)} {pick(rng, words.NOUNS)}"
    return f"{pick(rng, words.PEOPLE)} {pick(rng, words.PAST_VERBS)} the {thing}"


def sentence_of(text: str, *readings: str) -> Sentence:
    """Returns a text with its readings, written with a large first letter."""
    return Sentence(text[0].upper() + text[1:], tuple(map(plain, readings or (text,))))


def plain(reading: str) -> str:
    """Returns a reading in the letters of English: hyphens become spaces, accents are dropped."""
    for sign, letters in {"-": " ", "ß": "ss", "þ": "th", "Þ": "Th", "ø": "o", "ł": "l", "Ł": "L",
                          "ı": "i"}.items():  # fmt: skip
        reading = reading.replace(sign, letters)
    return unicodedata.normalize("NFKD", reading).encode("ascii", "ignore").decode()


def very_short(rng: np.random.Generator) -> Sentence:
    """A phrase of one to three words, or a command of two."""
    if rng.random() < 0.5:
        return as_read(pick(rng, words.EXCLAMATIONS))
    end = pick(rng, [".", "!"])
    return as_read(f"{pick(rng, words.COMMANDS)} {pick(rng, words.OBJECTS)}{end}")


def long(rng: np.random.Generator) -> Sentence:
    """Clauses in a row, each with a place or a time."""
    text = clause(rng)
    for _ in range(NUM_LONG_CLAUSES - 1):
        where = pick(rng, [*words.PLACES, *words.TIMES])
        text += f" {where} {pick(rng, words.CONNECTIVES)} {clause(rng)}"
    return sentence_of(f"{text} {pick(rng, words.PLACES)}.")


def repeated_word(rng: np.random.Generator) -> Sentence:
    """A word said again and again."""
    word = pick(rng, "no very never again ha really knock wait far up".split())
    said = ", ".join([word] * int(rng.integers(*NUM_SAID)))
    speaker = pick(rng, words.PEOPLE)
    if rng.random() < 0.5:
        return sentence_of(f"{said}, said {speaker} {pick(rng, words.PLACES)}.")
    return sentence_of(f"{speaker} said {said} and {pick(rng, words.PAST_VERBS)} it.")


def repeated_phrase(rng: np.random.Generator) -> Sentence:
    """A clause said again with one word changed."""
    who, verb, noun = (
        pick(rng, options) for options in (words.PEOPLE, words.PAST_VERBS, words.NOUNS)
    )
    times = int(rng.integers(*NUM_PHRASES_SAID)) + 1
    adjectives = rng.choice(words.ADJECTIVES, size=times, replace=False)
    phrases = [f"{who} {verb} the {adjective} {noun}" for adjective in adjectives]
    return sentence_of(f"{', '.join(phrases[:-1])} and {phrases[-1]}.")


def tongue_twister(rng: np.random.Generator) -> Sentence:
    """Words of one row of `TWISTERS`, in two phrases."""
    names, verbs, adjectives, things = words.TWISTERS[pick(rng, list(words.TWISTERS))]
    name, verb = pick(rng, names), pick(rng, verbs)
    a, b, c, d = rng.choice(adjectives, size=4, replace=False)
    first, second = rng.choice(things, size=2, replace=False)
    return sentence_of(f"{name} {verb} {a} {b} {first} and {c} {d} {second}.")


def enumeration(rng: np.random.Generator) -> Sentence:
    """Seven to nine things between commas."""
    size = int(rng.integers(*NUM_LISTED))
    things = rng.choice(words.PLURALS, size=size, replace=False)
    start = f"{pick(rng, words.NAMES)} bought {', '.join(things[:-1])}"
    return sentence_of(f"{start}, and {things[-1]}.")


def question(rng: np.random.Generator) -> Sentence:
    """A question inside a question, or one with a tag."""
    inner = clause(rng)
    if rng.random() < 0.5:
        return sentence_of(f"{inner} {pick(rng, words.TIMES)}, didn't they?")
    start = pick(rng, ["did anybody ask whether", "who told you that", "do you know why"])
    return sentence_of(f"{start} {inner} {pick(rng, words.PLACES)}?")


def punctuation(rng: np.random.Generator) -> Sentence:
    """A clause cut up by dashes, dots, quotes and exclamation marks."""
    name, verb, adjective, noun = (
        pick(rng, options)
        for options in (words.NAMES, words.PAST_VERBS, words.ADJECTIVES, words.NOUNS)
    )
    place, interjection = pick(rng, words.PLACES), pick(rng, ["well", "oh", "listen", "look"])
    text = (
        f'"{interjection.capitalize()}... {name} -- {verb} the {adjective} {noun}?!" -- {place}...'
    )
    return Sentence(text, (f"{interjection} {name} {verb} the {adjective} {noun} {place}",))


def unusual_order(rng: np.random.Generator) -> Sentence:
    """The words of a clause and a place in random order."""
    shuffled = rng.permutation(f"{clause(rng)} {pick(rng, words.PLACES)}".split())
    return sentence_of(" ".join(shuffled) + ".")


def rare_words(rng: np.random.Generator) -> Sentence:
    """Three words of `RARE_WORDS`, quoted in a plain frame."""
    first, second, third = rng.choice(words.RARE_WORDS, size=3, replace=False)
    who = pick(rng, words.PEOPLE)
    frame = pick(rng, ["looked up", "could not spell", "kept confusing", "wrote down"])
    return sentence_of(f"{who} {frame} {first}, {second} and {third}.")


def foreign_names(rng: np.random.Generator) -> Sentence:
    """A person and two places, in the spelling of their languages."""
    name = pick(rng, words.FOREIGN_NAMES)
    start, end = rng.choice(words.FOREIGN_PLACES, size=2, replace=False)
    verb = pick(rng, ["travelled", "moved", "drove", "sent a letter"])
    return sentence_of(f"{name} {verb} from {start} to {end} {pick(rng, words.TIMES)}.")


def acronyms(rng: np.random.Generator) -> Sentence:
    """Two abbreviations of capitals: one read letter by letter, one read as a word."""
    spelled, word = pick(rng, words.INITIALISMS), pick(rng, words.ACRONYMS)
    who, verb = pick(rng, words.PEOPLE), pick(rng, ["called", "mentioned", "wrote to", "joined"])
    place = pick(rng, words.PLACES)
    return sentence_of(
        f"{who} {verb} {word} about the {spelled} {place}.",
        f"{who} {verb} {word.lower()} about the {' '.join(spelled)} {place}",
    )
