"""Lazy tables: a name to "module:Class", imported when it is asked for.

Strings, because the systems need heavy and partly incompatible packages: choosing one must not
import the others.
"""

from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from selfverify.errors import InputError


def load_class(table: dict[str, str], name: str, kind: str) -> type[Any]:
    """Returns the class that `table` names.

    Raises:
        InputError: if the name is unknown; says which names there are and which one is near.
    """
    if name not in table:
        near = get_close_matches(name, table, n=1)
        hint = f", did you mean {near[0]}?" if near else ";"
        raise InputError(f"unknown {kind} {name!r}{hint} there are: {', '.join(sorted(table))}")
    module, _, attribute = table[name].partition(":")
    return getattr(import_module(module), attribute)


def load_whole(model_class: Any, checkpoint: str | Path, **options: Any) -> Any:
    """Returns a model of transformers' with every weight from the checkpoint.

    `from_pretrained` itself draws at random what the files lack, and says so in a warning.

    Raises:
        InputError: if the files lack a weight.
    """
    model, info = model_class.from_pretrained(checkpoint, output_loading_info=True, **options)
    if missing := sorted(info["missing_keys"]):
        raise InputError(
            f"{checkpoint}: its files lack {len(missing)} weights, such as {missing[0]}; fetch it "
            "again, or choose the adapter that it was made for in params.yaml"
        )
    return model


def check_kind(model_class: Any, checkpoint: str | Path, config: dict[str, Any]) -> None:
    """Returns silently if a checkpoint's config is of the kind that an adapter loads.

    Raises:
        InputError: if its model_type is another.
    """
    wanted, found = getattr(model_class, "model_type", None), config.get("model_type")
    if wanted and found != wanted:
        raise InputError(
            f"{checkpoint}: config.json is of a model of type {found!r}, {model_class.__name__} "
            f"wants {wanted!r}; choose the adapter that it was made for in params.yaml"
        )
