"""How far a transcript is from what should have been said.

Both sides go through Whisper's English normaliser (numbers to digits, punctuation and case away),
then spaces are removed and characters compared: "10:30" and "ten thirty", "wi-fi" and "wifi" are no
errors. An utterance may have several acceptable readings; the closest one counts.

Edge cases, on purpose: an empty hypothesis has error 1, not 0; an error rate is at most 1, however
much was invented; a reference that is empty after normalisation is refused, since nothing could be
an error against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import jiwer
from whisper.normalizers import EnglishTextNormalizer


@dataclass(frozen=True)
class ContentError:
    """What a transcript has wrong against the closest reading, all after normalisation."""

    cer: float  # characters, spaces removed; 0 … 1
    wer: float  # words; 0 … 1
    num_words: int  # of the hypothesis
    num_reference_words: int
    num_missing_at_end: int  # words of the reference after the last one that was heard


@cache
def _normaliser() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()


def normalise(text: str) -> str:
    """Returns text as Whisper's English normaliser writes it, on both sides of a comparison.

    Words without letter or digit are dropped; the normaliser leaves a lone full stop of "...".
    """
    words = _normaliser()(text).split()
    return " ".join(word for word in words if any(c.isalnum() for c in word))


def content_error(readings: Sequence[str], hypothesis: str) -> ContentError:
    """Returns the error of a transcript against the closest of the acceptable readings.

    Raises:
        ValueError: if there is no reading, or one has no word left after normalisation.
    """
    if not readings:
        raise ValueError("no acceptable reading to compare with")
    heard = normalise(hypothesis)
    errors = [_error(normalise(reading), heard, reading) for reading in readings]
    return min(errors, key=lambda error: (error.cer, error.wer))


def _error(reference: str, heard: str, reading: str) -> ContentError:
    if not reference:
        raise ValueError(f"the reading {reading!r} has no word that can be compared")
    characters = jiwer.cer(reference.replace(" ", ""), heard.replace(" ", ""))
    words = jiwer.process_words(reference, heard)
    last = words.alignments[0][-1]
    missing = last.ref_end_idx - last.ref_start_idx if last.type == "delete" else 0
    return ContentError(
        cer=min(characters, 1.0),
        wer=min(words.wer, 1.0),
        num_words=len(heard.split()),
        num_reference_words=len(reference.split()),
        num_missing_at_end=missing,
    )
