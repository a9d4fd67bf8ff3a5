"""Failures made on purpose, from audio that is right: what a scorer has to find.

Audio in, audio out: mono samples of shape (num_samples,) in -1 … 1. Word times are estimated, not
measured: letters share the speech evenly, and a boundary moves to the quietest moment nearby. A
splice may so cut into a word; a recogniser hears the neighbours of a splice worse than a real
system's repetition, never better.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from selfverify.storage.records import FailureMode

FRAME_S = 0.01  # of the energy envelope
SPEECH_DB = -40.0  # below the loudest frame: the silence around speech
SEARCH_S = 0.06  # a boundary moves at most so far, less than half a short syllable
NUM_REPEATED_WORDS = 3
RUNAWAY_S = 45.0  # beyond the 30 s that Whisper hears at once
RUNAWAY_TIMES = 3  # of a text that takes long itself
NOISE_DB = -20.0  # as loud as speech
SPEED = 1.6


@dataclass(frozen=True)
class Source:
    """A clip that is right, and what it says."""

    audio: np.ndarray
    sample_rate: int
    words: tuple[str, ...]


Corruption = Callable[[Source, Source, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Kind:
    """A way to corrupt a clip, and the classes that name it right."""

    corrupt: Corruption
    expected: tuple[FailureMode, ...]
    min_words: int = 1  # of the text; shorter ones cannot be corrupted so


def speech_span(audio: np.ndarray, sample_rate: int) -> tuple[int, int]:
    """Returns first and last sample of the speech: frames within `SPEECH_DB` of the loudest."""
    level = _envelope_db(audio, sample_rate)
    loud = np.flatnonzero(level > level.max() + SPEECH_DB)
    frame = round(FRAME_S * sample_rate)
    return int(loud[0]) * frame, min(int(loud[-1] + 1) * frame, len(audio))


def word_boundaries(source: Source) -> np.ndarray:
    """Returns the samples between which the words are, shape (num_words + 1,)."""
    start, end = speech_span(source.audio, source.sample_rate)
    letters = np.cumsum([0, *(len(word) + 1 for word in source.words)])
    guesses = start + (end - start) * letters / letters[-1]
    level = _envelope_db(source.audio, source.sample_rate)
    frame = round(FRAME_S * source.sample_rate)
    reach = round(SEARCH_S / FRAME_S)
    inner = []
    for guess in (guesses[1:-1] / frame).astype(int):
        first = max(guess - reach, 0)
        inner.append((first + int(level[first : guess + reach + 1].argmin())) * frame)
    return np.array([start, *inner, end])


def cut_tail(share: float) -> Corruption:
    """Returns the corruption that ends a clip when `share` of its speech is still to come."""

    def corrupt(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
        start, end = speech_span(source.audio, source.sample_rate)
        return source.audio[: round(end - share * (end - start))]

    return corrupt


def repeat_phrase(times: int) -> Corruption:
    """Returns the corruption that says three words in a row `times` times."""

    def corrupt(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
        bounds = word_boundaries(source)
        first = int(rng.integers(len(source.words) - NUM_REPEATED_WORDS + 1))
        start, end = bounds[first], bounds[first + NUM_REPEATED_WORDS]
        phrase = source.audio[start:end]
        return np.concatenate([source.audio[:end], *[phrase] * (times - 1), source.audio[end:]])

    return corrupt


def insert_other(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
    """Another sentence, after any word, the last included."""
    place = rng.choice(word_boundaries(source)[1:])
    start, end = speech_span(other.audio, other.sample_rate)
    return np.concatenate([source.audio[:place], other.audio[start:end], source.audio[place:]])


def swap(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
    """Another sentence instead."""
    return other.audio


def silence(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
    """Digital silence as long as the clip."""
    return np.zeros_like(source.audio)


def noise(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
    """White noise as long as the clip."""
    return 10 ** (NOISE_DB / 20) * rng.standard_normal(len(source.audio)).astype(np.float32)


def no_audio(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
    """No samples."""
    return source.audio[:0]


def run_away(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
    """The sentence over and over, `RUNAWAY_S` long, and at least `RUNAWAY_TIMES` times."""
    num_samples = max(round(RUNAWAY_S * source.sample_rate), RUNAWAY_TIMES * len(source.audio))
    return np.resize(source.audio, num_samples)


def speed_up(source: Source, other: Source, rng: np.random.Generator) -> np.ndarray:
    """Everything said, `SPEED` times as fast and as high: no failure."""
    return soxr.resample(source.audio, source.sample_rate * SPEED, source.sample_rate)


_M = FailureMode
KINDS: dict[str, Kind] = {
    "empty": Kind(no_audio, (_M.EMPTY,)),
    "silence": Kind(silence, (_M.SILENCE,)),
    "noise": Kind(noise, (_M.SILENCE,)),
    "tail_cut_30": Kind(cut_tail(0.3), (_M.EARLY_TERMINATION,)),
    "tail_cut_50": Kind(cut_tail(0.5), (_M.EARLY_TERMINATION,)),
    "tail_cut_70": Kind(cut_tail(0.7), (_M.EARLY_TERMINATION,)),
    "runaway": Kind(run_away, (_M.RUNAWAY,)),
    "phrase_twice": Kind(repeat_phrase(2), (_M.REPETITION,), NUM_REPEATED_WORDS),
    # Of a short text this is longer than a runaway may be.
    "phrase_four_times": Kind(repeat_phrase(4), (_M.REPETITION, _M.RUNAWAY), NUM_REPEATED_WORDS),
    "other_inserted": Kind(insert_other, (_M.HALLUCINATION, _M.RUNAWAY)),
    "other_instead": Kind(swap, (_M.CONTENT_COLLAPSE,)),
    "sped_up": Kind(speed_up, (_M.OK, _M.MINOR)),
}


def other_of(sources: Sequence[Source], index: int) -> Source:
    """Returns the next clip, the first after the last: the one to insert or to swap with."""
    return sources[(index + 1) % len(sources)]


def _envelope_db(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Level of each frame of `FRAME_S`, shape (num_frames,)."""
    frame = round(FRAME_S * sample_rate)
    num_frames = max(len(audio) // frame, 1)
    frames = np.resize(audio, num_frames * frame).reshape(num_frames, frame).astype(np.float64)
    return 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
