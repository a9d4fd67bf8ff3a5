"""What `speak` needs of a study's parameters: the system, its codec, the verifier, the metric."""

import json
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

from selfverify.audio.pace import LIBRISPEECH_READERS, MINI_VOICE, Pace
from selfverify.errors import InputError
from selfverify.metric.taxonomy import Thresholds
from selfverify.selection.verifiers import GOOD_CER
from selfverify.storage.checkpoints import CHECKSUMS, file_sha256
from selfverify.workflow.params import check_params
from selfverify.workflow.params_file import read_study

REPOSITORY = Path(__file__).parents[3]
DEFAULT_PARAMS = REPOSITORY / "params.yaml"
DEFAULT_N = 8


def listing_sha256(checkpoint: Path) -> str:
    """Returns the checksum of a checkpoint's list of checksums, empty where it has none."""
    listing = checkpoint / CHECKSUMS
    return file_sha256(listing) if listing.exists() else ""


@dataclass(frozen=True)
class Setup:
    """A system as the parameters have it; `root` is the folder that paths are relative to."""

    name: str
    track: str
    root: Path
    system: dict[str, Any]
    codec: dict[str, Any]
    families: tuple[str, str]  # verifier and evaluator: recognisers of different families
    recognisers: dict[str, dict[str, Any]]
    thresholds: Thresholds
    language: str
    pace: Pace
    device: str
    bundled_whisper_sha256: str

    @property
    def checkpoint(self) -> Path:
        """Folder of the system's weights."""
        return self.root / self.system["checkpoint"]

    @property
    def codec_checkpoint(self) -> Path:
        """Folder of the codec's weights."""
        return self.root / self.codec["checkpoint"]

    @property
    def checkpoint_sha256(self) -> str:
        """Of the list of the checkpoint's checksums, empty where it has none."""
        return listing_sha256(self.checkpoint)

    @property
    def calibrations(self) -> list[Path]:
        """What `snakemake calibrate_speak` makes, then what the study itself shows."""
        folder = self.root / "data" / self.track / "results"
        return [folder / f"speak_{kind}{self.name}.json" for kind in ("temperatures_", "")]


@dataclass(frozen=True)
class Start:
    """What `speak` starts from, and who says so."""

    temperature: float
    n: int
    good_cer: float  # share of characters wrong up to which a take is good
    source: str  # for people


def read_setup(system: str, params: Path | None = None) -> Setup:
    """Returns the set-up of a system of any track.

    Args:
        system: a key of a track's `systems`.
        params: a study's params.yaml; the repository's if not given.

    Raises:
        InputError: if there is no such file or system, or the weights are missing.
    """
    path = params or DEFAULT_PARAMS
    values = _read(path)
    tracks = values["tracks"]
    found = [name for name in tracks if system in tracks[name]["systems"]]
    found.sort(key=lambda name: name != values["track"])  # the study's own before others
    if not found:
        known = sorted(name for track in tracks.values() for name in track["systems"])
        near = get_close_matches(system, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
        raise InputError(f"{path}: no system {system!r}; {hint}")
    track = tracks[found[0]]
    entry = track["systems"][system]
    metric = {key: value for key, value in values["metric"].items() if key != "language"}
    setup = Setup(
        name=system,
        track=found[0],
        root=path.resolve().parent,
        system=entry,
        codec=track["codecs"][entry["codec"]],
        families=(track["verifier"], track["evaluator"]),
        recognisers=track["recognisers"],
        thresholds=Thresholds(**metric),
        language=values["metric"]["language"],
        pace=MINI_VOICE if _is_mini_voice(track) else LIBRISPEECH_READERS,
        device=track["device"],
        bundled_whisper_sha256=values["bundled_whisper_sha256"],
    )
    for folder in (setup.checkpoint, setup.codec_checkpoint):
        _check_weights(system, folder, setup)
    return setup


def _is_mini_voice(track: dict[str, Any]) -> bool:
    """Whether the prompts of a track are expected at the pace of the mini voice."""
    sets = track["prompt_sets"].values()
    return any(s["source"] == "grammar" or s.get("pace") == "mini voice" for s in sets)


def read_start(setup: Setup) -> Start:
    """Returns what a calibration of this very checkpoint shows, else what params.yaml has.

    Raises:
        InputError: if a calibration cannot be read.
    """
    found = [path for path in setup.calibrations if path.exists()]
    for path in found:
        try:
            if start := _calibrated(path, setup.checkpoint_sha256):
                return start
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            cure = f"remove it, `snakemake {path.relative_to(setup.root)}` makes it anew"
            raise InputError(f"{path}: no calibration of speak; {cure}") from None
    lack = "the calibration is of another checkpoint" if found else "not calibrated"
    cure = f"`snakemake calibrate_speak --config track={setup.track}` looks for the best"
    temperature = setup.system["temperature"]
    return Start(temperature, DEFAULT_N, GOOD_CER, f"params.yaml; {lack}: {cure}")


def _calibrated(path: Path, checkpoint_sha256: str) -> Start | None:
    """The start of a calibration of this checkpoint; one without a checksum is of none."""
    calibration = json.loads(path.read_text())
    if not checkpoint_sha256 or calibration["checkpoint_sha256"] != checkpoint_sha256:
        return None
    # One that an older version made has no limit.
    start = {"good_cer": GOOD_CER} | calibration["start"]
    return Start(**start, source=f"{_basis(calibration)}, {path.name}")


def start_as_asked(
    start: Start, n: int | None, temperature: float | None, good_cer: float | None
) -> Start:
    """Returns the start with what is asked otherwise; None leaves it.

    Raises:
        InputError: if a number is out of range.
    """
    if n is not None and n < 1:
        raise InputError(f"n {n}: at least 1 candidate")
    if temperature is not None:
        _check_temperature("temperature", temperature)
    if good_cer is not None and not 0 <= good_cer <= 1:
        raise InputError(f"good_cer {good_cer}: a share of characters, from 0 to 1")
    asked = {"n": n, "temperature": temperature, "good_cer": good_cer}
    given = {key: value for key, value in asked.items() if value is not None}
    if given.keys() == asked.keys():
        return replace(start, **given, source="as asked")
    named = f"{' and '.join(given)} as asked, else " if given else ""
    return replace(start, **given, source=f"{named}{start.source}")


def check_retry(after: int, temperature: float, n: int) -> None:
    """Returns silently if another temperature can follow refused candidates.

    Raises:
        InputError: if a number is out of range.
    """
    _check_temperature("retry_temperature", temperature)
    if after < 0 or (after and after >= n):
        raise InputError(f"retry_after {after}: refused candidates, fewer than n, {n}; 0: never")


def _check_temperature(what: str, temperature: float) -> None:
    if not (isfinite(temperature) and temperature > 0):
        raise InputError(f"{what} {temperature}: above 0")


def _basis(calibration: dict[str, Any]) -> str:
    """What a calibration rests on, for people."""
    temperatures = {cell["temperature"] for cell in calibration["cells"]}
    tried = f"the best of {len(temperatures)} temperatures, " if len(temperatures) > 1 else ""
    return f"{tried}draws and limit by {calibration['num_prompts']} calibration prompts"


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; name a study's params.yaml with --params")
    values = read_study(path)
    check_params(values, str(path))
    return values


def _check_weights(system: str, folder: Path, setup: Setup) -> None:
    if folder.is_dir():
        return
    shown = folder.relative_to(setup.root)
    if "hub" in setup.system or "hub" in setup.codec:
        cure = f"`snakemake {shown}/{CHECKSUMS} --config track={setup.track}` fetches them"
    else:
        cure = "`git checkout` restores them, `snakemake pretrain` makes them"
    raise InputError(f"{system}: no weights in {shown}; {cure}")
