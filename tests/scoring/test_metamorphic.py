"""What is done to a file and cannot be heard leaves the decision, of passes and of failures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
import soxr

from selfverify import ScoreOptions, score_clip, score_manifest

RATE = 16_000
MOONSHINE = ScoreOptions(recogniser="moonshine")
Change = Callable[[np.ndarray], tuple[np.ndarray, int, str, str]]


def resampled(rate: int) -> Change:
    return lambda x: (soxr.resample(x, RATE, rate), rate, "wav", "PCM_16")


CHANGES: dict[str, Change] = {
    "as it is": lambda x: (x, RATE, "wav", "PCM_16"),
    "silence before": lambda x: (np.pad(x, (RATE // 2, 0)), RATE, "wav", "PCM_16"),
    "silence after": lambda x: (np.pad(x, (0, RATE // 2)), RATE, "wav", "PCM_16"),
    "two seconds after": lambda x: (np.pad(x, (0, 2 * RATE)), RATE, "wav", "PCM_16"),
    "half as loud": lambda x: (0.5 * x, RATE, "wav", "PCM_16"),
    "a tenth as loud": lambda x: (0.1 * x, RATE, "wav", "PCM_16"),
    **{f"{rate} Hz": resampled(rate) for rate in (8_000, 22_050, 48_000, 192_000)},
    "stereo": lambda x: (np.stack([x, x], 1), RATE, "wav", "PCM_16"),
    "opposite phase": lambda x: (np.stack([x, -x], 1), RATE, "wav", "PCM_16"),
    "centre of 5.1": lambda x: (x[:, None] * (np.arange(6) == 2), RATE, "wav", "PCM_16"),
    "24 bits": lambda x: (x, RATE, "wav", "PCM_24"),
    "float": lambda x: (x, RATE, "wav", "FLOAT"),
    "FLAC": lambda x: (x, RATE, "flac", "PCM_16"),
    "Ogg": lambda x: (x, RATE, "ogg", "VORBIS"),
}  # fmt: skip


@pytest.fixture(scope="module")
def decisions(tmp_path_factory, speech) -> pd.DataFrame:
    """A row per change, of a whole clip, of one cut in half, and of one that says another text."""
    folder: Path = tmp_path_factory.mktemp("changed")
    text, audio = speech
    other = "Nobody had expected the heavy rain that evening."
    originals = [("whole", audio, text), ("cut", audio[: len(audio) * 2 // 5], text),
                 ("other", audio, other)]  # fmt: skip
    rows = []
    for name, samples, said in originals:
        for number, (change, make) in enumerate(CHANGES.items()):
            changed, rate, suffix, subtype = make(samples)
            path = folder / f"{name}-{number}.{suffix}"
            sf.write(path, changed, rate, subtype=subtype)
            rows.append({"audio": path.name, "text": said, "id": f"{name}: {change}"})
    pd.DataFrame(rows).sample(frac=1, random_state=1).to_csv(folder / "m.csv", index=False)
    found = score_manifest(folder / "m.csv", options=MOONSHINE).verdicts
    found["path"] = [str(folder / name) for name in found["audio"]]
    return found.set_index("id")


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("clip", "decision"), [("whole", "pass"), ("cut", "fail"), ("other", "fail")]
)
def test_the_decision_stays(decisions, clip, decision, change):
    assert decisions.loc[f"{clip}: {change}", "decision"] == decision


@pytest.mark.parametrize("clip", ["whole", "cut"])
def test_a_clip_by_itself_gets_the_same_row(decisions, clip):
    row = decisions.loc[f"{clip}: as it is"]
    found = score_clip(Path(row["path"]), row["text"], options=MOONSHINE)
    for name in ("hypothesis", "cer", "failure_mode", "decision", "expected_s", "speech_s"):
        assert found[name] == row[name]


def test_a_second_recogniser_is_asked_about_every_clip(decisions):
    path, text = decisions.loc["whole: as it is", ["path", "text"]]
    found = score_clip(Path(path), text, options=ScoreOptions(second="moonshine"))
    assert found["second_hypothesis"] == decisions.loc["whole: as it is", "hypothesis"]
    assert (found["decision"], found["second_failure_mode"]) == ("pass", "ok")
