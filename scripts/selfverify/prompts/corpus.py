"""The training corpus of the mini systems, as texts: a function of its seed.

`all` never speaks a corpus sentence: prompt sets exclude them without the corpus at hand.
"""

import numpy as np

from selfverify.prompts.grammar import Clause, Sentence, as_read, draw_clause, draw_plain
from selfverify.prompts.varieties import CORPUS_DENSITIES, VARIETIES

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

# In no sentence of the corpus.
UNSEEN_WORDS = {
    "name": "Margaret Vincent Dorothy Frederick".split(),
    "adjective": "crooked frozen gigantic narrow".split(),
    "noun": "hammers carrots ladders magazines computers kangaroos".split(),
}

VARIETY_SHARE = 0.045  # of the corpus, each


def draw_sentence(rng: np.random.Generator) -> Sentence:
    """Returns a sentence of the kind and in the proportions that the corpus has."""
    kind = int(rng.random() / VARIETY_SHARE)
    makers = list(VARIETIES.values())
    if kind >= len(makers):
        return draw_plain(rng)
    return makers[kind](rng, int(rng.choice(CORPUS_DENSITIES)))


def with_words(rng: np.random.Generator, words: dict[str, str]) -> Sentence:
    """Returns a clause with the given words in the slots that they are given for."""
    return as_read(f"{Clause(**(draw_clause(rng).__dict__ | words))}.")


def corpus_sentences(num_utterances: int, seed: int) -> list[Sentence]:
    """Returns the sentences of the training corpus, no text twice, in a shuffled order.

    Args:
        num_utterances: how many; must leave room for the rare words.
        seed: of the draw; the same seed and number give the same list.
    """
    rng = np.random.default_rng(seed)
    rare = [(kind, word) for kind, words in RARE_WORDS.items() for word in words]
    uses = [with_words(rng, {kind: word}) for kind, word in rare for _ in range(RARE_WORD_USES)]
    sentences = {sentence.text: sentence for sentence in uses}
    if num_utterances < len(sentences):
        raise ValueError(
            f"a corpus of {num_utterances} cannot hold the {len(sentences)} rare-word sentences"
        )
    while len(sentences) < num_utterances:
        sentence = draw_sentence(rng)
        sentences[sentence.text] = sentence
    ordered = list(sentences.values())
    return [ordered[i] for i in rng.permutation(len(ordered))]
