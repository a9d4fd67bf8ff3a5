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
from selfverify.listening.frame import draw_sample
from selfverify.storage.files import atomic_path

SECONDS_PER_CLIP = 20  # assumed: two hearings of a five-second clip, and three answers
CATCH_SHARE = 10  # one trial in so many is a check with a known answer
MIME = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}
KEY_COLUMNS = [
    "trial_id", "kind", "sha256", "source", "system", "level", "stratum_size", "weight",
    "verifier_flag", "evaluator_flag",
]  # fmt: skip
PAIR_COLUMNS = ["trial_id", "kind", "sha256", "system_a", "system_b"]
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
    frame: pd.DataFrame, num_clips: int, title: str, seed: int
) -> tuple[str, pd.DataFrame]:
    """Returns the page and its key (`KEY_COLUMNS`, a row per trial).

    Catch trials show clean clips with the text of another clip, so that "no" is right by
    construction; they come on top of `num_clips` and are in no rate.

    Args:
        frame: of `listening.frame`.
        num_clips: to draw.
        title: of the page; it should not name the systems.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    drawn = draw_sample(frame, num_clips, rng).assign(kind="clip")
    rows = pd.concat([drawn, _catch_trials(frame, len(drawn), rng)], ignore_index=True)
    trials, keys = [], []
    for row in rows.sample(frac=1, random_state=int(rng.integers(2**31))).to_dict("records"):
        clip = _clip(row)
        trial_id = rng.bytes(6).hex()
        trials.append({"id": trial_id, "text": row["text"], "clips": [clip]})
        keys.append(row | {"trial_id": trial_id, "sha256": clip["sha256"]})
    return render(trials, "label", title), pd.DataFrame(keys, columns=KEY_COLUMNS)


def build_pairs(
    frame: pd.DataFrame, systems: tuple[str, str], num_pairs: int, title: str, seed: int
) -> tuple[str, pd.DataFrame]:
    """Returns the page of blind pairs and its key (`PAIR_COLUMNS`).

    Both clips say the same text and pass by both recognisers; which is A is drawn.

    Raises:
        InputError: if no text has a passing clip by each system.
    """
    rng = np.random.default_rng(seed)
    passing = _passing(frame, ["system", "text"])
    first, second = (passing[passing["system"] == name].set_index("text") for name in systems)
    texts = sorted(set(first.index) & set(second.index))
    if not texts:
        raise InputError(
            f"no text has a clip by {systems[0]!r} and one by {systems[1]!r} that pass"
        )
    trials, keys = [], []
    for text in rng.permutation(np.array(texts, dtype=object))[:num_pairs]:
        pair = [first.loc[text].to_dict(), second.loc[text].to_dict()]
        swap = int(rng.integers(2))
        pair = pair[::-1] if swap else pair
        clips, trial_id = [_clip(row) for row in pair], rng.bytes(6).hex()
        trials.append({"id": trial_id, "text": text, "clips": clips})
        hashes = " ".join(clip["sha256"] for clip in clips)
        keys.append([trial_id, "pair", hashes, pair[0]["system"], pair[1]["system"]])
    return render(trials, "pairs", title), pd.DataFrame(keys, columns=PAIR_COLUMNS)


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


def _passing(frame: pd.DataFrame, unique: list[str]) -> pd.DataFrame:
    """The first clip of each value of the columns `unique` that passes by both recognisers."""
    flags = frame[["verifier_flag", "evaluator_flag"]].to_numpy(bool)
    return pd.DataFrame(frame[~flags.any(axis=1)]).drop_duplicates(subset=unique)


def _catch_trials(frame: pd.DataFrame, num_clips: int, rng: np.random.Generator) -> pd.DataFrame:
    clean = _passing(frame, ["text"])
    num = min(max(2, num_clips // CATCH_SHARE), len(clean) // 2 * 2)
    if num < 2:
        return frame.head(0).assign(kind="catch")
    rows = clean.iloc[rng.permutation(len(clean))[:num]]
    return rows.assign(text=np.roll(rows["text"].to_numpy(), 1), kind="catch", level="catch")


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
