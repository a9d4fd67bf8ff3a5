"""Prompt sets: the texts to be spoken, with what is known of each."""

import re

# Seconds of a clip ≈ FIXED_S + S_PER_LETTER × letters: least squares over 3,840 training utterances
# of the mini voice (residual .17 s). The 0.79 s include its 0.25 s of silence at the ends.
FIXED_S = 0.79
S_PER_LETTER = 0.056


def expected_seconds(text: str) -> float:
    """Returns how long a text takes at the mini voice's pace, in seconds."""
    return FIXED_S + S_PER_LETTER * len(re.sub(r"[^A-Za-z]", "", text))
