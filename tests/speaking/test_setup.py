"""What `speak` reads of a study."""

import pytest
import yaml

from repository import ROOT
from selfverify.audio.pace import LIBRISPEECH_READERS, MINI_VOICE
from selfverify.speaking.setup import read_setup


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
