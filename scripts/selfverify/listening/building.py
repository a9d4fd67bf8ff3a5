"""A listening test as one HTML file, and the key that only whoever merges may see."""

import base64
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment

from selfverify.errors import InputError
from selfverify.listening.catch import Checks, label_checks, pair_checks
from selfverify.listening.frame import draw_sample
from selfverify.storage.files import atomic_path

SECONDS_PER_CLIP = 20  # assumed: two hearings of a five-second clip, and three answers
MIME = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}
KEY_COLUMNS = [
    "trial_id", "kind", "sha256", "expected", "source", "system", "level", "stratum_size", "weight",
    "verifier_flag", "evaluator_flag",
]  # fmt: skip
PAIR_COLUMNS = ["trial_id", "kind", "sha256", "expected", "system_a", "system_b"]
_DEFECTS = {"missing": "words missing", "repeated": "words repeated", "invented": "other words",
            "silence": "silence or noise", "cut": "cut off"}  # fmt: skip


def _question(name: str, title: str, options: dict[str, str], keys: str, many: bool = False):
    rows = zip(options.items(), keys, strict=True)
    chosen = [{"value": value, "label": label, "key": key} for (value, label), key in rows]
    return {"name": name, "title": title, "many": many, "options": chosen}


QUESTIONS = {
    "label": [
        _question(
            "says", "Does it say the text?",
            {"yes": "yes", "minor": "minor slips", "no": "no"}, "123",
        ),
        _question("defects", "What is wrong? (any number, or none)", _DEFECTS, "qwert", many=True),
        _question("publish", "Would you publish it?", {"yes": "yes", "no": "no"}, "yn"),
    ],
    "pairs": [
        _question(
            "prefers", "Which would you rather use?",
            {"a": "the first, A", "tie": "no difference", "b": "the second, B"}, "123",
        ),
    ],
}  # fmt: skip


def build_labelling(
    frame: pd.DataFrame, checks: Checks, num_clips: int, title: str, seed: int
) -> tuple[str, pd.DataFrame]:
    """Returns the page and its key (`KEY_COLUMNS`, a row per trial).

    Catch trials, `catch.label_checks`, come on top of `num_clips` and are in no rate.

    Args:
        frame: of `listening.frame`.
        checks: what catch trials are made of.
        num_clips: to draw.
        title: of the page; it should not name the systems.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    drawn = draw_sample(frame, num_clips, rng).assign(kind="clip").to_dict("records")
    trials, keys = [], []
    for row in _mixed(drawn + label_checks(checks, len(drawn), rng), rng):
        trial, key = _trial(row["text"], [row], rng)
        trials.append(trial)
        keys.append({"expected": ""} | row | key)
    return render(trials, "label", title), pd.DataFrame(keys, columns=KEY_COLUMNS)


def build_pairs(
    frame: pd.DataFrame,
    checks: Checks,
    systems: tuple[str, str],
    num_pairs: int,
    title: str,
    seed: int,
) -> tuple[str, pd.DataFrame]:
    """Returns the page of blind pairs and its key (`PAIR_COLUMNS`).

    Both clips say the same text and pass by both recognisers; which is A is drawn. Catch trials,
    `catch.pair_checks`, come on top.

    Raises:
        InputError: if no text has a passing clip by each system.
    """
    rng = np.random.default_rng(seed)
    rows = _pairs(frame, systems, num_pairs, rng)
    trials, keys = [], []
    for row in _mixed(rows + pair_checks(checks, len(rows), rng), rng):
        trial, key = _trial(row["text"], row["clips"], rng)
        trials.append(trial)
        keys.append({"kind": "catch", "expected": ""} | row | key)
    return render(trials, "pairs", title), pd.DataFrame(keys, columns=PAIR_COLUMNS)


def _pairs(
    frame: pd.DataFrame, systems: tuple[str, str], num_pairs: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    passes = ~frame[["verifier_flag", "evaluator_flag"]].to_numpy(bool).any(axis=1)
    passing = pd.DataFrame(frame[passes]).drop_duplicates(subset=["system", "text"])
    first, second = (passing[passing["system"] == name].set_index("text") for name in systems)
    texts = sorted(set(first.index) & set(second.index))
    if not texts:
        raise InputError(
            f"no text has a clip by {systems[0]!r} and one by {systems[1]!r} that pass"
        )
    rows = []
    for text in rng.permutation(np.array(texts, dtype=object))[:num_pairs]:
        clips = [first.loc[text].to_dict(), second.loc[text].to_dict()]
        clips = clips[::-1] if int(rng.integers(2)) else clips
        sides = {"system_a": clips[0]["system"], "system_b": clips[1]["system"]}
        rows.append({"kind": "pair", "text": text, "clips": clips} | sides)
    return rows


def render(trials: list[dict[str, Any]], mode: str, title: str) -> str:
    """Returns the page; its `study` id is the hash of the trials, audio included."""
    told = [[trial["id"], trial["text"], [c["sha256"] for c in trial["clips"]]] for trial in trials]
    study = {
        "id": study_id({i: " ".join(hashes) for i, _, hashes in told}),
        "title": title,
        "mode": mode,
        "minutes": -(-len(trials) * SECONDS_PER_CLIP // 60),
        "questions": QUESTIONS[mode],
        "trials": trials,
    }
    template = files("selfverify.listening").joinpath("session.html").read_text()
    return Environment(autoescape=True, trim_blocks=True).from_string(template).render(study=study)


def study_id(hashes: dict[str, str]) -> str:
    """Returns what binds answers to a test: the hash of its trials' ids and audio hashes."""
    return hashlib.sha256(json.dumps(sorted(hashes.items())).encode()).hexdigest()


def write_test(page: str, key: pd.DataFrame, out: Path) -> None:
    """Writes the page to `out` and the key beside it, as .key.csv."""
    with atomic_path(key_path(out)) as temporary:  # at full precision: weights are in it
        key.to_csv(temporary, index=False)
    with atomic_path(out) as temporary:
        temporary.write_text(page)


def key_path(page: Path) -> Path:
    """Where the key of a page is."""
    return page.with_suffix(".key.csv")


def _mixed(rows: list[dict[str, Any]], rng: np.random.Generator) -> list[dict[str, Any]]:
    return [rows[index] for index in rng.permutation(len(rows))]


def _trial(
    text: str, rows: list[dict[str, Any]], rng: np.random.Generator
) -> tuple[dict[str, Any], dict[str, str]]:
    """A trial as the page has it, and what the key has to know of it."""
    clips, trial_id = [_clip(row) for row in rows], rng.bytes(6).hex()
    hashes = " ".join(clip["sha256"] for clip in clips)
    trial = {"id": trial_id, "text": text, "clips": clips}
    return trial, {"trial_id": trial_id, "sha256": hashes}


def _clip(row: dict[str, Any]) -> dict[str, str]:
    """A clip as the page has it; the hash is that of the file's bytes."""
    if isinstance(row.get("flac"), bytes):
        data, mime = row["flac"], MIME[".flac"]
    else:
        path = Path(row["path"])
        if path.suffix.lower() not in MIME:
            raise InputError(f"{path}: browsers play {', '.join(MIME)}; convert it")
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        data, mime = path.read_bytes(), MIME[path.suffix.lower()]
    digest = hashlib.sha256(data).hexdigest()
    return {"sha256": digest, "mime": mime, "data": base64.b64encode(data).decode()}
