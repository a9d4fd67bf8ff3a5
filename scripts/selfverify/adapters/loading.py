"""Lazy tables: a name to "module:Class", imported when it is asked for.

Strings, because the systems need heavy and partly incompatible packages: choosing one must not
import the others.
"""

from difflib import get_close_matches
from importlib import import_module
from typing import Any

from selfverify.errors import InputError


def load_class(table: dict[str, str], name: str, kind: str) -> type[Any]:
    """Returns the class that `table` names.

    Raises:
        InputError: if the name is unknown; says which names there are and which one is near.
    """
    if name not in table:
        near = get_close_matches(name, table, n=1)
        hint = f", did you mean {near[0]}?" if near else ""
        raise InputError(f"unknown {kind} {name!r}{hint} There are: {', '.join(sorted(table))}")
    module, _, attribute = table[name].partition(":")
    return getattr(import_module(module), attribute)
