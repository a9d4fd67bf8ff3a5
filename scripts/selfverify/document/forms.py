"""How a cell is written in the paper; one that is missing or not finite is written in no way."""

import math
import re
from collections.abc import Callable

from selfverify.errors import InputError

MINUS = "\N{MINUS SIGN}"
NEGATIVE = re.compile(r"(?<!\w)-(?=\d)")  # of a number within a text
WORDS = ("text", "words", "short hash")  # forms that are no numbers
CURE = "run `snakemake all` to make it anew, or leave the row out of the template"


def show(raw: str, form: str, place: str) -> str:
    """Returns a cell as the paper shows it.

    Args:
        raw: the cell as its file has it.
        form: a key of `FORMS`.
        place: file, row and column, for the message.

    Raises:
        InputError: if the cell is empty, or is to be a number and is none or not finite.
    """
    if raw.strip() == "":
        raise InputError(f"{place}: empty, and the paper shows it; {CURE}")
    try:
        shown = FORMS[form](raw)
    except (ValueError, OverflowError):
        raise InputError(f"{place}: {raw!r} is no finite number; {CURE}") from None
    return MINUS + shown[1:] if form not in WORDS and shown.startswith("-") else shown


def finite(raw: str) -> float:
    """Returns a number; ValueError if it is none or not finite."""
    value = float(raw)
    if not math.isfinite(value):
        raise ValueError(raw)
    return value


def _count(raw: str) -> str:
    value = finite(raw)
    if value != int(value):
        raise ValueError(raw)
    return f"{int(value):,}"


def _plain(raw: str) -> str:
    value = finite(raw)
    return f"{value:.0f}" if value == int(value) else f"{value:g}"


def _p_value(raw: str) -> str:
    value = finite(raw)
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


FORMS: dict[str, Callable[[str], str]] = {
    "text": lambda raw: NEGATIVE.sub(MINUS, raw.strip()),
    "words": lambda raw: raw.strip().replace("_", " "),
    "count": _count,
    "plain": _plain,
    "percent": lambda raw: f"{finite(raw):.1%}",
    "share": lambda raw: f"{finite(raw):.0%}",
    "two": lambda raw: f"{finite(raw):.2f}",
    "millions": lambda raw: f"{finite(raw) / 1e6:.1f} M",
    "p": _p_value,
    "short hash": lambda raw: raw.strip()[:12],
}
