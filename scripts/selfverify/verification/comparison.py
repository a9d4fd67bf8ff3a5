"""Numbers in print: do they still follow from the records?"""

import re
from itertools import zip_longest
from pathlib import Path

TEXTS = (".csv", ".json", ".md", ".tex")
# A README shows a table between these marks; the path is of the file that the table is in.
_SHOWN = re.compile(r"<!-- (?P<source>\S+\.md) -->\n(?P<table>.*?)<!-- end -->", re.S)


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


def shown_tables(text: str) -> dict[str, list[str]]:
    """Returns the tables that a Markdown text shows: path of the source to lines."""
    return {match["source"]: match["table"].strip().splitlines() for match in _SHOWN.finditer(text)}


def stale_tables(readme: Path, root: Path) -> list[str]:
    """Returns a sentence for every table of a README that is not what its source says.

    Args:
        readme: Markdown file.
        root: folder that the sources' paths are relative to.
    """
    problems = []
    for source, shown in shown_tables(readme.read_text()).items():
        lines = (root / source).read_text().splitlines()
        table = [line for line in lines if line.startswith("|")]
        if shown != table:
            problems.append(f"{readme}: the table from {source} is not what that file says")
    return problems


def refresh_tables(text: str, root: Path) -> str:
    """Returns a Markdown text whose tables are those of their sources."""

    def table(match: re.Match) -> str:
        lines = (root / match["source"]).read_text().splitlines()
        rows = "\n".join(line for line in lines if line.startswith("|"))
        return f"<!-- {match['source']} -->\n{rows}\n<!-- end -->"

    return _SHOWN.sub(table, text)
