"""English: the metric of the study (`selfverify.metric`)."""

from collections.abc import Sequence

from selfverify.audio.pace import LIBRISPEECH_READERS, Pace, expected_seconds
from selfverify.languages.base import Language
from selfverify.metric.content import ContentError, content_error
from selfverify.metric.normalisation import normalise
from selfverify.metric.readings import Part, read_parts


class English(Language):
    """Whisper's English normaliser, mended, and rules for what has several readings."""

    name = "English"
    packages = ("openai-whisper", "num2words")
    pace = LIBRISPEECH_READERS

    def normalise(self, text: str) -> str:
        """See `metric.normalisation`."""
        return normalise(text)

    def read_parts(self, text: str) -> tuple[Part, ...]:
        """See `metric.readings`."""
        return read_parts(text)

    def content_error(self, readings: Sequence[str], hypothesis: str) -> ContentError:
        """See `metric.content`."""
        return content_error(readings, hypothesis)

    def expected_seconds(self, text: str, pace: Pace) -> float:
        """See `audio.pace`: a digit counts as four letters, as where the pace was measured."""
        return expected_seconds(text, pace)
