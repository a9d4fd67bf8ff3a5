"""Numbers in print: do they still follow from the records?"""

import re
from itertools import zip_longest
from pathlib import Path

from selfverify.errors import InputError

TEXTS = (".csv", ".json", ".md", ".tex")
# A page shows a table between these marks; the path is of the file that the table is in. A word
# after it keeps the rows that have it as a cell: <!-- figures/mini/table_best_of_n.md: hard -->.
_SHOWN = re.compile(
    r"<!-- (?P<source>\S+\.md)(?:: (?P<only>[\w-]+))? -->\n(?P<table>.*?)<!-- end -->", re.S
)


def difference(printed: Path, recomputed: Path) -> str | None:
    """Returns how a printed file differs from the same made again, as a sentence; None if not.

    Of a text it is the first line that differs.
    """
    if not printed.exists():
        return f"{printed} is missing"
    if printed.read_bytes() == recomputed.read_bytes():
        return None
    if printed.suffix not in TEXTS:
        return f"{printed} is not what the records give"
    lines = (path.read_text().splitlines() for path in (printed, recomputed))
    for number, (ours, theirs) in enumerate(zip_longest(*lines), start=1):
        if ours != theirs:
            return f"{printed}, line {number}: {ours!r} is printed, the records say {theirs!r}"
    return None


def num_tables(text: str) -> int:
    """Returns how many tables a Markdown text shows."""
    return len(_SHOWN.findall(text))


def stale_tables(page: Path, root: Path) -> list[str]:
    """Returns a sentence for every table of a page that is not what its source says.

    Args:
        page: Markdown file.
        root: folder that the sources' paths are relative to.
    """
    problems = []
    for match in _SHOWN.finditer(page.read_text()):
        if not (root / match["source"]).exists():
            problems.append(f"{page}: {match['source']}, whose table it shows, is missing")
        elif match["table"].strip().splitlines() != _rows(match, root):
            problems.append(f"{page}: the table from {match['source']} is not what that file says")
    return problems


def refresh_tables(text: str, root: Path) -> str:
    """Returns a Markdown text whose tables are those of their sources."""

    def table(match: re.Match) -> str:
        heading = match[0].partition("\n")[0]
        return "\n".join([heading, *_rows(match, root), "<!-- end -->"])

    return _SHOWN.sub(table, text)


def _rows(match: re.Match, root: Path) -> list[str]:
    """The lines of a table as its source has them: two of heading, and the rows that are shown."""
    source = root / match["source"]
    if not source.exists():
        raise InputError(f"{source} is missing, whose table a page shows; make it, then the page")
    lines = [line for line in source.read_text().splitlines() if line.startswith("|")]
    kept = [line for line in lines[2:] if match["only"] in (None, *_cells(line))]
    return lines[:2] + kept


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
