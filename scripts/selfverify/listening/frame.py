"""What a listening test is drawn from: clips with two recognisers' verdicts, in strata."""

from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.errors import InputError

LEVELS = ("both_flag", "verifier_flags", "evaluator_flags", "near_threshold", "clean")
NEAR_SHARE = 0.5  # of `max_cer`: unflagged clips with at least so large an error rate are near it
MAX_CER = 0.5  # the study's; `metric.taxonomy.Thresholds`
MIN_OF_STRATUM = 3  # clips; fewer say nothing about the stratum's variance
FRAME_COLUMNS = ["source", "system", "text", "path", "verifier_flag", "evaluator_flag", "cer"]
_PAIR = {"verifier_is_catastrophic": "verifier_flag", "is_catastrophic": "evaluator_flag"}


def frame_of_score(verdicts: Path, second: Path | None, folder: Path) -> pd.DataFrame:
    """Returns `FRAME_COLUMNS`, a row per clip of tables that `selfverify score` wrote.

    Args:
        verdicts: the verifier's.
        second: another recogniser's of the same manifest; without one the verifier's count twice.
        folder: that of the manifest, which paths of audio are relative to.

    Raises:
        InputError: if a table is none of verdicts, or the two are not of the same clips.
    """
    first, other = _read(verdicts), _read(second or verdicts)
    if sorted(first["id"]) != sorted(other["id"]):
        raise InputError(f"{second}: not of the clips of {verdicts}; score the same manifest twice")
    merged = first.merge(other[["id", "is_catastrophic"]], on="id", suffixes=("", "_second"))
    return pd.DataFrame(
        {
            "source": merged["id"],
            "system": merged["system"].fillna("").astype(str),
            "text": merged["text"],
            "path": [folder / audio for audio in merged["audio"]],
            "verifier_flag": merged["is_catastrophic"].astype(bool),
            "evaluator_flag": merged["is_catastrophic_second"].astype(bool),
            "cer": merged["cer"],
        }
    )


def frame_of_pool(table: pd.DataFrame, system: str) -> pd.DataFrame:
    """Returns the same of a study's pool, with `flac` for the sound instead of `path`.

    Args:
        table: of `listening.examples.read_audible`.
        system: its name.
    """
    table = pd.DataFrame(table[table["failure_mode"] != "pipeline_error"])
    if "verifier_is_catastrophic" not in table:  # of policies, which the evaluator alone judges
        table = table.assign(verifier_is_catastrophic=table["is_catastrophic"])
    source = table["utterance_id"] + "/" + table["candidate_index"].astype(str)
    return (
        table.rename(columns=_PAIR)[[*_PAIR.values(), "text", "cer"]]
        .assign(source=source, system=system, flac=[sound["bytes"] for sound in table["audio"]])
        .reset_index(drop=True)
    )


def stratify(frame: pd.DataFrame, max_cer: float = MAX_CER) -> pd.Series:
    """Returns the level of each clip, one of `LEVELS`."""
    verifier, evaluator = frame[["verifier_flag", "evaluator_flag"]].to_numpy(bool).T
    near = frame["cer"].to_numpy(float) >= NEAR_SHARE * max_cer
    levels = np.select(
        [verifier & evaluator, verifier, evaluator, near], LEVELS[:-1], default=LEVELS[-1]
    )
    return pd.Series(levels, index=frame.index)


def allocate(sizes: np.ndarray, num_clips: int) -> np.ndarray:
    """Returns clips per stratum, in proportion to the square roots of the sizes.

    Between equal shares, by which few of the many clean clips are heard and a rate stays wide, and
    shares by size, by which few failures are (power allocation, Bankier 1988). What a small stratum
    lacks goes to the others.

    Args:
        sizes: clips that each stratum has, shape (strata,).
        num_clips: in all; fewer are returned where there are fewer.

    Raises:
        InputError: if not even `MIN_OF_STRATUM` clips, or all of a smaller one, fit each.
    """
    shares = np.minimum(sizes, MIN_OF_STRATUM)
    if num_clips < shares.sum():
        raise InputError(
            f"{num_clips} clips are too few for {len(sizes)} strata; ask for {shares.sum()}"
        )
    roots = np.sqrt(sizes)
    for _ in range(min(num_clips, int(sizes.sum())) - int(shares.sum())):
        shares[np.where(shares < sizes, roots / (shares + 0.5), -1.0).argmax()] += 1
    return shares


def draw_sample(frame: pd.DataFrame, num_clips: int, rng: np.random.Generator) -> pd.DataFrame:
    """Returns drawn rows with `level`, `stratum_size` and `weight`, clips that each stands for."""
    frame = frame.assign(level=stratify(frame))
    strata = [rows for _, rows in frame.groupby(["system", "level"], sort=True)]
    shares = allocate(np.array([len(rows) for rows in strata]), num_clips)
    parts = [
        rows.iloc[rng.permutation(len(rows))[:share]].assign(
            stratum_size=len(rows), weight=len(rows) / share
        )
        for rows, share in zip(strata, shares, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; make it with `selfverify score`")
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    missing = {"id", "audio", "text", "system", "is_catastrophic", "cer"} - set(table.columns)
    if missing:
        raise InputError(f"{path}: no verdicts of `selfverify score`: lacks {sorted(missing)}")
    doubled = [clip for clip, num in table["id"].value_counts().items() if num > 1]
    if doubled:
        raise InputError(f"{path}: the id {doubled[0]!r} stands twice; give each clip its own")
    return table
