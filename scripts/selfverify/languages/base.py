"""What a language is to scoring: how its texts are said, spelled, and how long they take.

A pace is that of people who read aloud, in letters: `LIBRISPEECH_READERS`, which was measured here
for English, times how much slower or faster the international reading speed texts were read in the
language than in English (Trauzettel-Klosinski and Dietz 2012, IOVS 53, 5452, table of characters
per minute: English 987, German 920, Spanish 1,025, French 998, Chinese 255). None of the others was
measured here.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from selfverify.audio.pace import LIBRISPEECH_READERS, Pace, expected_seconds
from selfverify.metric.content import ContentError, error_between
from selfverify.metric.normalisation import strip_tags
from selfverify.metric.readings import Part, closest_pair
from selfverify.metric.taxonomy import Thresholds

ENGLISH_CHARACTERS_PER_MINUTE = 987
BRACKETS = str.maketrans("[]<>", " " * 4)  # what a text has in them is said


def reading_aloud(characters_per_minute: int) -> Pace:
    """Returns the pace of readers of a language by the source above."""
    slower = ENGLISH_CHARACTERS_PER_MINUTE / characters_per_minute
    return Pace(LIBRISPEECH_READERS.fixed_s, round(LIBRISPEECH_READERS.s_per_letter * slower, 4))


class Language(ABC):
    """How texts of a language are compared with what was heard."""

    name: ClassVar[str]  # in English
    packages: ClassVar[tuple[str, ...]]  # that its normal form depends on
    pace: ClassVar[Pace]

    @abstractmethod
    def normalise(self, text: str) -> str:
        """Returns the words of a text, single spaces between them; empty if it has none."""

    @abstractmethod
    def read_parts(self, text: str) -> tuple[Part, ...]:
        """Returns a text as parts with their readings; joined, any choice is a reading of it."""

    def settle(self, reference: str, heard: str) -> str:
        """Returns the words heard, those that sound as the reference's spelled as these."""
        return heard

    def content_error(self, readings: Sequence[str], hypothesis: str) -> ContentError:
        """Returns the error of a transcript against the closest of the acceptable readings.

        Raises:
            ValueError: if there is no reading, or one has no word.
        """
        if not readings:
            raise ValueError("no acceptable reading to compare with")
        heard = self.read_parts(hypothesis)
        errors = [self._error(self._parts_of(reading), heard) for reading in readings]
        return min(errors, key=lambda error: (error.cer, error.wer))

    def expected_seconds(self, text: str, pace: Pace) -> float:
        """Returns how long a text takes at a pace, in seconds, once its numbers are words."""
        said = "".join(part[0] for part in self.read_parts(text))
        return expected_seconds(said, pace)

    def thresholds(self, of_words: Thresholds) -> Thresholds:
        """Returns the metric's numbers for what this language's normal form has as words."""
        return of_words

    def _parts_of(self, reading: str) -> tuple[Part, ...]:
        text = strip_tags(reading).translate(BRACKETS)
        if not self.normalise(text):
            raise ValueError(f"the reading {reading!r} has no word that can be compared")
        return self.read_parts(text)

    def _error(self, reference: tuple[Part, ...], heard: tuple[Part, ...]) -> ContentError:
        words, found = closest_pair(reference, heard, self.normalise)
        return error_between(words, self.settle(words, found))
