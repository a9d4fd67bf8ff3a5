"""What the template may ask of results: tables, rows, parameters, each with its source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfverify.document.forms import finite
from selfverify.document.ledger import Ledger, Shown
from selfverify.document.sources import (
    TALLY,
    as_condition,
    find_key,
    matching,
    place_of,
    read_keys,
    read_table,
)
from selfverify.errors import InputError


def quoted(text: str) -> str:
    """Returns text as a string of Typst."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def typeset(text: str, cells: Sequence[Shown]) -> str:
    """Returns Typst that shows a text, and in HTML says which cells it comes from."""
    source = "; ".join(dict.fromkeys(cell.place for cell in cells))
    return f"#cell({quoted(text)}, {quoted(source)});"


@dataclass(frozen=True)
class Row:
    """A row of a table; shows its cells by name of the column."""

    ledger: Ledger
    file: str
    line: str
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """Returns a cell to decide by, not to show; InputError if there is none."""
        if column not in self.cells:
            raise InputError(f"{self.place(column)}: no such column, and the paper wants it")
        return self.cells[column]

    def place(self, column: str) -> str:
        """Returns file, line and column of a cell, for messages."""
        return place_of(self.file, self.line, column)

    def number(self, column: str) -> float:
        """Returns a number to compare by; InputError if it is none or not finite."""
        try:
            return finite(self[column])
        except ValueError:
            raise InputError(
                f"{self.place(column)}: {self[column]!r} is no finite number"
            ) from None

    def show(self, column: str, form: str = "text") -> str:
        """Returns Typst of one cell."""
        cell = self._cell(column, form)
        return typeset(cell.shown, [cell])

    def counted(self, prefix: str = "", n: str = "") -> str:
        """Returns Typst of "k/n = rate [low, high]" of the columns with a prefix."""
        k, n_cell = self._cell(f"{prefix}k", "count"), self._cell(n or "n", "count")
        rest = self._cells([f"{prefix}{name}" for name in ("rate", "low", "high")], "percent")
        rate, low, high = (cell.shown for cell in rest)
        text = f"{k.shown}/{n_cell.shown} = {rate} [{low}, {high}]"
        return typeset(text, [k, n_cell, *rest])

    def share(self, k: str, n: str = "n") -> str:
        """Returns Typst of "k/n"."""
        cells = self._cells([k, n], "count")
        return typeset("/".join(cell.shown for cell in cells), cells)

    def between(self, value: str, low: str = "low", high: str = "high", form: str = "percent"):
        """Returns Typst of "value [low, high]"."""
        cells = self._cells([value, low, high], form)
        middle, below, above = (cell.shown for cell in cells)
        return typeset(f"{middle} [{below}, {above}]", cells)

    def has(self, *columns: str) -> bool:
        """Whether none of the cells is empty: what is undefined has none."""
        return all(self[column] for column in columns)

    def range(self, low: str = "low", high: str = "high", form: str = "percent") -> str:
        """Returns Typst of "[low, high]"."""
        cells = self._cells([low, high], form)
        return typeset(f"[{cells[0].shown}, {cells[1].shown}]", cells)

    def _cells(self, columns: Sequence[str], form: str) -> list[Shown]:
        return [self._cell(column, form) for column in columns]

    def _cell(self, column: str, form: str) -> Shown:
        return self.ledger.enter(self.file, self.line, column, form)


@dataclass(frozen=True)
class Table:
    """A CSV of the study."""

    ledger: Ledger
    file: str

    def rows(self, **where: Any) -> list[Row]:
        """Returns the rows that have all the values, in the file's order."""
        return list(self._rows({column: str(value) for column, value in where.items()}))

    def row(self, **where: Any) -> Row:
        """Returns the one row that has all the values; InputError if it is not one."""
        rows = self.rows(**where)
        if len(rows) != 1:
            condition = as_condition({column: str(value) for column, value in where.items()})
            raise InputError(f"{self.file}: {len(rows)} rows with {condition}, the paper wants one")
        return rows[0]

    def tally(self, **where: Any) -> str:
        """Returns Typst of the number of rows that have all the values."""
        condition = as_condition({column: str(value) for column, value in where.items()})
        cell = self.ledger.enter(self.file, condition, TALLY, "count")
        return typeset(cell.shown, [cell])

    def values(self, column: str, **where: Any) -> list[str]:
        """Returns the values of a column, each once, to go through."""
        return list(dict.fromkeys(row[column] for row in self.rows(**where)))

    def _rows(self, where: dict[str, str]) -> Iterator[Row]:
        table = read_table(self.file)
        lines = matching(table, where, self.file).index
        for index, cells in zip(lines, table.loc[lines].to_dict("records"), strict=True):
            text = {str(column): str(value) for column, value in cells.items()}
            yield Row(self.ledger, self.file, str(int(index) + 2), text)


class Content:
    """The study's files by name, for the template."""

    def __init__(
        self, files: Sequence[Path], parameters: Sequence[Path], track: str, settings: Any
    ) -> None:
        """Takes files of results and figures, and parameters, of which later ones win.

        Names of files are as `_name` has them; `settings` are the parameters of all files.
        """
        self.ledger = Ledger()
        self.track = track
        self._settings = settings
        self._parameters = [str(path) for path in parameters]
        self._files = {_name(path): str(path) for path in files}

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._files

    def table(self, name: str) -> Table:
        """Returns a table; InputError if it was not made."""
        return Table(self.ledger, self.path(name))

    def path(self, name: str) -> str:
        """Returns where a file is; InputError if it was not made."""
        if name not in self._files:
            raise InputError(f"{name}: missing, and the paper shows it; run `snakemake all` first")
        return self._files[name]

    def param(self, key: str, form: str = "plain") -> str:
        """Returns Typst of a value of params.yaml; a key of the track begins with a dot."""
        return self.cell(self._file_of(key), self._full(key), form)

    def setting(self, key: str) -> Any:
        """Returns a value of params.yaml to decide by; `None` if it is not there."""
        return find_key(self._settings, self._full(key))

    def cell(self, file: str, key: str, form: str = "text") -> str:
        """Returns Typst of a value of a file with keys (`sources`)."""
        cell = self.ledger.enter(file, "", key, form)
        return typeset(cell.shown, [cell])

    def _full(self, key: str) -> str:
        return f"tracks.{self.track}{key}" if key.startswith(".") else key

    def _file_of(self, key: str) -> str:
        full = self._full(key)
        having = [f for f in self._parameters if find_key(read_keys(f), full) is not None]
        return having[-1] if having else self._parameters[0]


def _name(path: Path) -> str:
    """What the template calls a file: by its folder where names repeat, else by its name."""
    *_, above, parent, name = ("", "", *path.parts)
    if above in ("audio", "checkpoints"):
        return f"{above}/{parent}/{name}"
    return f"{parent}/{name}" if parent == "results" else name
