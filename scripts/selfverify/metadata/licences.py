"""Where the texts of a prompt set are from, and under which terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RULES = "written by rules of this package, MIT"


@dataclass(frozen=True)
class Texts:
    """What is known of texts of one source."""

    known_as: str  # for people
    hub: str  # the hub's name of the licence
    address: str | None  # of the licence; None where it is the study's own matter


MIT = Texts(RULES, "mit", "https://spdx.org/licenses/MIT.html")
SOURCES = {
    "grammar": MIT,
    "criteria": MIT,
    "librispeech": Texts(
        "LibriSpeech's, CC BY 4.0", "cc-by-4.0", "https://spdx.org/licenses/CC-BY-4.0.html"
    ),
    "file": Texts("the study's own, under their own terms", "other", None),
}


def texts_of(sets: Sequence[str]) -> dict[str, Texts]:
    """Returns what is known of the texts of each prompt set.

    Args:
        sets: "name=source" of each, the source as `params.yaml` has it.
    """
    named = [entry.partition("=") for entry in sets]
    return {name: SOURCES[source] for name, _, source in named}


def licences_of(texts: Mapping[str, Texts]) -> tuple[list[str], list[str]]:
    """Returns licences of verdicts and texts together: the hub's names, and addresses."""
    found = [MIT, *texts.values()]
    names = dict.fromkeys(t.hub for t in found)
    return list(names), list(dict.fromkeys(t.address for t in found if t.address))
