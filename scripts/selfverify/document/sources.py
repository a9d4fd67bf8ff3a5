"""The cells that the paper's numbers come from, found again by file, row and column.

A row is a line of a table, 2 the first below the heading, or a condition that counts rows
(`conclusion=holds`). It is empty where a file has keys instead: params.yaml, JSON, TOML, a lock of
versions, the constants of a Python module.
"""

import ast
import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from selfverify.errors import InputError

if TYPE_CHECKING:  # imported where a table is read: every plan of Snakemake imports this module
    import pandas as pd

TALLY = "rows"  # the column of a number of rows
_LOCKED = re.compile(r"^(?P<name>[\w.-]+)(?:\[.*\])?==(?P<version>\S+)")


def read_cell(file: str, row: str, column: str) -> str:
    """Returns a cell as its file has it.

    Raises:
        InputError: names file, row and column that are not there.
    """
    if Path(file).suffix == ".csv":
        return _tally(file, row) if column == TALLY else _table_cell(file, row, column)
    value = find_key(read_keys(file), column)
    if value is None:
        raise InputError(f"{place_of(file, row, column)}: no such key, and the paper shows it")
    return str(value)


def place_of(file: str, row: str, column: str) -> str:
    """Returns file, row and column in words."""
    return ", ".join(filter(None, [file, f"line {row}" if row.isdigit() else row, column]))


def read_table(file: str) -> "pd.DataFrame":
    """Returns a CSV whose cells are text as the file has them; InputError if it is missing."""
    return _table(file, _changed_ns(file))


def read_keys(file: str) -> Any:
    """Returns what a file of keys and values has; InputError if it is missing or of no kind."""
    return _keys(file, _changed_ns(file))


def find_key(values: Any, key: str) -> Any:
    """Returns the value of a dotted key, `None` if there is none; names may have dots."""
    if not isinstance(values, Mapping):
        return None
    if key in values:
        return values[key]
    parts = key.split(".")
    heads = (".".join(parts[:end]) for end in range(1, len(parts)))
    found = (find_key(values[head], key[len(head) + 1 :]) for head in heads if head in values)
    return next((value for value in found if value is not None), None)


def matching(table: "pd.DataFrame", where: Mapping[str, str], file: str) -> "pd.DataFrame":
    """Returns the rows that have all the values; InputError names a column that is missing."""
    for column, value in where.items():
        if column not in table:
            raise InputError(f"{file}: no column {column}, and the paper shows it")
        table = table.loc[table[column] == value]
    return table


def as_condition(where: Mapping[str, str]) -> str:
    """Returns equalities as text."""
    return "; ".join(f"{column}={value}" for column, value in where.items())


def _tally(file: str, condition: str) -> str:
    pairs = [part.partition("=") for part in condition.split("; ") if part]
    where = {column: value for column, _, value in pairs}
    return str(len(matching(read_table(file), where, file)))


def _table_cell(file: str, row: str, column: str) -> str:
    table = read_table(file)
    index = int(row) - 2
    if column not in table or not 0 <= index < len(table):
        raise InputError(f"{place_of(file, row, column)}: no such cell, and the paper shows it")
    return str(table[column].iloc[index])


def _changed_ns(file: str) -> int:
    if not Path(file).exists():
        raise InputError(f"{file}: missing, and the paper shows it; run `snakemake all` first")
    return Path(file).stat().st_mtime_ns


@cache
def _table(file: str, _changed_ns: int) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_csv(file, dtype=str, keep_default_na=False)


@cache
def _keys(file: str, _changed_ns: int) -> Any:
    text = Path(file).read_text()
    match Path(file).suffix:
        case ".yaml":
            return yaml.safe_load(text)
        case ".json":
            return json.loads(text)
        case ".toml":
            return tomllib.loads(text)
        case ".lock":
            found = map(_LOCKED.match, text.splitlines())
            return {match["name"]: match["version"] for match in found if match}
        case ".py":
            return _constants(text)
    raise InputError(f"{file}: the paper reads no files of this kind")


def _constants(text: str) -> dict[str, Any]:
    """Names of a module that stand for a literal."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found
