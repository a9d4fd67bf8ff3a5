"""The tables of simulated raters, and tests of a study's pool."""

import io

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from scripts.listening import table_listening_power as power
from scripts.listening import table_simulated_raters as simulated
from scripts.listening.listening_pairs import listening_pairs
from scripts.listening.listening_test import listening_test

from outputs import table_files
from selfverify.listening.command import NUM_CLIPS
from selfverify.listening.simulation import CAREFUL, GUESSING, World, simulate


def test_the_table_says_that_nobody_was_asked_and_covers_the_truth(tmp_path, monkeypatch):
    monkeypatch.setattr(simulated, "FAILURE_RATES", (0.2,))
    files = table_files(tmp_path)
    simulated.table_simulated_raters(num_studies=20, seed=1, files=files)
    table = pd.read_csv(files.csv).set_index(["raters", "num_clips"])
    assert len(table) == 10
    assert table["simulated"].all()
    assert (table.loc["3 careful", "num_covered"] >= 16).all()
    assert table.loc[("3 careful", 216), "half_width"] < 0.05
    assert files.markdown.read_text().count("Simulated, no person was asked") == 1


def test_the_checks_exclude_who_guesses_and_keep_the_careful():
    rng = np.random.default_rng(1)
    found = simulate(World(0.2), [CAREFUL, CAREFUL, GUESSING], 54, 30, rng)
    assert 0.25 < found.excluded_share < 0.4
    alone = simulate(World(0.2), [GUESSING], 54, 30, rng)
    assert alone.num_void >= 20


def test_the_table_of_power_tells_the_clips_for_a_half_width(tmp_path, monkeypatch):
    monkeypatch.setattr(power, "FAILURE_RATES", (0.2,))
    monkeypatch.setattr(power, "NUM_RATERS", (3,))
    monkeypatch.setattr(power, "CLIPS", (NUM_CLIPS, 216))
    files = table_files(tmp_path)
    power.table_listening_power(num_studies=10, seed=1, files=files)
    table = pd.read_csv(files.csv)
    assert table["half_width"].is_monotonic_decreasing
    assert table["minutes_each"].tolist() == pytest.approx([20, 238 / 3])
    assert power.minutes(NUM_CLIPS) <= 20
    text = files.markdown.read_text()
    assert "216 clips, 79 min, " in text
    assert "Simulated, no person was asked" in text


@pytest.fixture
def pool(tmp_path):
    """Twelve candidates, half of which fail by both recognisers, of a text each; and references."""
    sound = io.BytesIO()
    sf.write(sound, np.full(1600, 0.1), 16_000, format="FLAC")
    keys = [{"utterance_id": f"u{i}", "candidate_index": 0} for i in range(12)]
    verdicts = [
        row | {"is_catastrophic": i % 2 == 0, "verifier_is_catastrophic": i % 2 == 0,
               "failure_mode": "ok", "cer": 0.0}
        for i, row in enumerate(keys)
    ]  # fmt: skip
    audio = [
        row | {"audio": {"bytes": sound.getvalue() + bytes([i])}} for i, row in enumerate(keys)
    ]
    prompts = [{"utterance_id": row["utterance_id"], "text": f"Text {i}.",
                "spoken": [f"text number {i} is said"]}
               for i, row in enumerate(keys)]  # fmt: skip
    paths = {}
    for name, rows in {"verdicts": verdicts, "audio": audio, "prompts": prompts}.items():
        paths[name] = [tmp_path / f"{name}.parquet"]
        pd.DataFrame(rows).to_parquet(paths[name][0])
    return paths | {"references": paths["audio"]}


def test_a_test_of_a_pool_has_its_clips_and_a_key_and_does_not_name_the_system(pool, tmp_path):
    page, key = tmp_path / "page.html", tmp_path / "page.key.csv"
    listening_test(system="my-system", num_clips=8, seed=1, page=page, **pool)
    table = pd.read_csv(key)
    assert table["kind"].value_counts().to_dict() == {"clip": 8, "catch": 2}
    clips = table[table["kind"] == "clip"]
    assert set(clips["system"]) == {"my-system"}
    assert clips["weight"].sum() == 12  # each clip of the pool is stood for
    html = page.read_text()
    assert "my-system" not in html
    assert all(trial in html for trial in table["trial_id"])


@pytest.fixture
def drawn(pool, tmp_path):
    """The same with a second candidate of each, which best of 2 keeps of the first six."""
    for name in ("verdicts", "audio"):
        first = pd.read_parquet(pool[name][0])
        if name == "audio":
            second = first.assign(
                audio=[{"bytes": sound["bytes"] + b"second"} for sound in first["audio"]]
            )
        else:
            first = first.assign(is_catastrophic=False, verifier_is_catastrophic=False)
            second = first.assign(is_catastrophic=first.index == 0)
        pd.concat([first, second.assign(candidate_index=1)]).to_parquet(pool[name][0])
    selected = tmp_path / "selected.parquet"
    kept = [{"utterance_id": f"u{i}", "best_of_2": int(i < 6)} for i in range(12)]
    pd.DataFrame(kept).to_parquet(selected)
    return pool, selected


def test_pairs_of_selection_are_of_texts_where_it_keeps_another_that_passes(drawn, tmp_path):
    pool, selected = drawn
    page = tmp_path / "pairs.html"
    listening_pairs(
        system="my-system", num_pairs=20, seed=1, page=page, best_of=2, selected=(selected,), **pool
    )
    key = pd.read_csv(page.with_suffix(".key.csv"))
    pairs = key[key["kind"] == "pair"]
    assert len(pairs) == 5  # of six, one of which fails by the evaluator
    assert {*pairs["system_a"], *pairs["system_b"]} == {"single shot", "best of 2"}
    assert "best of" not in page.read_text()


def test_pairs_of_distillation_are_judged_by_the_evaluator_where_there_is_no_other(drawn, tmp_path):
    pool, _ = drawn
    verdicts, audio = tmp_path / "policy.parquet", tmp_path / "policy_audio.parquet"
    table = pd.read_parquet(pool["verdicts"][0]).drop(columns="verifier_is_catastrophic")
    table.assign(is_catastrophic=table["utterance_id"] == "u3").to_parquet(verdicts)
    sounds = pd.read_parquet(pool["audio"][0])
    sounds["audio"] = [{"bytes": sound["bytes"] + b"policy"} for sound in sounds["audio"]]
    sounds.to_parquet(audio)
    page = tmp_path / "pairs.html"
    listening_pairs(
        system="my-system", num_pairs=20, seed=1, page=page, policy="taught",
        policy_verdicts=(verdicts,), policy_audio=(audio,), **pool,
    )  # fmt: skip
    key = pd.read_csv(page.with_suffix(".key.csv"))
    pairs = key[key["kind"] == "pair"]
    assert len(pairs) == 11
    assert {*pairs["system_a"], *pairs["system_b"]} == {"single shot", "taught"}
