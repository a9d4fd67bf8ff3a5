"""The table: decisions of `selfverify score` that flip when a file changes as nobody hears."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from selfverify.audio.samples import decode_flac
from selfverify.results.markup import TableFiles, write_shown
from selfverify.scoring.changes import AS_IT_IS, CHANGES
from selfverify.scoring.options import ScoreOptions
from selfverify.scoring.run import score_manifest
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

CLEAR_CER = 0.25  # at most so much wrong as it is: speech that a recogniser does not guess at
KEPT = ("decision", "failure_mode", "cer", "hypothesis")
NOTE = (
    "Of {clips} clips ({voices}) each change of the file was scored by {recogniser}. A flip is "
    "another decision than on the file as it is; clear are the {clear} clips with less than "
    "{cer:.0%} of the characters wrong as they are. 95 % intervals are Clopper's and Pearson's, as "
    "if flips of one clip were independent, which they are not."
)


def table_changes(
    *, audio: list[Path], prompts: Path, num_clips: int, recogniser: str, files: TableFiles
) -> None:
    """Writes a row per clip and change for machines, for people one per change and one of all.

    Args:
        audio: a file per voice, of the prompt set.
        prompts: the prompt set.
        num_clips: of each voice: of systems first candidates, of damaged copies one kind after
            another.
        recogniser: a key of `selfverify.scoring.options`.
        files: the table.
    """
    texts = pd.read_parquet(prompts, columns=["utterance_id", "text"])
    clips = {path.parents[1].name: _clips(path, num_clips).merge(texts) for path in audio}
    with TemporaryDirectory() as folder:
        manifest = Path(folder) / "manifest.csv"
        pd.DataFrame(_written(clips, Path(folder))).to_csv(manifest, index=False)
        options = ScoreOptions(recogniser=recogniser)
        verdicts = score_manifest(manifest, options=options).verdicts
    flips = _flips(verdicts.to_dict("records"))
    write_csv(pd.DataFrame(flips), files.csv)
    is_clear = [flip["is_clear"] for flip in flips if flip["change"] == AS_IT_IS]
    note = NOTE.format(
        clips=len(is_clear), voices=", ".join(clips), recogniser=recogniser,
        clear=sum(is_clear), cer=CLEAR_CER,
    )  # fmt: skip
    changed = [flip for flip in flips if flip["change"] != AS_IT_IS]
    write_shown(pd.DataFrame(_shown(changed)), note, files)


def _clips(path: Path, num_clips: int) -> pd.DataFrame:
    """So many first candidates of a voice; where candidates are kinds of damage, of every kind."""
    table = pd.read_parquet(path, columns=["utterance_id", "candidate_index", "audio"])
    table = table.sort_values(["candidate_index", "utterance_id"])
    if path.parents[1].name != "corrupted":
        table = table[table["candidate_index"] == 0]
    return table.iloc[:: max(1, len(table) // num_clips)][:num_clips].dropna(subset="audio")


def _written(clips: dict[str, pd.DataFrame], folder: Path) -> Iterator[dict[str, str]]:
    """Writes every clip as every change makes it; the rows of their manifest."""
    for voice, table in clips.items():
        for number, row in enumerate(table.to_dict("records")):
            samples, sample_rate = decode_flac(row["audio"]["bytes"])
            for index, (name, change) in enumerate(CHANGES.items()):
                path = change(samples, sample_rate).save(folder / f"{voice}-{number}-{index}")
                yield {"audio": path.name, "text": row["text"], "id": f"{voice} {number}/{name}"}


def _flips(verdicts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row per clip and change: the decision, and whether it is another than as it is."""
    rows = []
    for verdict in verdicts:
        clip, change = verdict["id"].split("/", maxsplit=1)
        rows.append({"clip": clip, "change": change} | {name: verdict[name] for name in KEPT})
    before = {row["clip"]: row for row in rows if row["change"] == AS_IT_IS}
    for row in rows:
        original = before[row["clip"]]
        row["is_flip"] = row["decision"] != original["decision"]
        row["is_clear"] = original["cer"] < CLEAR_CER
    return rows


def _shown(flips: Sequence[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for name in [*list(CHANGES)[1:], "all"]:
        part = [flip for flip in flips if name in (flip["change"], "all")]
        clear = [flip for flip in part if flip["is_clear"]]
        yield {"change": name, "flips": _count(part), "of clear clips": _count(clear)}


def _count(flips: Sequence[dict[str, Any]]) -> str:
    if not flips:
        return "–"
    rate = clopper_pearson(sum(flip["is_flip"] for flip in flips), len(flips))
    return f"{rate.k}/{rate.n} = {rate.rate:.1%} [{rate.low:.1%}, {rate.high:.1%}]"


if __name__ == "__main__":
    run_script(table_changes)
