"""Prompt sets of the mini track, by written criteria: sentences that no mini system was trained on.

`standard` is drawn as the corpus's plain sentences are. `hard` has three kinds of categories: each
of the `VARIETIES`, of which the corpus has a little (4.5 % each); words that it has four times
each; words that it never has. `calibration` is drawn as `hard` is, to tell its
categories apart before it is seen; `train`, for distillation, mixes `standard` and `hard`.
"""

import numpy as np

from selfverify.audio.pace import MINI_VOICE
from selfverify.prompts import varieties
from selfverify.prompts.categories import Category, Conflict, draw_prompts
from selfverify.prompts.corpus import RARE_WORDS, UNSEEN_WORDS, with_words
from selfverify.prompts.grammar import Sentence, draw_plain, pick
from selfverify.storage.records import Utterance


def rare_words(rng: np.random.Generator) -> Sentence:
    """A clause with rare words in two of its slots."""
    kinds = rng.choice(sorted(RARE_WORDS), size=2, replace=False)
    return with_words(rng, {str(kind): pick(rng, RARE_WORDS[kind]) for kind in kinds})


def unseen_words(rng: np.random.Generator) -> Sentence:
    """A clause with an unseen word in one of its slots."""
    kind = pick(rng, sorted(UNSEEN_WORDS))
    return with_words(rng, {kind: pick(rng, UNSEEN_WORDS[kind])})


STANDARD_CATEGORIES = {
    "standard": Category(
        "a clause of name, verb, number, adjective and noun; 30 % with a tail of two or three "
        "words, 6 % with a second clause",
        draw_plain,
    ),
}

VARIETY_RULES = {
    "short": "a number, an adjective and a noun, no clause",
    "long": "four clauses and a tail",
    "repeats": "a clause with two of its words four times in a row each",
    "tongue_twisters": "nine words or more that begin alike, in four phrases",
    "enumerations": "seven nouns in a list with commas",
    "questions": "two questions inside a question, and a tail",
    "numbers": "a clause with four numbers of two digits",
    "money": "two prices with dollars and cents",
    "times_dates": "two dates and a time of day, or two times and a date",
    "telephone": "eight digits with a hyphen, read one by one",
    "letters": "five single letters, read by their names, and a number",
    "abbreviations": "two titles in short form, and brackets",
    "code": "two assignments with a dot, two underscores and =",
    "unusual_order": "eleven words, none at its own place",
    "combinations": "three of the kinds with digits, letters, titles or lists in one sentence",
}


def _dense(variety: str) -> Category:
    """A variety at the density of `hard`."""
    make = varieties.VARIETIES[variety]
    return Category(VARIETY_RULES[variety], lambda rng: make(rng, varieties.HARD_DENSITY))


HARD_CATEGORIES = {
    **{variety: _dense(variety) for variety in varieties.VARIETIES},
    "rare_words": Category("a clause with two words that the corpus has four times", rare_words),
    "unseen_words": Category("a clause with one word that the corpus never has", unseen_words),
}

# Unseen words must stay unseen.
TRAIN_CATEGORIES = {
    key: category
    for key, category in (STANDARD_CATEGORIES | HARD_CATEGORIES).items()
    if key != "unseen_words"
}

PROMPT_SETS = {
    "standard": STANDARD_CATEGORIES,
    "hard": HARD_CATEGORIES,
    "calibration": HARD_CATEGORIES,
    "train": TRAIN_CATEGORIES,
}


def make_prompt_set(
    name: str, *, num_utterances: int, seed: int, conflict: Conflict
) -> list[Utterance]:
    """Returns the utterances of a prompt set, its categories in turn.

    Args:
        name: a key of `PROMPT_SETS`.
        num_utterances: how many.
        seed: of the draw.
        conflict: refuses sentences, such as those of the training corpus.
    """
    categories = PROMPT_SETS[name]
    return draw_prompts(
        name,
        categories,
        num_utterances=num_utterances,
        seed=seed,
        pace=MINI_VOICE,
        conflict=conflict,
    )
