"""Prompt sets of the mini track, by written criteria: sentences that no mini system was trained on.

`standard` is drawn as the corpus's plain sentences are. `hard` has three kinds of categories: each
of the `VARIETIES`, of which the corpus has a little (1.5 % each); words that it has four times
each; words that it never has. `train`, for distillation, mixes both.
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

HARD_CATEGORIES = {
    "short": Category("two words: a number or adjective, and a noun", varieties.short),
    "long": Category("three clauses, which is longer than any plain sentence", varieties.long),
    "repeats": Category("a clause with one of its words three times in a row", varieties.repeats),
    "tongue_twisters": Category(
        "at least five words that begin alike, in two phrases", varieties.tongue_twister
    ),
    "enumerations": Category("four nouns in a list with commas", varieties.enumeration),
    "questions": Category("a clause as a question", varieties.question),
    "numbers": Category("a clause with its number in digits", varieties.digits),
    "money": Category("a price in digits with a dollar sign", varieties.money),
    "times_dates": Category("a time of day as 7:30, or a date as March 3", varieties.time),
    "telephone": Category("five digits with a hyphen, read one by one", varieties.telephone),
    "letters": Category("two single letters, read by their names", varieties.letters),
    "abbreviations": Category("a title in short form, and brackets", varieties.abbreviation),
    "code": Category("an assignment with a dot, an underscore and =", varieties.code),
    "unusual_order": Category(
        "the five words of a clause, none at its own place", varieties.unusual_order
    ),
    "rare_words": Category("a clause with two words that the corpus has four times", rare_words),
    "unseen_words": Category("a clause with one word that the corpus never has", unseen_words),
}

# Unseen words must stay unseen, and tongue twisters have 178 texts in all: too few to keep apart.
TRAIN_CATEGORIES = {
    key: category
    for key, category in (STANDARD_CATEGORIES | HARD_CATEGORIES).items()
    if key not in ("unseen_words", "tongue_twisters")
}

PROMPT_SETS = {
    "standard": STANDARD_CATEGORIES,
    "hard": HARD_CATEGORIES,
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
