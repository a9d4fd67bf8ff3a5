"""How far a transcript is from what should have been said, and what it has too little or too much.

Both sides are normalised (`metric.normalisation`), then spaces are removed and characters compared:
"10:30" and "ten thirty", "wi-fi" and "wifi" are no errors. An utterance may have several acceptable
readings; the closest one counts.

Edge cases, on purpose: an empty hypothesis has error 1, not 0; an error rate is at most 1, however
much was invented; a reference that is empty after normalisation is refused, since nothing could be
an error against it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import jiwer

from selfverify.metric.normalisation import normalise, strip_tags
from selfverify.metric.readings import closest_pair, read_parts

MAX_NGRAM = 6  # words; a longer phrase said again holds shorter ones said again
SAME_WORD = 0.85  # likeness from which a word is one of the text's, heard a little wrong


@dataclass(frozen=True)
class ContentError:
    """What a transcript has wrong against the closest reading, all after normalisation."""

    cer: float  # characters, spaces removed; 0 … 1
    wer: float  # words; 0 … 1
    num_words: int  # of the hypothesis
    num_reference_words: int
    num_missing_at_end: int  # words that lack after the last one heard right
    num_hits: int = 0  # words heard right, in their order
    num_inserted_in_row: int = 0  # most words too many between two hits, before all or after all
    num_repeated: int = 0  # most words of a phrase said more often than the reading has it


def content_error(readings: Sequence[str], hypothesis: str) -> ContentError:
    """Returns the error of a transcript against the closest of the acceptable readings.

    Raises:
        ValueError: if there is no reading, or one has no word left after normalisation.
    """
    if not readings:
        raise ValueError("no acceptable reading to compare with")
    heard = read_parts(hypothesis)
    pairs = [closest_pair(read_parts(_text(reading)), heard) for reading in readings]
    errors = [error_between(reference, words) for reference, words in pairs]
    return min(errors, key=lambda error: (error.cer, error.wer))


def num_repeated_words(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Returns the words that the most repeated phrase of at most `MAX_NGRAM` words has too many.

    A phrase of n words said k times, non-overlapping, has n · (k - r) too many, where r is how
    often the reading says it, or once if it never does; but no more than its words are said too
    often one by one, which matters where a phrase repeats within itself: "no no no no" has one "no"
    more than "no no no", not two. A word much like one of the reading's is taken for it ("teachers"
    for "teacher", `SAME_WORD` by difflib's ratio): of two times a recogniser mishears one.
    """
    heard = [next(iter(get_close_matches(w, reference, 1, SAME_WORD)), w) for w in heard]
    said, wanted = _marked(heard), _marked(reference)
    written = Counter(reference)
    surplus = {word: k - max(1, written[word]) for word, k in Counter(heard).items()}
    phrases = {
        tuple(heard[start : start + size])
        for size in range(1, MAX_NGRAM + 1)
        for start in range(len(heard) - size + 1)
    }
    return max(
        (
            min(
                len(phrase) * (said.count(_marked(phrase)) - max(1, wanted.count(_marked(phrase)))),
                sum(max(0, surplus[word]) for word in set(phrase)),
            )
            for phrase in phrases
        ),
        default=0,
    )


def _text(reading: str) -> str:
    """What is to be said: what it has in brackets is, tags for the voice are not."""
    text = strip_tags(reading).translate(str.maketrans("[]<>", " " * 4))
    if not normalise(text):
        raise ValueError(f"the reading {reading!r} has no word that can be compared")
    return text


def _marked(words: Sequence[str]) -> str:
    """Words between bars, so that counting a phrase in a text counts whole words."""
    return "".join(f"|{word}|" for word in words)


def error_between(reference: str, heard: str) -> ContentError:
    """Returns the error of words against those of a reading, both normalised."""
    characters = jiwer.cer(reference.replace(" ", ""), heard.replace(" ", ""))
    words = jiwer.process_words(reference, heard)
    gaps = _gaps(words)
    last_missing, last_inserted = gaps[-1]
    return ContentError(
        cer=min(characters, 1.0),
        wer=min(words.wer, 1.0),
        num_words=len(heard.split()),
        num_reference_words=len(reference.split()),
        num_missing_at_end=max(0, last_missing - last_inserted),
        num_hits=words.hits,
        num_inserted_in_row=max(0, *(inserted - missing for missing, inserted in gaps)),
        num_repeated=num_repeated_words(reference.split(), heard.split()),
    )


def _gaps(words: jiwer.WordOutput) -> list[tuple[int, int]]:
    """Words of reference and of hypothesis before, between and after the runs of hits.

    Gaps, because alignments of equal cost put a substitution first or last in a run of insertions.
    """
    gaps = [(0, 0)]
    for chunk in words.alignments[0]:
        if chunk.type == "equal":
            gaps.append((0, 0))
        else:
            missing, inserted = gaps[-1]
            missing += chunk.ref_end_idx - chunk.ref_start_idx
            gaps[-1] = (missing, inserted + chunk.hyp_end_idx - chunk.hyp_start_idx)
    return gaps
