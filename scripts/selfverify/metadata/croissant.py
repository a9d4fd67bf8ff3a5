"""Tables described in Croissant 1.0, http://mlcommons.org/croissant/1.0."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from selfverify.storage.checkpoints import file_sha256

CONTEXT = Path(__file__).with_name("croissant_context.json")
FORMATS = {".csv": "text/csv", ".parquet": "application/x-parquet"}


@dataclass(frozen=True)
class Described:
    """What is said of the whole."""

    name: str
    description: str
    version: str
    licences: Sequence[str]  # addresses
    creator: str
    cite_as: str


def describe_tables(
    whole: Described, tables: Sequence[Path], meanings: Mapping[str, str], root: Path
) -> dict[str, Any]:
    """Returns the JSON-LD: a file object and a record set for each table.

    Columns of lists and structures are left out: Croissant's records are flat.

    Args:
        whole: the data set.
        tables: CSV or Parquet files below `root`.
        meanings: of columns, by name.
        root: the folder that the description is in.
    """
    places = {path: str(path.relative_to(root)) for path in tables}
    return {
        "@context": json.loads(CONTEXT.read_text()),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": whole.name,
        "description": whole.description,
        "version": whole.version,
        "license": list(whole.licences),
        "creator": {"@type": "sc:Organization", "name": whole.creator},
        "citeAs": whole.cite_as,
        "distribution": [_file_object(path, place) for path, place in places.items()],
        "recordSet": [_record_set(path, place, meanings) for path, place in places.items()],
    }


def _file_object(path: Path, place: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": place,
        "name": place,
        "contentUrl": place,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": FORMATS[path.suffix],
        "sha256": file_sha256(path),
    }


def _record_set(path: Path, place: str, meanings: Mapping[str, str]) -> dict[str, Any]:
    name = place.rpartition(".")[0]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": f"{name}/{column}",
                "description": meanings.get(column, column.replace("_", " ")),
                "dataType": kind,
                "source": {"fileObject": {"@id": place}, "extract": {"column": column}},
            }
            for column, kind in _columns(path).items()
        ],
    }


def _columns(path: Path) -> dict[str, str]:
    """Columns of one value, each with its type."""
    if path.suffix == ".csv":
        schema = pa.Schema.from_pandas(pd.read_csv(path), preserve_index=False)
    else:
        schema = pq.read_schema(path)
    kinds = {field.name: _kind(field.type) for field in schema}
    return {name: kind for name, kind in kinds.items() if kind}


def _kind(type_: pa.DataType) -> str | None:
    tests = {
        "sc:Boolean": pa.types.is_boolean, "sc:Integer": pa.types.is_integer,
        "sc:Float": pa.types.is_floating, "sc:Text": _is_text,
    }  # fmt: skip
    return next((kind for kind, test in tests.items() if test(type_)), None)


def _is_text(type_: pa.DataType) -> bool:
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)
    return any(test(type_) for test in texts)
