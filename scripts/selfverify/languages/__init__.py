"""Languages of the texts that are scored, one a file, loaded by their ISO 639-1 code."""

from functools import cache

from selfverify.adapters.loading import load_class
from selfverify.errors import InputError
from selfverify.languages.base import Language

LANGUAGES = {
    "de": "selfverify.languages.german:German",
    "en": "selfverify.languages.english:English",
    "es": "selfverify.languages.spanish:Spanish",
    "fr": "selfverify.languages.french:French",
    "zh": "selfverify.languages.mandarin:Mandarin",
}


@cache
def load_language(code: str) -> Language:
    """Returns a language by its code.

    Raises:
        InputError: if its normalisation and pace are not known here.
    """
    check_language(code)
    return load_class(LANGUAGES, code, "language")()


def check_language(code: str) -> None:
    """Raises `InputError` if texts of a language cannot be compared."""
    if code not in LANGUAGES:
        raise InputError(
            f"--language {code}: how its texts are said, and how long they take, is not known "
            f"here, its verdicts would be wrong; there are {', '.join(LANGUAGES)}"
        )
