"""How close two prompts are, so that distillation never trains on what it is evaluated with.

Two texts overlap by the share of the shorter one's word trigrams that the other has too (the
containment of Broder 1997, "On the resemblance and containment of documents", of the smaller set).
Unlike Jaccard's index it also sees a short prompt inside a long one. Trigrams, because a clause of
the mini grammar has five words: three of them in common, a noun phrase, give 1/3, four give 2/3.
"""

import re
from collections.abc import Iterable

from selfverify.prompts.categories import Conflict
from selfverify.prompts.grammar import Sentence
from selfverify.storage.records import Utterance

NGRAM_WORDS = 3

Ngrams = frozenset[tuple[str, ...]]


def word_ngrams(text: str) -> Ngrams:
    """Returns a text's runs of three words, case aside; of a shorter text, the whole."""
    words = re.findall(r"[a-z']+", text.lower())
    size = min(NGRAM_WORDS, len(words))
    return frozenset(zip(*(words[start:] for start in range(size)), strict=False))


def containment(first: Ngrams, second: Ngrams) -> float:
    """Returns the share of the smaller set that the other has, 0 … 1."""
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def apart_from(
    texts: Iterable[str] = (), evaluated: Iterable[Utterance] = (), max_overlap: float = 1.0
) -> Conflict:
    """Returns what finds the text that a sentence is too close to.

    Args:
        texts: refused word for word, such as those of a training corpus.
        evaluated: prompts that systems are evaluated with.
        max_overlap: with one of these, at and above which a sentence is refused.
    """
    known = frozenset(texts)
    prompts = [(u.text, word_ngrams(u.spoken[0])) for u in evaluated]

    def conflict(sentence: Sentence) -> str | None:
        if sentence.text in known:
            return sentence.text
        own = word_ngrams(sentence.readings[0])
        near = (text for text, ngrams in prompts if containment(own, ngrams) >= max_overlap)
        return next(near, None)

    return conflict
