"""How long a text should take, by its letters, at a voice's pace."""

from dataclasses import dataclass

LETTERS_PER_DIGIT = 4  # the mean of "zero" … "nine"


@dataclass(frozen=True)
class Pace:
    """A voice's pace: seconds = fixed_s + s_per_letter × letters, silence at the ends included."""

    fixed_s: float
    s_per_letter: float


# Least squares over 3,840 training utterances of the mini voice (residual .17 s). The 0.79 s
# include its 0.25 s of silence at the ends.
MINI_VOICE = Pace(fixed_s=0.79, s_per_letter=0.056)
# Least squares over 1,483 utterances of 39 readers of LibriSpeech test-clean, of 2.4 to 10 s
# (residual .87 s). Of those recordings 98 % last .72 to 1.50 times the estimate and all .66 to 2.03
# times, so that a limit of 2.5 leaves any reader room.
LIBRISPEECH_READERS = Pace(fixed_s=1.31, s_per_letter=0.064)


def expected_seconds(text: str, pace: Pace) -> float:
    """Returns how long a text takes at a pace, in seconds; a digit counts as four letters."""
    num_letters = sum(c.isalpha() for c in text)
    num_digits = sum(c.isdigit() for c in text)
    return pace.fixed_s + pace.s_per_letter * (num_letters + LETTERS_PER_DIGIT * num_digits)
