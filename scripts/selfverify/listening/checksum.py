"""What tells an export of the page from a file that was written or changed by hand.

No signature: whoever reads the page can compute it. The page has the same function.
"""

from typing import Any

OFFSET, PRIME = 2166136261, 16777619  # FNV-1a of 32 bits, draft-eastlake-fnv


def checksum(file: dict[str, Any]) -> str:
    """Returns eight hexadecimal digits of an exported file: of test, rater and all answers."""
    lines = [file.get("study"), file.get("rater"), str(file.get("simulated")).lower()]
    lines += [_line(trial, file["answers"][trial]) for trial in sorted(file["answers"])]
    digest = OFFSET
    for byte in "\n".join(map(str, lines)).encode(errors="replace"):
        digest = (digest ^ byte) * PRIME % 2**32
    return f"{digest:08x}"


def _line(trial_id: str, given: Any) -> str:
    """A trial with its audio and answers, values of a question joined by `+`."""
    try:
        chosen = [value for _, value in sorted(given["answer"].items())]
        values = ["+".join([value] if isinstance(value, str) else value) for value in chosen]
        return " ".join([trial_id, *given["sha256"], *values])
    except (AttributeError, KeyError, TypeError):
        return f"{trial_id} ?"
