"""Speech recognisers, one adapter a file, loaded by name."""

from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from selfverify.adapters import RECOGNISERS
from selfverify.adapters.loading import load_class
from selfverify.asr.base import Recogniser
from selfverify.errors import InputError
from selfverify.storage.checkpoints import naming_checkpoint, verify_file


def load_recogniser(
    adapter: str, model: str | Path, *, sha256: str = "", **options: Any
) -> Recogniser:
    """Returns a recogniser ready to transcribe.

    Args:
        adapter: a key of `RECOGNISERS`.
        model: a name that the package knows ("large-v3"), a path, or "package:MODULE/FOLDER" for
            weights that an installed package carries.
        sha256: of the weights, checked if given.
        options: of the adapter's constructor, such as `device` or `batch_size`.
    """
    location = locate_model(str(model))
    recogniser = load_class(RECOGNISERS, adapter, "recogniser")
    if sha256:
        weights = Path(location)
        weights = weights / recogniser.weights_file if weights.is_dir() else weights
        verify_file(weights, sha256, "install the package that carries it again")
    is_here = Path(location).exists()  # else a name, which the package knows or refuses
    with naming_checkpoint(location, adapter) if is_here else nullcontext():
        return recogniser(location, **options)


def locate_model(model: str) -> str:
    """Returns a name or path that the recogniser's package understands."""
    if model.startswith("package:"):
        module, _, folder = model.removeprefix("package:").partition("/")
        found = find_spec(module)  # not imported: the weights alone are wanted
        if found is None or not found.submodule_search_locations:
            raise InputError(f"{model}: the package {module} is not installed; `make all` does it")
        return str(Path(found.submodule_search_locations[0]) / folder)
    if model.endswith(".pt") and not Path(model).exists():
        raise InputError(f"{model}: no such checkpoint; `snakemake {model}` makes it")
    return model
