"""Raters' files: read, checked against the key, refused by name where they do not fit."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.errors import InputError
from selfverify.listening.building import QUESTIONS, study_id
from selfverify.listening.checksum import checksum

FORMAT = "selfverify-listening-2"
MIN_CATCH_SHARE = 0.75  # of catch trials answered rightly, or the rater counts in no rate
_ALLOWED = {
    question["name"]: {option["value"] for option in question["options"]}
    for mode in QUESTIONS.values()
    for question in mode
}


@dataclass(frozen=True)
class Refused:
    """A file, or an answer of it, that was not merged."""

    file: str
    rater: str  # empty where the file does not tell
    trial_id: str  # empty for a whole file
    reason: str  # with the cure


@dataclass(frozen=True)
class Ratings:
    """What was merged: `answers` a row per rater and trial with the key's columns."""

    answers: pd.DataFrame
    refused: list[Refused]
    simulated: bool  # whether any file says so


def read_key(path: Path) -> pd.DataFrame:
    """Returns the key of a test.

    Raises:
        InputError: if it is missing or no key.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; `selfverify listen build` writes it by the page")
    key = pd.read_csv(path, dtype={"trial_id": str, "system": str}, keep_default_na=False)
    if not {"trial_id", "kind", "sha256", "expected"} <= set(key.columns):
        raise InputError(f"{path}: not the key of a listening test; name the .key.csv")
    if key["trial_id"].duplicated().any():
        raise InputError(f"{path}: a trial stands twice; take the key as it was written")
    for name in {"stratum_size", "weight"} & set(key.columns):  # empty for catch trials
        key[name] = pd.to_numeric(key[name])
    for name in {"verifier_flag", "evaluator_flag"} & set(key.columns):
        key[name] = key[name].astype(str) == "True"
    return key


def read_ratings(paths: Sequence[Path], key: pd.DataFrame) -> Ratings:
    """Returns all answers that belong to the test; the rest is in `refused`, nothing raises."""
    hashes = dict(zip(key["trial_id"], key["sha256"], strict=True))
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    raters: dict[str, str] = {}
    simulated = False
    for path in paths:
        try:
            file = _read(path, study_id(hashes), raters)
        except InputError as error:
            refused.append(Refused(str(path), "", "", str(error)))
            continue
        raters[_same(file["rater"])] = str(path)
        simulated |= file.get("simulated") is not False
        for trial_id, given in file["answers"].items():
            if reason := _fault(trial_id, given, hashes):
                refused.append(Refused(str(path), file["rater"], trial_id, reason))
            else:
                row = {"rater": file["rater"], "trial_id": trial_id, "seconds": given["seconds"]}
                rows.append(row | given["answer"])
        num_missing = len(set(hashes) - set(file["answers"]))
        if num_missing:
            refused.append(
                Refused(
                    str(path), file["rater"], "", f"{num_missing} of {len(hashes)} trials "
                    "unanswered; the rest is merged, import the file into the page to go on"
                )
            )  # fmt: skip
    answers = pd.DataFrame(rows, columns=["rater", "trial_id", "seconds", *_names(rows)])
    return Ratings(answers.merge(key, on="trial_id"), refused, simulated)


def catch_trials(answers: pd.DataFrame) -> pd.DataFrame:
    """Returns per rater: `num_right` of `num_catch`, and whether the rater is `kept`.

    Of a good clip only "no" is wrong, of a broken one all but "no"; of a pair all but the better.
    A rater without any answered catch trial is kept only if the test has none.
    """
    if answers.empty:
        return pd.DataFrame(columns=["rater", "num_right", "num_catch", "kept"])
    is_catch = answers["kind"] == "catch"
    if "prefers" in answers:
        is_right = answers["prefers"] == answers["expected"]
    else:
        is_right = (answers["says"] == "no") == (answers["expected"] == "no")
    counted = answers.assign(num_right=is_catch & is_right, num_catch=is_catch)
    sums = counted.groupby("rater")[["num_right", "num_catch"]].sum()
    counts = pd.DataFrame(sums).reset_index()
    passed = counts["num_right"] >= MIN_CATCH_SHARE * counts["num_catch"]
    return counts.assign(
        kept=passed & ((counts["num_catch"] > 0) | (not is_catch.to_numpy(bool).any()))
    )


def minutes(answers: pd.DataFrame) -> pd.Series:
    """Returns how long each rater took, by the page's clock."""
    return pd.Series(answers.groupby("rater")["seconds"].sum()) / 60


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return [name for name in _ALLOWED if any(name in row for row in rows)]


def _read(path: Path, study: str, raters: dict[str, str]) -> dict[str, Any]:
    try:
        file = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_doubles)
    except InputError:  # a ValueError too
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"not a readable JSON file ({error}); export it again") from None
    if not isinstance(file, dict) or file.get("format") != FORMAT:
        raise InputError("not answers of this kind of test; use the page's export")
    if file.get("study") != study:
        raise InputError("of another test, or its key or audio was replaced; name its own key")
    rater = file.get("rater")
    if not (isinstance(rater, str) and rater.strip() and isinstance(file.get("answers"), dict)):
        raise InputError("no rater or no answers; use the page's export")
    if _same(rater) in raters:
        raise InputError(
            f"rater {rater!r} is in {raters[_same(rater)]} already; keep the complete file"
        )
    if file.get("checksum") != checksum(file):
        raise InputError("written or changed by hand: its checksum is wrong; use the page's export")
    return file


def _same(rater: str) -> str:
    """What names of one person have in common."""
    return " ".join(rater.split()).casefold()


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose names are all different; Python would keep the last of two answers."""
    for name, num in Counter(name for name, _ in pairs).items():
        if num > 1:
            raise InputError(f"{name} stands twice in one object; export from the page again")
    return dict(pairs)


def _fault(trial_id: str, given: Any, hashes: dict[str, str]) -> str:
    """What is wrong with an answer, or nothing."""
    if trial_id not in hashes:
        return "no such trial; export from the page again"
    if not isinstance(given, dict) or not isinstance(given.get("answer"), dict):
        return "no answer; export from the page again"
    heard = given.get("sha256")
    if not isinstance(heard, list) or " ".join(map(str, heard)) != hashes[trial_id]:
        return "given on other audio (its hash differs); rate the clip of this page again"
    if not isinstance(given.get("seconds"), int | float):
        return "no time; export from the page again"
    needed = {"prefers"} if " " in hashes[trial_id] else {"says", "publish", "defects"}
    if set(given["answer"]) != needed:
        return f"answers {sorted(given['answer'])} instead of {sorted(needed)}; export again"
    for name, value in given["answer"].items():
        values = value if isinstance(value, list) else [value]
        if isinstance(value, list) != (name == "defects") or not all(
            isinstance(v, str) and v in _ALLOWED[name] for v in values
        ):
            return f"{name} cannot be {value!r}; export from the page again"
    return ""
