"""What `speak` reads of a study."""

import json
import shutil

import pytest
import yaml

from repository import ROOT
from selfverify.audio.pace import LIBRISPEECH_READERS, MINI_VOICE
from selfverify.errors import InputError
from selfverify.speaking.setup import read_setup, read_start


@pytest.mark.parametrize(
    ("source", "pace"),
    [
        ({"source": "grammar"}, MINI_VOICE),
        ({"source": "file", "path": "t.csv", "pace": "mini voice"}, MINI_VOICE),
        ({"source": "file", "path": "t.csv", "pace": "readers"}, LIBRISPEECH_READERS),
    ],
)
def test_the_pace_is_that_of_a_studys_prompts_whatever_their_set(tmp_path, source, pace):
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    track = params["tracks"]["mini"]
    for key in ("distillation", "calibration"):
        del track[key]
    track["prompt_sets"] = {"hard": source | {"num_utterances": 8, "num_shards": 1}}
    (tmp_path / "params.yaml").write_text(yaml.dump(params))
    (tmp_path / "data").symlink_to(ROOT / "data")
    assert read_setup("mini-llasa", tmp_path / "params.yaml").pace == pace


def test_a_study_beside_the_mini_track_is_read_over_it():
    setup = read_setup("mini-llasa", ROOT / "params.eight.yaml")
    assert setup.track == "eight"
    assert setup.checkpoint == ROOT / "data/mini/checkpoints/mini-llasa"


@pytest.fixture
def calibrated(tmp_path):
    """A study with a calibration of mini-llasa, to be written."""
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    folder = tmp_path / "data/mini"
    (folder / "results").mkdir(parents=True)
    (folder / "checkpoints").symlink_to(ROOT / "data/mini/checkpoints")
    return tmp_path, folder / "results/speak_mini-llasa.json"


@pytest.mark.parametrize("content", ['{"start"', "{}", "[]", "\xe9"])
def test_a_calibration_that_cannot_be_read_is_named_with_the_cure(calibrated, content):
    root, path = calibrated
    path.write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=r"speak_mini-llasa\.json: no calibration .*; remove it"):
        read_start(read_setup("mini-llasa", root / "params.yaml"))


def test_weights_without_checksums_have_no_calibration(calibrated):
    root, path = calibrated
    published = json.loads((ROOT / "data/mini/results" / path.name).read_text())
    path.write_text(json.dumps(published | {"checkpoint_sha256": ""}))
    setup = read_setup("mini-llasa", root / "params.yaml")
    checkpoints = root / "data/mini/checkpoints"
    checkpoints.unlink()
    shutil.copytree(ROOT / checkpoints.relative_to(root), checkpoints)
    (checkpoints / "mini-llasa/SHA256SUMS").unlink()
    assert "params.yaml; the calibration is of another checkpoint" in read_start(setup).source
