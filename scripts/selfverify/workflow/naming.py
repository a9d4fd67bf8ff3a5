"""What is said of a name in the parameters that stands for nothing."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

Track = dict[str, Any]
Problems = Iterator[tuple[str, str]]  # key, and what is wrong with it


def near(name: str, known: Any) -> str:
    """Returns the end of a message: the name that was meant, or all there are."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(sorted(known))}"


def missing(kind: str, name: str, known: Any) -> str:
    """Returns the problem of a name that is none of the known ones."""
    return f"no {kind} {name!r}{near(name, known)}"
