"""Parquet in and out, whole or not at all.

Records are the dataclasses of `records`. A killed job leaves no half table behind.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from selfverify.errors import InputError
from selfverify.storage.files import atomic_path

Record = TypeVar("Record")
CURE = (
    "`rm` it and let `snakemake all` make it anew, or `dvc checkout` it; a table of your own needs "
    "the columns of data/README.md"
)
_FITS = {
    "str": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    "StopReason": pa.types.is_string,
    "int": pa.types.is_integer,
    "float": lambda kind: pa.types.is_floating(kind) or pa.types.is_integer(kind),
    "list": pa.types.is_list,
    "tuple": pa.types.is_list,
}


def write_table(table: pd.DataFrame | pa.Table, path: Path) -> None:
    """Writes a Parquet file; equal rows give equal bytes."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata()
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def write_records(records: Sequence[Any], path: Path) -> None:
    """Writes dataclasses as rows."""
    write_table(pa.Table.from_pylist([_plain(record) for record in records]), path)


def read_records(kind: type[Record], path: Path) -> list[Record]:
    """Returns the rows of a Parquet file as instances of the dataclass `kind`.

    Raises:
        InputError: if the file is missing or damaged, or lacks a column, or has one of another
            type.
    """
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    schema = read_schema(path, [field.name for field in fields])
    for field in fields:
        fits = _FITS.get(
            field.type if isinstance(field.type, str) else getattr(field.type, "__name__", "")
        )
        found = schema.field(field.name).type
        if fits and not fits(found) and not pa.types.is_null(found):
            raise InputError(f"{path}: column {field.name!r} is {found}; {CURE}")
    with naming_table(path):
        rows = pq.read_table(path, columns=[field.name for field in fields]).to_pylist()
    return [kind(**row) for row in rows]


def read_schema(path: Path, columns: Iterable[str]) -> pa.Schema:
    """Returns the schema of a Parquet file.

    Raises:
        InputError: if the file is missing or damaged, or lacks one of the columns.
    """
    with naming_table(path):
        schema = pq.read_schema(path)
    for name in columns:
        if name not in schema.names:
            raise InputError(
                f"{path}: no column {name!r}; there are: {', '.join(schema.names)}; {CURE}"
            )
    return schema


@contextmanager
def naming_table(path: Path) -> Iterator[None]:
    """Turns what pyarrow has against a file into one line with the cure."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {CURE}") from None
    except (OSError, pa.ArrowException) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise InputError(f"{path}: no whole Parquet file: {reason}; {CURE}") from None


def read_shard(kind: type[Record], path: Path, shard: int, num_shards: int) -> list[Record]:
    """Returns one of `num_shards` equal parts of a file's rows, neighbours kept together."""
    records = read_records(kind, path)
    start, end = (len(records) * part // num_shards for part in (shard, shard + 1))
    return records[start:end]


def read_tables(paths: Iterable[Path], columns: list[str] | None = None) -> pd.DataFrame:
    """Returns the rows of several Parquet files of one kind, in the order given.

    Raises:
        InputError: if a file is missing or damaged, or lacks one of the columns.
    """
    tables = []
    for path in paths:
        read_schema(path, columns or [])
        with naming_table(path):
            tables.append(pd.read_parquet(path, columns=columns))
    return pd.concat(tables, ignore_index=True)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Writes a CSV file with six significant digits."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def _plain(record: Any) -> dict[str, Any]:
    """A record as a row: enums become their text."""
    values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    return {name: v.value if isinstance(v, Enum) else v for name, v in values.items()}
