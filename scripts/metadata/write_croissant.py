"""Describe result tables and judged pools of a track in Croissant, for data set search."""

import json
import tomllib
from pathlib import Path

import yaml

from selfverify.metadata.croissant import Described, describe_tables
from selfverify.metadata.dictionary import read_dictionary
from selfverify.metadata.licences import licences_of, texts_of
from selfverify.storage.files import write_text
from selfverify.workflow.script import run_script

ABOUT = (
    "Verdicts on every candidate that systems said of prompts, by a recogniser that selects and by "
    "another that reports, and the failure rates that follow. Track {track} of selfverify. "
    "MIT; texts of {texts}."
)


def write_croissant(
    *,
    tables: list[Path],
    dictionary: Path,
    project: Path,
    citation: Path,
    track: str,
    sets: list[str],
    output: Path,
) -> None:
    """Writes the description beside the tables, below whose folder all of them are.

    Args:
        tables: CSV and Parquet files.
        dictionary: data/README.md, which says what columns mean.
        project: pyproject.toml, for the version.
        citation: CITATION.cff, for authors and title.
        track: whose tables these are.
        sets: "name=source" of the prompt sets that are evaluated.
        output: the file to write.
    """
    cited = yaml.safe_load(citation.read_text())
    creator = cited["authors"][0]["name"]
    texts = texts_of(sets)
    _, licences = licences_of(texts)
    said = "; ".join(f"{name}, {known.known_as}" for name, known in texts.items())
    whole = Described(
        name=f"selfverify-{track}",
        description=ABOUT.format(track=track, texts=said),
        version=tomllib.loads(project.read_text())["project"]["version"],
        licences=licences,
        creator=creator,
        cite_as=f"{creator}: {cited['title']}",
    )
    found = describe_tables(whole, tables, read_dictionary(dictionary), output.parent)
    write_text(output, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    run_script(write_croissant)
