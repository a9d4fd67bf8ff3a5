"""Recognisers for `selfverify score`, with what they can hear: an English model writes English.

Whisper's English models take any language for English, without a word.
"""

from functools import lru_cache

from selfverify.asr import load_recogniser
from selfverify.asr.base import Recogniser
from selfverify.errors import InputError
from selfverify.scoring.fingerprint import Listener

HEAR_ENGLISH = ("moonshine", "pocketsphinx")  # whatever the model


def check_hears(listener: Listener, language: str, option: str) -> None:
    """Raises `InputError` if a recogniser is known by its name to hear English alone."""
    is_english = listener.model.endswith((".en", ".en.pt")) or listener.model.startswith("package:")
    if language != "en" and (is_english or listener.adapter in HEAR_ENGLISH):
        raise InputError(_refusal(listener, language, option))


@lru_cache(maxsize=2)
def load_listener(listener: Listener, device: str, language: str, batch_size: int) -> Recogniser:
    """Returns the recogniser.

    Raises:
        InputError: with what its package has against the model or the device, in one line, or if
            its model turns out to hear English alone.
    """
    adapter, model = listener.adapter, listener.model
    try:
        recogniser = load_recogniser(
            adapter, model, device=device, language=language, batch_size=batch_size
        )
    except InputError:
        raise
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"--recogniser {adapter} --model {model}: {reason}") from error
    if language != "en" and not hears_other_languages(recogniser):
        raise InputError(_refusal(listener, language, "--recogniser"))
    return recogniser


def hears_other_languages(recogniser: Recogniser) -> bool:
    """Returns whether a model is multilingual; true of one that does not say, such as CTC's."""
    model = getattr(recogniser, "model", None)
    inner = getattr(model, "model", None)  # CTranslate2's, within faster-whisper's
    said = getattr(inner, "is_multilingual", getattr(model, "is_multilingual", True))
    return bool(said)


def _refusal(listener: Listener, language: str, option: str) -> str:
    return (
        f"{option} {listener.adapter}: {listener.model} hears English alone, not {language!r}; "
        "name a multilingual one, such as --recogniser faster-whisper --model small, or a path"
    )
