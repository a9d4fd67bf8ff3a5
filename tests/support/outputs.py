"""Where the tests let tables be written."""

from pathlib import Path

from selfverify.results.markup import TableFiles


def table_files(folder: Path) -> TableFiles:
    """The files t.csv, t.md and t.tex of a folder."""
    return TableFiles(folder / "t.csv", folder / "t.md", folder / "t.tex")
