"""Trials with a known answer: references as they are, and clips broken on purpose."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile as sf

from selfverify.audio.samples import decode_flac, encode_flac
from selfverify.errors import InputError
from selfverify.listening.examples import KEYS
from selfverify.metric.corruption import KINDS, Source
from selfverify.storage.tables import read_tables

# Of `metric.corruption`, those after which nobody can say that the text was said.
BROKEN = ("silence", "noise", "tail_cut_70", "other_instead")
MIN_WORDS = 4  # of a text to be broken; of a shorter one too much may be left
TRIALS_PER_PAIR = 20  # clips to rate, to one good and one broken check


@dataclass(frozen=True)
class Checks:
    """What checks are made of: tables with `source`, `text`, `spoken`, and `flac` or `path`.

    `good` are known to say their texts; `sound` only to be worse once they are broken.
    """

    good: pd.DataFrame
    sound: pd.DataFrame


def checks_of_study(audio: list[Path], prompts: list[Path]) -> Checks:
    """Returns the study's references, spoken by the voice that the systems learned from."""
    texts = read_tables(prompts, ["utterance_id", "text", "spoken"])
    clips = read_tables(audio, [*KEYS, "audio"]).dropna(subset=["audio"])
    table = clips.merge(texts, on="utterance_id")
    good = pd.DataFrame(
        {
            "source": "reference/" + table["utterance_id"],
            "text": table["text"],
            "spoken": [readings[0] for readings in table["spoken"]],
            "flac": [sound["bytes"] for sound in table["audio"]],
        }
    )
    return Checks(good, good)


def checks_of_table(frame: pd.DataFrame, references: Path | None) -> Checks:
    """Returns checks for clips of other systems.

    Args:
        frame: of `listening.frame`; what passes by both recognisers is broken.
        references: table with the columns audio and text, of recordings known to be right.

    Raises:
        InputError: if the table of references cannot be read.
    """
    passes = ~frame[["verifier_flag", "evaluator_flag"]].to_numpy(bool).any(axis=1)
    sound = pd.DataFrame(frame[passes]).assign(spoken=frame["text"])
    good = _read(references) if references else sound.head(0)
    return Checks(good, good if len(good) else sound)


def label_checks(checks: Checks, num_clips: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Returns as many good as broken clips, each a row of a test with its `expected` answer.

    Args:
        checks: what to make them of; without good ones all are broken.
        num_clips: of the test; a pair of checks comes with `TRIALS_PER_PAIR` of them.
        rng: of the choice.
    """
    num = max(1, round(num_clips / TRIALS_PER_PAIR))
    good = [_row(row, _source(row).audio, "good", "yes") for row in _draw(checks.good, num, rng)]
    rows = [_row(row, audio, kind, "no") for row, audio, kind in _broken(checks, num, rng)]
    return good + rows


def pair_checks(checks: Checks, num_pairs: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Returns pairs of a clip and the same broken: `clips`, and `expected`, which is the better."""
    rows = []
    for row, audio, kind in _broken(checks, max(1, round(num_pairs / TRIALS_PER_PAIR)) * 2, rng):
        pair = [_row(row, _source(row).audio, "good", ""), _row(row, audio, kind, "")]
        better = int(rng.integers(2))
        rows.append({"text": row["text"], "clips": pair[::-1] if better else pair,
                     "expected": "ab"[better]})  # fmt: skip
    return rows


def _broken(
    checks: Checks, num: int, rng: np.random.Generator
) -> list[tuple[dict[str, Any], np.ndarray, str]]:
    """Clips, each with its broken samples and the kind."""
    is_long = checks.sound["spoken"].str.split().str.len() >= MIN_WORDS
    pool = pd.DataFrame(checks.sound[is_long]).drop_duplicates("text")
    if len(pool) < 2:  # one has no other to be mixed up with
        return []
    drawn, kinds = _draw(pool, num + 1, rng), rng.permutation(BROKEN)
    found = []
    for index, row in enumerate(drawn[:-1]):
        kind = str(kinds[index % len(kinds)])
        source, other = _source(row), _source(drawn[index + 1])
        found.append((row, KINDS[kind].corrupt(source, other, rng), kind))
    return found


def _draw(table: pd.DataFrame, num: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    return table.iloc[rng.permutation(len(table))[:num]].to_dict("records")


def _source(row: dict[str, Any]) -> Source:
    words = tuple(row["spoken"].split())
    if isinstance(row.get("flac"), bytes):
        return Source(*decode_flac(row["flac"]), words)
    try:
        audio, sample_rate = sf.read(row["path"], dtype="float32", always_2d=True)
    except (OSError, sf.LibsndfileError) as error:
        raise InputError(f"{row['path']}: no audio for a check ({error}); convert it") from None
    return Source(audio.mean(axis=1), sample_rate, words)


def _row(row: dict[str, Any], audio: np.ndarray, level: str, expected: str) -> dict[str, Any]:
    """A check as a row of a test: its sound as FLAC, whole or broken, so that none stands out."""
    flac = encode_flac(audio, _source(row).sample_rate)
    kept = {"source": row["source"], "text": row["text"], "flac": flac}
    return kept | {"kind": "catch", "level": level, "expected": expected}


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a table of recordings, audio and text")
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)
    missing = {"audio", "text"} - set(table.columns)
    if missing:
        raise InputError(f"{path}: no column {sorted(missing)[0]!r}; references need audio, text")
    told = {"source": table["audio"], "text": table["text"], "spoken": table["text"]}
    return pd.DataFrame(told | {"path": [path.parent / audio for audio in table["audio"]]})
