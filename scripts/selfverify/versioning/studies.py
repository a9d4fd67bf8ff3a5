"""Which study a run is of: the one of params.yaml, another of its tracks, or that of a file.

A file by `--configfile` that brings a track of its own is a study too: it is recorded beside the
others, and what decides its stages is read in that file and in params.yaml.
"""

import copy
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snakemake.utils import update_config

from selfverify.document.sources import find_key
from selfverify.workflow.params_file import read_params


@dataclass(frozen=True)
class Study:
    """A track as DVC versions it."""

    track: str
    shared: Mapping[str, Any]  # content of params.yaml
    file: str = ""  # that the track is of, where it is none of params.yaml
    own: Mapping[str, Any] = field(default_factory=dict)  # content of that file

    @property
    def is_default(self) -> bool:
        """Whether a bare `snakemake all` runs it."""
        return self.track == self.shared["track"]

    @property
    def pipeline(self) -> Path:
        """Its dvc.yaml; of another than the default one that a bare `dvc repro` leaves be."""
        return Path("dvc.yaml") if self.is_default else Path("data", self.track, "dvc.yaml")

    @property
    def options(self) -> str:
        """What a command of Snakemake ends in to be of this study."""
        file = f" --configfile {shlex.quote(self.file)}" if self.file else ""
        is_named = self.own.get("track", self.shared["track"]) == self.track
        return file if is_named else f"{file} --config track={self.track}"

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters, as the files say them."""
        parameters = copy.deepcopy(dict(self.shared))
        update_config(parameters, copy.deepcopy(dict(self.own)))
        return parameters

    def why_unversioned(self, config: Mapping[str, Any], *, is_remote: bool) -> str:
        """Returns why DVC is not to keep what a run makes, "" if it is.

        Args:
            config: parameters of the run.
            is_remote: whether it leaves its files in remote storage.
        """
        files = f"params.yaml and {self.file}" if self.file else "params.yaml"
        said = self.parameters
        changed = sorted(k for k in config if k != "track" and config[k] != said.get(k))
        if changed:
            verb = "differs" if len(changed) == 1 else "differ"
            return f"{', '.join(changed)} {verb} from {files}{self._cure}"
        if not said["tracks"][self.track].get("versioned", True):
            return f"{self.file or 'params.yaml'} says `versioned: false`"
        return "the files are in remote storage" if is_remote else ""

    @property
    def _cure(self) -> str:
        """What makes a study one that can be recorded, if its file is none."""
        if self.file or self.track in self.shared["tracks"]:
            return ""
        return "; to be recorded it wants one file in this folder with its track and no other"

    def described(self, keys: Sequence[str]) -> list[str | dict[str, list[str]]]:
        """Returns dotted keys as dvc.yaml lists them, those of the own file under its name."""
        own = [key for key in keys if find_key(self.own, key) is not None]
        shared = [key for key in keys if key not in own or find_key(self.shared, key) is not None]
        return [*shared, *([{self.file: own}] if own else [])]


def find_study(track: str, shared: Mapping[str, Any], config_files: Sequence[Path]) -> Study:
    """Returns the study that a run is of.

    Args:
        track: that is run.
        shared: content of params.yaml.
        config_files: those of the run; of these one inside the repository may have the track.

    Raises:
        InputError: if DVC would read that file otherwise than Snakemake.
    """
    for path in config_files:
        place = path.resolve()
        if place.is_relative_to(Path.cwd()) and track not in shared["tracks"]:
            own = read_params(path)
            if list(own.get("tracks", {})) == [track]:
                return Study(track, shared, str(place.relative_to(Path.cwd())), own)
    return Study(track, shared)
