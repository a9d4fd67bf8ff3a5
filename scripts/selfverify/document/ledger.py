"""The list of all that the paper shows of results, each with the cell that it comes from."""

from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import pandas as pd

from selfverify.document.forms import show
from selfverify.document.sources import place_of, read_cell
from selfverify.errors import InputError
from selfverify.storage.tables import write_csv


@dataclass(frozen=True)
class Shown:
    """A cell and how the paper writes it."""

    file: str
    row: str  # line of a table, a condition, or empty (`sources`)
    column: str
    form: str  # key of `forms.FORMS`
    shown: str

    @property
    def place(self) -> str:
        """File, row and column."""
        return place_of(self.file, self.row, self.column)


class Ledger:
    """What has been shown so far, each once."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, ...], Shown] = {}

    def enter(self, file: str, row: str, column: str, form: str) -> Shown:
        """Returns a cell as it is shown, from now on in the list; errors as of `show`."""
        raw = read_cell(file, row, column)
        shown = Shown(file, row, column, form, show(raw, form, place_of(file, row, column)))
        self._shown[astuple(shown)] = shown
        return shown

    def entries(self) -> list[Shown]:
        """Returns the list, in the order of the paper."""
        return list(self._shown.values())

    def write(self, path: Path) -> None:
        """Writes the list as a table, a row per cell."""
        write_csv(pd.DataFrame([asdict(shown) for shown in self.entries()]), path)


def read_ledger(path: Path) -> list[Shown]:
    """Returns what a paper shows.

    Raises:
        InputError: if the file is missing or has other columns.
    """
    if not path.exists():
        raise InputError(f"{path}: missing; run `snakemake paper`")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    try:
        return [Shown(**{str(k): str(v) for k, v in row.items()}) for row in
                table.to_dict("records")]  # fmt: skip
    except TypeError:
        raise InputError(f"{path}: other columns than a paper's; run `snakemake paper`") from None
