"""Malformed input that must end in one line with the cure, counted by kind."""

import io
import re
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout

import pytest

from selfverify.errors import InputError

TALLY: Counter = Counter()
# What a cure begins with; it tells the reader what to do, or what was meant.
CURES = re.compile(
    r"\b(choose|did you mean|fetch|free|git checkout|give|mend|mind|quote|remove|restore|rm|save"
    r"|set|spell|there are|try again|write|put|see)\b"
)


def refused(kind: str, call, *parts: str) -> str:
    """Asserts that `call` ends in an InputError of one line with all parts; returns the line."""
    with pytest.raises(InputError) as error:
        call()
    line = str(error.value)
    assert "\n" not in line
    assert CURES.search(line), f"no cure: {line}"
    for part in parts:
        assert part in line, f"{part!r} is not in: {line}"
    TALLY[kind] += 1
    return line


def exits(kind: str, monkeypatch, arguments, call) -> str:
    """What is printed by a command that must end with a status above 0 and without a traceback."""
    monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit) as end:
        call()
    text = printed.getvalue() + (end.value.code if isinstance(end.value.code, str) else "")
    assert end.value.code not in (0, None)
    assert "Traceback" not in text
    assert text.strip()
    TALLY[kind] += 1
    return text
