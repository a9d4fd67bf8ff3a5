"""Datasets that Hugging Face's library saved to disk, as records of a manifest.

Audio that lies inside the dataset is written to a temporary folder, which lasts as long as the
process: what reads clips reads files.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selfverify.errors import InputError
from selfverify.scoring.outputs import writing

MARKS = ("dataset_info.json", "dataset_dict.json")
AUDIO_COLUMNS = ("audio", "reference_audio")
PLACES = "where audio lies"  # key of a record: by column, where that is no path of the folder


def is_dataset(folder: Path) -> bool:
    """Returns whether `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote the folder."""
    return any((folder / mark).is_file() for mark in MARKS)


def read_dataset(folder: Path) -> list[dict[str, Any]]:
    """Returns a record per row, of a `DatasetDict` those of all splits.

    Its columns are those of a manifest; `audio` and `reference_audio` are Audio columns, or paths
    as in a table. What lies inside is called by split, number and the file that it came from.

    Raises:
        InputError: if the dataset cannot be loaded.
    """
    from datasets import Dataset, load_from_disk

    try:
        found = load_from_disk(str(folder))
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{folder}: no whole dataset: {reason}; save it again") from None
    splits = {"": found} if isinstance(found, Dataset) else dict(found)
    inside = Path(tempfile.mkdtemp(prefix="selfverify-"))
    atexit.register(shutil.rmtree, inside, ignore_errors=True)
    return [
        record
        for name, split in splits.items()
        for record in _records(split, str(name), inside, folder)
    ]


def _records(split: Any, name: str, inside: Path, folder: Path) -> Iterator[dict[str, Any]]:
    from datasets import Audio

    for column, feature in split.features.items():
        if isinstance(feature, Audio):
            split = split.cast_column(column, Audio(decode=False))
    for number, record in enumerate(split):
        row = f"{name or 'row'}-{number:06d}"
        places: dict[str, Path] = {}
        for column in AUDIO_COLUMNS:
            if isinstance(record.get(column), dict):
                store = inside / f"{row}.{column}"
                record[column], places[column] = _file_of(record[column], row, store, folder)
        yield record | {PLACES: places}


def _file_of(audio: dict[str, Any], row: str, store: Path, folder: Path) -> tuple[str, Path]:
    """What a row's audio is called, and where it lies: in `store`, if not in a file already."""
    given = Path(audio.get("path") or "")
    if audio.get("bytes") is None:
        return str(given), folder / given
    with writing(store):
        store.write_bytes(audio["bytes"])
    return f"{row}-{given.name}" if given.name else row, store
