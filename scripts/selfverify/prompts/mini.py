"""Prompt sets of the mini track: sentences that no mini system was trained on.

`standard` is drawn as the corpus is. `hard` leaves the corpus in one way per category:

- long: three clauses; the corpus has two at most (longest corpus utterance 5.5 s);
- repeats: one word of a sentence said three times in a row, which the corpus never does;
- rare_words: two words that the corpus has four times each, and never together;
- unusual_order: the five words of a clause in an order that the grammar does not allow.
"""

from collections.abc import Callable, Iterator

import numpy as np

from selfverify.prompts import expected_seconds
from selfverify.prompts.grammar import RARE_WORDS, Clause, draw_clause, draw_sentence
from selfverify.records import Utterance

NUM_REPEATS = 3


def long_sentence(rng: np.random.Generator) -> str:
    """Returns three clauses joined by "and"."""
    return " and ".join(str(draw_clause(rng)) for _ in range(3)) + "."


def repeated_word(rng: np.random.Generator) -> str:
    """Returns a clause with one of its words said three times."""
    words = draw_clause(rng).words
    place = int(rng.integers(len(words)))
    return " ".join([*words[:place], *[words[place]] * NUM_REPEATS, *words[place + 1 :]]) + "."


def rare_words(rng: np.random.Generator) -> str:
    """Returns a clause with rare words in two of its slots."""
    kinds = rng.choice(sorted(RARE_WORDS), size=2, replace=False)
    slots = {str(kind): str(rng.choice(RARE_WORDS[kind])) for kind in kinds}
    return f"{Clause(**(draw_clause(rng).__dict__ | slots))}."


def unusual_order(rng: np.random.Generator) -> str:
    """Returns the words of a clause shuffled, none at its own place."""
    words = draw_clause(rng).words
    while True:
        order = rng.permutation(len(words))
        if (order != np.arange(len(words))).all():
            return " ".join(words[i] for i in order).lower().capitalize() + "."


HARD_CATEGORIES: dict[str, Callable[[np.random.Generator], str]] = {
    "long": long_sentence,
    "repeats": repeated_word,
    "rare_words": rare_words,
    "unusual_order": unusual_order,
}


def make_prompt_set(
    name: str, *, num_utterances: int, seed: int, excluded: set[str]
) -> list[Utterance]:
    """Returns the utterances of a prompt set.

    Args:
        name: "standard" or "hard".
        num_utterances: how many; for `hard` the categories share them as evenly as possible.
        seed: of the draw.
        excluded: texts that must not appear, the training corpus.
    """
    rng = np.random.default_rng([seed, *name.encode()])
    kinds = HARD_CATEGORIES if name == "hard" else {"standard": draw_sentence}
    texts = _distinct(list(kinds), kinds, rng, excluded)
    rows = [next(texts) for _ in range(num_utterances)]
    return [
        _utterance(f"{name}-{index:04d}", text, category, name)
        for index, (category, text) in enumerate(rows)
    ]


def _distinct(
    order: list[str],
    kinds: dict[str, Callable[[np.random.Generator], str]],
    rng: np.random.Generator,
    excluded: set[str],
) -> Iterator[tuple[str, str]]:
    """Category and text, the categories in turn, no text twice and none that is excluded."""
    seen = set(excluded)
    while True:
        for category in order:
            text = kinds[category](rng)
            while text in seen:
                text = kinds[category](rng)
            seen.add(text)
            yield category, text


def _utterance(utterance_id: str, text: str, category: str, split: str) -> Utterance:
    return Utterance(
        utterance_id=utterance_id,
        text=text,
        spoken=(text.rstrip("."),),
        category=category,
        split=split,
        num_words=len(text.split()),
        expected_s=round(expected_seconds(text), 3),
    )
