"""The benchmark's cells, each on its own.

A cell that fails is reported and the next one runs. Each cell's line is on disk before the next
begins, so that a run that was cut off goes on where it was.
"""

import json
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from selfverify.benchmarks.measuring import wait
from selfverify.errors import InputError


@dataclass(frozen=True)
class Cell:
    """One measurement; `key` names it in the file of results."""

    key: str
    facts: dict[str, Any]  # what it is: kind, system, batch_size
    measure: Callable[[], dict[str, Any]]


def run_cells(cells: Iterable[Cell], results: Path, budget_s: float, device: torch.device) -> None:
    """Measures what `results` lacks, a line of JSON each, until the budget is spent.

    Args:
        cells: in the order in which they matter.
        results: file of JSON lines; remove a line to measure its cell again.
        budget_s: after which no cell begins.
        device: that is measured.

    Raises:
        InputError: if a cell left the device unusable; the next run begins behind it.
    """
    done = {row["key"] for row in read_results(results)}
    begin = time.monotonic()
    for cell in cells:
        if cell.key in done:
            continue
        if time.monotonic() - begin > budget_s:
            print(f"{budget_s:g} s are spent; run it again to go on at {cell.key!r}", flush=True)
            return
        start = time.monotonic()
        try:
            row = cell.measure()
        except Exception as error:  # out of memory, a kernel that a card lacks: the others go on
            traceback.print_exc()
            message = str(error).strip().splitlines() or [""]
            row = {"error": f"{type(error).__name__}: {message[0][:300]}"}
        row = {"key": cell.key, **cell.facts, **row, "cell_s": time.monotonic() - start}
        print(json.dumps(row), flush=True)
        _append(json.dumps(row), results)
        if "error" in row:
            _check_alive(device, cell.key)


def _append(line: str, path: Path) -> None:
    """Behind a line that was cut off it would be lost with it, so that one is ended first."""
    before = path.read_text() if path.exists() else ""
    is_cut = before != "" and not before.endswith("\n")
    with path.open("a") as file:
        file.write("\n" * is_cut + line + "\n")


def _check_alive(device: torch.device, key: str) -> None:
    """An illegal access is every later call's error too, until the process ends."""
    try:
        wait(device)
    except Exception as error:
        raise InputError(f"{key!r} broke the device ({error}); run it again to go on") from error


def read_results(path: Path) -> list[dict[str, Any]]:
    """Returns the last line of each cell; a line that was cut off does not count."""
    rows: dict[str, dict[str, Any]] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        rows[row["key"]] = row
    return list(rows.values())
