"""The parameters that the paper shows, as the run had them that it is of."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from selfverify.document.sources import find_key, read_keys
from selfverify.errors import InputError
from selfverify.workflow.params_file import merged

SHARED = ("seed", "metric")  # by all tracks


def shown_parameters(track: str) -> list[str]:
    """Returns the keys of params.yaml that decide a track's paper, dotted."""
    return [*SHARED, f"tracks.{track}"]


def fingerprint(values: Mapping[str, Any], track: str) -> str:
    """Returns 16 hexadecimal digits that stand for the values of these keys."""
    shown = {key: find_key(values, key) for key in shown_parameters(track)}
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def read_parameters(paths: Sequence[Path], track: str, expected: str) -> dict[str, Any]:
    """Returns the parameters of files, of which later ones win key by key.

    Raises:
        InputError: if the run had others than the files say, by `--config`.
    """
    values: dict[str, Any] = {}
    for path in paths:
        values = merged(values, read_keys(str(path)))
    if fingerprint(values, track) != expected:
        raise InputError(
            f"{paths[-1]}: the run has other parameters, by --config, and the paper shows those of "
            "files; put them into a file and name it by --configfile"
        )
    return values
