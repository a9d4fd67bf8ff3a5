"""Whether a text is in the language that it is said to be in (py3langid, a naive Bayes classifier).

A text is doubted only if the language that it should have is nearly ruled out. Examined on 3,076
English texts and transcripts of at least 18 letters (prompts of this study, LibriSpeech, the pairs
of tests/verdicts): the least probability of English was .0078, so none was doubted.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from selfverify.errors import InputError
from selfverify.languages import LANGUAGES

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MIN_BYTES = 18  # of letters in UTF-8; a shorter text says too little
MAX_CHARACTERS = 10_000  # of all texts together
RULED_OUT = 0.005  # a probability below it
KNOWN = ", ".join(LANGUAGES)
SPOKEN_ALIKE = {"zh": ("zh", "yue", "wuu", "lzh")}  # written with the same characters


def check_texts(texts: Iterable[str], language: str, place: str) -> None:
    """Raises `InputError` if texts together look like another language than `language`."""
    if found := other_language(" ".join(texts)[:MAX_CHARACTERS], language):
        cure = f"say --language {found}" if found in LANGUAGES else f"there are {KNOWN}"
        raise InputError(
            f"{place}: looks like {found!r}, not {language!r}; {cure}, or --trust-language if it is"
        )


def other_language(text: str, language: str) -> str | None:
    """Returns the code of the language that a text is in, None if it may be in `language`."""
    if num_letter_bytes(text) < MIN_BYTES:
        return None
    likely = dict(_identifier().rank(text))
    if sum(likely.get(code, 0.0) for code in SPOKEN_ALIKE.get(language, (language,))) >= RULED_OUT:
        return None
    return max(likely, key=lambda code: likely[code])


def num_letter_bytes(text: str) -> int:
    """Returns how many bytes the letters of a text take in UTF-8."""
    return len("".join(filter(str.isalpha, text)).encode())


@cache
def _identifier() -> "LanguageIdentifier":
    # Most of a second to load its table.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
