"""Drawing a prompt set by written criteria: its categories in turn, no text twice."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from selfverify.audio.pace import Pace, expected_seconds
from selfverify.errors import InputError
from selfverify.prompts.grammar import Sentence
from selfverify.storage.records import Utterance

OWN_WORDS = "written for this project, MIT"
# With a tenth of a category's sentences left, all of so many draws miss once in 10**45 times.
MAX_TRIES = 1000

# Returns the text that a sentence is too close to, or None if it may stay.
Conflict = Callable[[Sentence], str | None]


@dataclass(frozen=True)
class Category:
    """One criterion of a prompt set."""

    rule: str  # what makes a sentence belong, in words
    draw: Callable[[np.random.Generator], Sentence]
    licence: str = OWN_WORDS  # of its word lists


def draw_prompts(
    name: str,
    categories: Mapping[str, Category],
    *,
    num_utterances: int,
    seed: int,
    pace: Pace,
    conflict: Conflict,
) -> list[Utterance]:
    """Returns the utterances of a prompt set; a larger set of the same seed begins with a smaller.

    Args:
        name: of the set; sets of different names share no random numbers.
        categories: take turns, so that each has its share.
        num_utterances: how many.
        seed: of the draw.
        pace: of the voice that is expected to say them.
        conflict: see `overlap.apart_from`.

    Raises:
        InputError: if a category has no sentence left.
    """
    rng = np.random.default_rng([seed, *name.encode()])
    sentences = _in_turn(name, categories, rng, conflict)
    rows = [next(sentences) for _ in range(num_utterances)]
    return [
        _utterance(f"{name}-{index:04d}", sentence, category, name, pace)
        for index, (category, sentence) in enumerate(rows)
    ]


def prompt_set_hash(utterances: Iterable[Utterance]) -> str:
    """Returns the SHA-256 of what is spoken and how: id, text, readings and category of each."""
    rows = ["\t".join((u.utterance_id, u.category, u.text, *u.spoken)) for u in utterances]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _in_turn(
    name: str,
    categories: Mapping[str, Category],
    rng: np.random.Generator,
    conflict: Conflict,
) -> Iterator[tuple[str, Sentence]]:
    """Category and sentence without end, no text twice and none in conflict."""
    seen: set[str] = set()

    def refusal(sentence: Sentence) -> str | None:
        return sentence.text if sentence.text in seen else conflict(sentence)

    while True:
        for key, category in categories.items():
            sentence = _accepted(f"prompt set {name}, category {key}", category, rng, refusal)
            seen.add(sentence.text)
            yield key, sentence


def _accepted(
    place: str, category: Category, rng: np.random.Generator, conflict: Conflict
) -> Sentence:
    """The first sentence without conflict; `place` names prompt set and category."""
    refused = ""
    for _ in range(MAX_TRIES):
        sentence = category.draw(rng)
        other = conflict(sentence)
        if other is None:
            return sentence
        refused = f"{sentence.text!r}, too close to {other!r}"
    raise InputError(
        f"{place}: {MAX_TRIES:,} draws gave nothing new, at last {refused}; lower num_utterances"
    )


def _utterance(
    utterance_id: str, sentence: Sentence, category: str, split: str, pace: Pace
) -> Utterance:
    return Utterance(
        utterance_id=utterance_id,
        text=sentence.text,
        spoken=sentence.readings,
        category=category,
        split=split,
        num_words=len(sentence.readings[0].split()),
        expected_s=round(expected_seconds(sentence.spoken[0], pace), 3),
    )
