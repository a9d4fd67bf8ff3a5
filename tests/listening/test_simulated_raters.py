"""The table of simulated raters, and a test of a study's pool."""

import io

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from scripts.listening import table_simulated_raters as script
from scripts.listening.listening_test import listening_test

from selfverify.results.markup import TableFiles


def test_the_table_says_that_nobody_was_asked_and_covers_the_truth(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "FAILURE_RATES", (0.2,))
    monkeypatch.setattr(script, "NUM_CLIPS", (54, 216))
    files = TableFiles(*(tmp_path / f"t.{suffix}" for suffix in ("csv", "md", "tex")))
    script.table_simulated_raters(num_studies=20, seed=1, files=files)
    table = pd.read_csv(files.csv).set_index(["raters", "num_raters", "num_clips"])
    assert len(table) == 8
    careful = table.loc[("careful", 3)]
    assert (careful["coverage"] >= 0.8).all()
    assert careful.loc[216, "half_width"] < careful.loc[54, "half_width"]
    assert files.markdown.read_text().count("Simulated, no person was asked") == 1


@pytest.fixture
def pool(tmp_path):
    """Verdicts, audio and prompts of twelve candidates, half of which fail by both recognisers."""
    sound = io.BytesIO()
    sf.write(sound, np.zeros(800), 16_000, format="FLAC")
    keys = [{"utterance_id": f"u{i}", "candidate_index": 0} for i in range(12)]
    verdicts = [
        row | {"is_catastrophic": i % 2 == 0, "verifier_is_catastrophic": i % 2 == 0,
               "failure_mode": "ok", "cer": 0.0}
        for i, row in enumerate(keys)
    ]  # fmt: skip
    audio = [
        row | {"audio": {"bytes": sound.getvalue() + bytes([i])}} for i, row in enumerate(keys)
    ]
    prompts = [{"utterance_id": row["utterance_id"], "text": f"Text {i}."}
               for i, row in enumerate(keys)]  # fmt: skip
    paths = {}
    for name, rows in {"verdicts": verdicts, "audio": audio, "prompts": prompts}.items():
        paths[name] = [tmp_path / f"{name}.parquet"]
        pd.DataFrame(rows).to_parquet(paths[name][0])
    return paths


def test_a_test_of_a_pool_has_its_clips_and_a_key_and_does_not_name_the_system(pool, tmp_path):
    page, key = tmp_path / "page.html", tmp_path / "page.key.csv"
    listening_test(system="my-system", num_clips=8, seed=1, page=page, key=key, **pool)
    table = pd.read_csv(key)
    assert table["kind"].value_counts().to_dict() == {"clip": 8, "catch": 2}
    assert set(table["system"]) == {"my-system"}
    html = page.read_text()
    assert "my-system" not in html
    assert all(trial in html for trial in table["trial_id"])
