"""Progress of long jobs: a line now and then with the time left, fit for a log file."""

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


class _LineTqdm(tqdm):
    """tqdm that ends its lines, so that the jobs of a workflow do not overwrite one another."""

    @staticmethod
    def status_printer(file: Any) -> Callable[[str], None]:
        def print_status(text: str) -> None:
            print(text, file=file, flush=True)

        return print_status

    def close(self) -> None:
        self.leave = True
        super().close()


def progress(
    items: Iterable[Item] | None = None,
    *,
    name: str,
    total: int | None = None,
    unit: str = "it",
    every_s: float = 10.0,
) -> tqdm:
    """Returns a tqdm over `items`: an iterator, or a bar to `update`, that prints every `every_s`.

    Args:
        items: what to go through; None for a bar that the caller updates.
        name: what the job is, at the start of each line.
        total: number of units, where `items` does not say.
        unit: what is counted.
        every_s: seconds between two lines.
    """
    return _LineTqdm(
        items, desc=name, total=total, unit=unit, mininterval=every_s, maxinterval=every_s,
        miniters=1, file=sys.stderr, ncols=100, ascii=True,
    )  # fmt: skip
