"""Reading `params.yaml` so that Snakemake and DVC read the same in it.

Snakemake reads YAML 1.1 and takes the last of two equal keys, DVC reads YAML 1.2 and refuses them:
0123 is 83 to one and 123 to the other, 5e-4 a text and a number. What they differ in is refused.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from selfverify.errors import InputError
from selfverify.storage.yaml_text import parse_yaml

_CONFLICTS = ("<<<<<<< ", "=======", ">>>>>>> ")


def read_params(path: Path) -> dict[str, Any]:
    """Returns the parameters of a file.

    Raises:
        InputError: if the file is missing, no YAML, has a key twice, a number that is none, or a
            value that DVC reads otherwise; names file, line or key, and the cure.
    """
    text = _text(path)
    try:
        by_dvc = YAML(typ="safe").load(text)
        by_snakemake = parse_yaml(text)
    except DuplicateKeyError as error:
        raise InputError(f"{path}{_line(error)}: {_twice(error)}; remove one of the two") from None
    except MarkedYAMLError as error:
        raise InputError(f"{path}{_line(error)}: no YAML: {error.problem}; {_LAYOUT}") from None
    except (YAMLError, yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: no YAML: {reason}; {_LAYOUT}") from None
    if _is_endless(by_snakemake):
        raise InputError(f"{path}: no YAML: an alias (*) of what it stands in; {_LAYOUT}")
    if not isinstance(by_snakemake, dict):
        raise InputError(f"{path}: no keys with values; restore it with `git checkout -- {path}`")
    for place, one, other in _differences("", by_snakemake, by_dvc):
        raise InputError(
            f"{path}: {place}: Snakemake reads {one!r} and DVC {other!r}; {_cure(one, other)}"
        )
    for place, value in _leaves("", by_snakemake):
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"{path}: {place}: {value} is no number to compute with; write one")
    return by_snakemake


def read_study(path: Path) -> dict[str, Any]:
    """Returns the parameters of a study: its file's, over those of the `params.yaml` beside it.

    As Snakemake has it with `--configfile`; its own `update_config` would cost `speak` its import.

    Raises:
        InputError: as of `read_params`, of either file.
    """
    own, base = read_params(path), path.with_name("params.yaml")
    return own if path.name == base.name or not base.exists() else merged(read_params(base), own)


def merged(base: Any, own: Any) -> Any:
    """Returns two trees of keys as one, in which `own` wins key by key."""
    if not (isinstance(base, dict) and isinstance(own, dict)):
        return own
    return base | {key: merged(base.get(key), value) for key, value in own.items()}


_LAYOUT = "mind indentation, spaces instead of tabs, and quotes"


def _is_endless(value: Any, above: tuple[int, ...] = ()) -> bool:
    """Whether a value contains itself, which YAML's aliases can make."""
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return id(value) in above or any(_is_endless(part, (*above, id(value))) for part in parts)


def _text(path: Path) -> str:
    """The file's text, without marks of a conflict."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}; restore it with `git checkout -- {path}`"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}, byte {error.start}: no UTF-8; save it in UTF-8") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(_CONFLICTS):
            raise InputError(
                f"{path}, line {number}: a conflict of a merge; choose one side of each and remove "
                "the marks"
            )
    return text


def _line(error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f", line {mark.line + 1}" if mark else ""


def _twice(error: DuplicateKeyError) -> str:
    """Which key, in the words of ruamel's "found duplicate key "x" with value …"."""
    key = str(error.problem).split('"')[1:2] or ["a key"]
    return f"{key[0]} twice"


def _differences(place: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """Places where the two readings differ, dotted, with both."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        for key in one:
            yield from _differences(_join(place, key), one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(_join(place, index), *pair)
    elif type(one) is not type(other) or (one != other and one == one):  # NaN is not itself
        yield place or "its keys", one, other


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(_join(place, key), part)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _leaves(_join(place, index), part)
    else:
        yield place, value


def _join(place: str, key: object) -> str:
    return f"{place}.{key}" if place else str(key)


def _cure(one: Any, other: Any) -> str:
    """How to write what both read alike."""
    if isinstance(one, bool):
        return f"write {str(one).lower()}, or quote the word: '{other}'"
    if isinstance(one, str) and isinstance(other, float):
        text = repr(other)
        return f"write {text if '.' in text else text.replace('e', '.0e')}"
    if isinstance(other, str):
        return f"quote it, '{other}', or write {one}"
    return f"write {other}"
