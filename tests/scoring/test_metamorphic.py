"""What is done to a file and cannot be heard leaves the decision, of passes and of failures."""

from pathlib import Path

import pandas as pd
import pytest

from selfverify import ScoreOptions, score_clip, score_manifest
from selfverify.scoring.changes import CHANGES

RATE = 16_000
MOONSHINE = ScoreOptions(recogniser="moonshine")


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
            path = make(samples, RATE).save(folder / f"{name}-{number}")
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
