"""What made a table of verdicts: two tables are compared only if the same thing made both."""

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from selfverify.asr import locate_model
from selfverify.audio.pace import Pace
from selfverify.errors import InputError
from selfverify.languages import load_language
from selfverify.metric.taxonomy import Thresholds

LIBRARY = Path(__file__).parents[1]
# What a verdict on given samples depends on; how tables are read and written is no part of it.
METRIC_CODE = (
    "metric", "languages", "audio", "asr", "scoring/headers.py", "scoring/decoding.py",
    "scoring/opening.py", "scoring/preparation.py", "scoring/hearing.py", "scoring/verdicts.py",
    "scoring/decisions.py",
)  # fmt: skip
PACKAGES = (
    "openai-whisper", "faster-whisper", "ctranslate2", "onnxruntime", "openvino", "torch",
    "transformers", "jiwer", "soxr", "av",
)  # fmt: skip
WEIGHTS = {".bin", ".ort", ".pt", ".safetensors"}  # suffixes; a model may have several such files


@dataclass(frozen=True)
class Listener:
    """A recogniser by the names of its adapter and its model."""

    adapter: str
    model: str


def fingerprint(
    listeners: tuple[Listener, ...],
    *,
    language: str,
    device: str,
    thresholds: Thresholds,
    pace: Pace,
) -> dict[str, Any]:
    """Returns what made the verdicts, as it is written to FILE.made_by.json."""
    return {
        "metric_code": _hash_of(*_code()),
        "thresholds": asdict(thresholds),
        "pace": asdict(pace),
        "language": language,
        "normaliser": ", ".join(f"{p} {_version(p)}" for p in load_language(language).packages),
        "device": device,
        "recognisers": [
            {"adapter": one.adapter, "model": one.model, "weights": weights_hash(one.model)}
            for one in listeners
        ],
        "versions": {name: _version(name) for name in ("selfverify", *PACKAGES)},
    }


def short(made_by: dict[str, Any]) -> str:
    """Returns the first 16 digits of the fingerprint's SHA-256, the column `made_by`."""
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()[:16]


def weights_hash(model: str) -> str:
    """Returns the SHA-256 of all weights of a model, or "unknown" of one that is only a name."""
    location = Path(locate_model(model))
    files = sorted(location.iterdir()) if location.is_dir() else [location]
    found = [file for file in files if file.suffix in WEIGHTS and file.is_file()]
    return _hash_of(*found) if found else "unknown"


def path_of(verdicts: Path) -> Path:
    """Returns the file beside a table of verdicts that says what made it."""
    return verdicts.with_name(f"{verdicts.stem}.made_by.json")


def read_fingerprint(verdicts: Path, made_by: str | None = None) -> dict[str, Any]:
    """Returns what made a table of verdicts.

    Args:
        verdicts: the table.
        made_by: what its column `made_by` says, if it has one.

    Raises:
        InputError: if the file beside the table is missing or broken, or that of another table.
    """
    path = path_of(verdicts)
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        raise InputError(f"{path}: what made {verdicts.name} is not known; score again") from None
    if made_by is not None and made_by != short(found):
        raise InputError(
            f"{path}: it did not make {verdicts.name}, which says {made_by}; score again"
        )
    return found


def differences(a: dict[str, Any], b: dict[str, Any], name: str = "") -> list[str]:
    """Returns in what two fingerprints differ, a line each: "thresholds.max_cer: .5, .4"."""
    lines = []
    for key in sorted(a.keys() | b.keys()):
        one, other = a.get(key), b.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            lines += differences(one, other, f"{name}{key}.")
        elif one != other:
            lines.append(f"{name}{key}: {one}, {other}")
    return lines


def _code() -> list[Path]:
    paths = (LIBRARY / part for part in METRIC_CODE)
    return sorted(
        file for path in paths for file in (path.glob("*.py") if path.is_dir() else [path])
    )


def _hash_of(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
