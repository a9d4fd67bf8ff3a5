"""What a track needs before it can run: each need met, or with the one line that meets it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from selfverify.doctor.estimate import estimate_cpu
from selfverify.doctor.machine import Machine
from selfverify.errors import InputError
from selfverify.storage.checkpoints import CHECKSUMS, checkpoint_files

PACKAGES = {
    "xcodec2-package": ("xcodec2", "pip install --no-deps -r envs/xcodec2-package.txt"),
    "pocketsphinx": ("pocketsphinx", "make all"),
    "faster-whisper": ("faster_whisper", "make all"),
    "openai-whisper": ("whisper", "make all"),
    "openvino-whisper": ("openvino", "make all"),
    "moonshine": ("onnxruntime", "make all"),
    "snac": ("snac", "make all"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    about: str
    says: str
    is_fatal: bool = False  # the track cannot run like this
    cure: str = ""


def find_problems(track: dict[str, Any], machine: Machine, folder: Path = Path()) -> list[Finding]:
    """Returns what keeps a track from running, cheap to find: nothing is loaded or downloaded.

    Args:
        track: that part of params.yaml, checked.
        machine: what there is.
        folder: of the study, which its paths are relative to.
    """
    return [f for f in look_at(track, machine, folder) if f.is_fatal]


def look_at(track: dict[str, Any], machine: Machine, folder: Path = Path()) -> list[Finding]:
    """Returns all that there is to say of a track on this machine."""
    looks = (
        _devices(track, machine), _packages(track), _engines(track, folder),
        _weights(track, folder), _fits(track, folder),
    )  # fmt: skip
    return [*(finding for look in looks for finding in look), *_disk(track, machine)]


def _devices(track: dict[str, Any], machine: Machine) -> Iterator[Finding]:
    device = track["device"]
    if device == "cpu":
        yield Finding("device", f"cpu, {machine.num_cores} cores")
        return
    number = int(device.partition(":")[2] or 0)
    if number >= len(machine.gpus):
        says = f"{device}, but the driver lists {len(machine.gpus)} GPUs"
        yield Finding("device", says, True, "run on a machine with a GPU, or set `device: cpu`")
        return
    gpu = machine.gpus[number]
    yield Finding("device", f"{device}: {gpu.name}, {gpu.memory_gb:.0f} GB")
    emulated = [n for n, s in track["systems"].items() if s["dtype"] == "bfloat16"]
    if emulated and not gpu.has_bfloat16:
        says = f"{gpu.name} has no bfloat16, which {', '.join(emulated)} ask for"
        yield Finding("dtype", says, True, "set their `dtype` to float32 or float16")


def _packages(track: dict[str, Any]) -> Iterator[Finding]:
    used = {
        entry["adapter"] for kind in ("codecs", "recognisers") for entry in track[kind].values()
    }
    for adapter in sorted(used & PACKAGES.keys()):
        module, cure = PACKAGES[adapter]
        if find_spec(module) is None:
            yield Finding("package", f"adapter {adapter} lacks {module}", True, f"`{cure}`")


def _engines(track: dict[str, Any], folder: Path) -> Iterator[Finding]:
    """vLLM, which lives in an environment of its own."""
    asking = [name for name, entry in track["systems"].items() if entry.get("engine") == "vllm"]
    python = os.environ.get("SELFVERIFY_VLLM_PYTHON", ".venv-vllm/bin/python")
    if asking and not (folder / python).exists():
        says = f"no {python}, which {', '.join(asking)} ask for"
        yield Finding("vllm", says, True, "`make vllm`, or set `engine: transformers`")


def _weights(track: dict[str, Any], study: Path) -> Iterator[Finding]:
    for kind in ("systems", "codecs", "recognisers"):
        for name, entry in track[kind].items():
            folder = entry.get("checkpoint") or (entry.get("model") if "hub" in entry else None)
            if folder:
                yield _checkpoint(name, study / folder, entry.get("hub"))
            if "file" in entry:
                yield _file(name, study / entry["model"], entry["file"])


def _checkpoint(name: str, folder: Path, hub: dict[str, Any] | None) -> Finding:
    """Whether a checkpoint is there, or where it will come from and under which licence."""
    if hub and not (folder / CHECKSUMS).exists():
        mirror = f", or the ungated mirror {hub['mirror']}" if "mirror" in hub else ""
        says = f"to be downloaded from {hub['repo']}, {hub['licence']}"
        cure = f"its licence may ask for an agreement: `hf auth login`{mirror}"
        return Finding(name, says, False, cure)
    try:
        checkpoint_files(folder)
    except InputError as error:
        return Finding(name, str(error), True, "see the message")
    return Finding(name, f"{folder} is there" + (f", {hub['licence']}" if hub else ""))


def _file(name: str, path: Path, origin: dict[str, Any]) -> Finding:
    """The same of a model in one file, whose checksum is checked before it is loaded."""
    if path.exists():
        return Finding(name, f"{path} is there, {origin['licence']}")
    return Finding(name, f"to be downloaded from {origin['url']}, {origin['licence']}")


def _fits(track: dict[str, Any], folder: Path) -> Iterator[Finding]:
    """Systems whose codes their codec lacks, told from the files that are here."""
    for name, system in track["systems"].items():
        codec = track["codecs"][system["codec"]]
        theirs = system_codes(system["adapter"], folder / system["checkpoint"])
        its = codec_codes(codec["adapter"], folder / codec["checkpoint"])
        if theirs and its and theirs != its:
            says = f"{name} draws {theirs} codes, {system['codec']} has {its} (books × size)"
            yield Finding(
                "codec", says, True, f"set `systems.{name}.codec` to the codec it learned"
            )


def _disk(track: dict[str, Any], machine: Machine) -> Iterator[Finding]:
    """A disk on which a whole run does not fit; what is there already needs no more."""
    if track["device"] == "cpu":
        needed_gb = estimate_cpu(track, machine.num_cores).disk_gb
        if needed_gb > machine.disk_free_gb:
            says = f"a whole run takes {needed_gb:.1f} GB, {machine.disk_free_gb:.1f} GB are free"
            yield Finding("disk", says, True, "free some space")


def system_codes(adapter: str, folder: Path) -> tuple[int, int] | None:
    """Returns codebooks and their size of a system; None if its files are not here or say nothing.

    From tokenizer.json and config.json alone, without transformers, which takes seconds to import.
    """
    try:
        if adapter == "csm":
            config = json.loads((folder / "config.json").read_bytes())
            return config["num_codebooks"], config["codec_config"]["codebook_size"]
        vocabulary = _vocabulary(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if adapter == "llasa":
        return 1, sum(token.startswith("<|s_") for token in vocabulary)
    if adapter == "orpheus":
        return 7, (sum(token.startswith("<custom_token_") for token in vocabulary) - 10) // 7
    return None


def _vocabulary(folder: Path) -> set[str]:
    tokenizer = json.loads((folder / "tokenizer.json").read_bytes())
    vocabulary = tokenizer["model"].get("vocab", {})
    return set(vocabulary) | {token["content"] for token in tokenizer["added_tokens"]}


def codec_codes(adapter: str, folder: Path) -> tuple[int, int] | None:
    """Returns codebooks and their size of a codec, as `system_codes`."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        if adapter == "mimi":
            return config["num_quantizers"], config["codebook_size"]
        if adapter == "snac":
            strides = config["vq_strides"]
            return sum(strides[0] // stride for stride in strides), config["codebook_size"]
        if adapter == "xcodec2":
            levels = config.get("quantization_levels")
            return (1, int(np.prod(levels))) if levels else None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None
