"""What columns mean, as data/README.md says it."""

import re
from pathlib import Path

_ROW = re.compile(r"^\| (?P<names>[\w, …]+) \| (?:[^|]* \| )?(?P<what>[^|]+) \|$")
_SKIPPED = {"column", "file"}


def read_dictionary(path: Path) -> dict[str, str]:
    """Returns what each column of the tables means, by name; the first section that says it wins.

    Args:
        path: data/README.md, whose tables have rows of the form `| name, name | type | what |`.
    """
    found: dict[str, str] = {}
    for line in path.read_text().splitlines():
        match = _ROW.match(line)
        if match is None or match["names"] in _SKIPPED:
            continue
        for name in match["names"].split(", "):
            found.setdefault(name, match["what"].strip())
    return found
