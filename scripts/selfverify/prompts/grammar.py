"""The sentences that the mini voice is trained on and tested with.

A matrix-sentence test as audiology uses it (name verb number adjective noun: "Peter has fifteen
dark rings."), widened by a tail or a second clause. Words were kept where the recogniser hears the
voice say them: 94 candidates were spoken in 220 random sentences, and the 14 that it understood at
most five times in seven were dropped. `all` never speaks a corpus sentence: the texts are a
function of the seed, so the prompt sets can exclude them without the corpus at hand.
"""

from dataclasses import dataclass

import numpy as np

NAMES = (
    "Peter Kathy Rachel William Steven Thomas Michael Robert Jennifer Daniel Susan Richard Martin "
    "George Jessica Charles"
).split()
VERBS = (
    "got brought gives sold prefers has ordered found bought needs painted borrowed counted carried"
).split()
NUMBERS = (
    "two three seven eight nine twelve fifteen nineteen twenty thirty sixty eleven forty fifty"
).split()
ADJECTIVES = (
    "large small old dark green cheap pretty red white yellow heavy broken purple orange beautiful "
    "expensive wooden"
).split()
NOUNS = (
    "desks chairs shoes toys spoons rings tables flowers bottles pictures windows horses apples "
    "letters blankets candles baskets pencils umbrellas"
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
)

# Each in the slot of its kind, in `RARE_WORD_USES` sentences of the whole corpus.
RARE_WORDS = {
    "name": "Alexander Elizabeth Christopher Victoria Benjamin Samantha".split(),
    "adjective": "golden enormous delicious invisible ancient silver".split(),
    "noun": (
        "lanterns trumpets sandwiches elephants bicycles mountains butterflies newspapers "
        "mirrors pumpkins telephones violins"
    ).split(),
}
RARE_WORD_USES = 4

TAIL_SHARE = 0.30
TWO_CLAUSE_SHARE = 0.06


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


def draw_clause(rng: np.random.Generator) -> Clause:
    """Returns a clause with each slot drawn uniformly from the common words."""
    slots = (NAMES, VERBS, NUMBERS, ADJECTIVES, NOUNS)
    return Clause(*(str(rng.choice(words)) for words in slots))


def draw_tail(rng: np.random.Generator) -> str:
    """Returns a phrase that may end a sentence, such as "in the garden"."""
    return str(rng.choice(TAILS))


def draw_sentence(rng: np.random.Generator) -> str:
    """Returns a sentence of the kind and in the proportions that the corpus has."""
    kind = rng.random()
    if kind < TWO_CLAUSE_SHARE:
        return f"{draw_clause(rng)} and {draw_clause(rng)}."
    if kind < TWO_CLAUSE_SHARE + TAIL_SHARE:
        return f"{draw_clause(rng)} {draw_tail(rng)}."
    return f"{draw_clause(rng)}."


def rare_word_sentences(rng: np.random.Generator) -> list[str]:
    """Returns `RARE_WORD_USES` sentences for each rare word, in the slot of its kind."""
    sentences = []
    for kind, words in RARE_WORDS.items():
        for word in np.repeat(words, RARE_WORD_USES):
            slots = draw_clause(rng).__dict__ | {kind: str(word)}
            sentences.append(f"{Clause(**slots)}.")
    return sentences


def corpus_sentences(num_utterances: int, seed: int) -> list[str]:
    """Returns the distinct sentences of the training corpus, in a shuffled order.

    Args:
        num_utterances: how many; must leave room for the rare words.
        seed: of the draw; the same seed and number give the same list.
    """
    rng = np.random.default_rng(seed)
    sentences = dict.fromkeys(rare_word_sentences(rng))
    if num_utterances < len(sentences):
        raise ValueError(
            f"a corpus of {num_utterances} cannot hold the {len(sentences)} rare-word sentences"
        )
    while len(sentences) < num_utterances:
        sentences[draw_sentence(rng)] = None
    ordered = list(sentences)
    return [ordered[i] for i in rng.permutation(len(ordered))]
