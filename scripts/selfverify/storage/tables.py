"""Parquet in and out, whole or not at all.

Records are the dataclasses of `records`. A killed job leaves no half table behind.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from selfverify.storage.files import atomic_path

Record = TypeVar("Record")


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
    """Returns the rows of a Parquet file as instances of the dataclass `kind`."""
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return [kind(**row) for row in pq.read_table(path, columns=names).to_pylist()]


def read_shard(kind: type[Record], path: Path, shard: int, num_shards: int) -> list[Record]:
    """Returns one of `num_shards` equal parts of a file's rows, neighbours kept together."""
    records = read_records(kind, path)
    start, end = (len(records) * part // num_shards for part in (shard, shard + 1))
    return records[start:end]


def read_tables(paths: Iterable[Path], columns: list[str] | None = None) -> pd.DataFrame:
    """Returns the rows of several Parquet files of one kind, in the order given."""
    return pd.concat([pd.read_parquet(path, columns=columns) for path in paths], ignore_index=True)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Writes a CSV file with six significant digits."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def _plain(record: Any) -> dict[str, Any]:
    """A record as a row: enums become their text."""
    values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    return {name: v.value if isinstance(v, Enum) else v for name, v in values.items()}
