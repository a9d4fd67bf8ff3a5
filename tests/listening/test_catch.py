"""Checks: known clean references, and clips broken on purpose, that look like all others."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import soundfile as sf

from selfverify.cli import main
from selfverify.errors import InputError
from selfverify.listening.building import build_labelling
from selfverify.listening.catch import BROKEN, checks_of_table, label_checks, pair_checks


def sounds(row):
    return sf.read(io.BytesIO(row["flac"]))[0]


def test_half_of_the_checks_are_references_and_half_are_broken(checks, rng):
    rows = label_checks(checks, 80, rng)
    assert [row["expected"] for row in rows] == ["yes"] * 4 + ["no"] * 4
    assert sorted(row["level"] for row in rows if row["expected"] == "no") == sorted(BROKEN)
    texts = dict(zip(checks.good["text"], checks.good["flac"], strict=True))
    for row in rows:
        is_right = np.array_equal(sounds(row), sf.read(io.BytesIO(texts[row["text"]]))[0])
        assert is_right == (row["expected"] == "yes")


def test_the_better_of_a_pair_of_checks_is_the_whole_clip(checks, rng):
    rows = pair_checks(checks, 80, rng)
    assert len(rows) == 7  # of eight references, each mixed up with the next
    for row in rows:
        assert row["clips"]["ab".index(row["expected"])]["level"] == "good"
    assert {row["expected"] for row in rows} == {"a", "b"}


def test_checks_are_hidden_among_the_rest(frame, checks):
    page, key = build_labelling(frame, checks, 40, "a test", seed=1)
    told = re.search(r'id="study">(.*?)</script>', page)
    assert told
    trials = json.loads(told[1])["trials"]
    assert {name for trial in trials for name in trial} == {"id", "text", "clips"}
    assert not re.search("catch|broken|reference|expected|flag", told[1])
    places = np.flatnonzero(key["kind"] == "catch")
    assert len(places) == 4
    assert places.max() - places.min() >= len(places)


def test_without_references_clips_that_pass_are_broken(frame, rng):
    frame = frame.assign(text=[f"one two three {i}" for i in range(40)])
    rows = label_checks(checks_of_table(frame, None), 40, rng)
    assert [row["expected"] for row in rows] == ["no", "no"]
    passing = set(frame["source"][~frame["verifier_flag"]])
    assert {row["source"] for row in rows} <= passing


@pytest.fixture
def manifest(tmp_path, rng):
    """Verdicts of four clips, and a table of two recordings."""
    for index in range(6):
        sf.write(tmp_path / f"{index}.wav", 0.1 * rng.standard_normal(800), 16_000)
    rows = [
        {"id": i, "audio": f"{i}.wav", "text": f"one two three {i}", "system": "x",
         "is_catastrophic": i == 0, "cer": 0.0}
        for i in range(4)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "verdicts.csv", index=False)
    recordings = [{"audio": f"{i}.wav", "text": f"four five six {i}"} for i in (4, 5)]
    pd.DataFrame(recordings).to_csv(tmp_path / "references.csv", index=False)
    return tmp_path


def build(folder, monkeypatch, *options):
    page = folder / "page.html"
    arguments = ["listen", "build", str(folder / "verdicts.csv"), "--out", str(page), *options]
    monkeypatch.setattr("sys.argv", ["selfverify", *arguments])
    main()
    return pd.read_csv(folder / "page.key.csv", keep_default_na=False)


def test_the_command_takes_recordings_as_checks(manifest, monkeypatch, capsys):
    key = build(manifest, monkeypatch, "--references", str(manifest / "references.csv"))
    catch = key[key["kind"] == "catch"]
    assert set(catch["expected"]) == {"yes", "no"}
    assert set(catch["source"]) <= {"4.wav", "5.wav"}
    assert "no check has the answer yes" not in capsys.readouterr().out


def test_the_command_says_that_without_recordings_no_check_has_the_answer_yes(
    manifest, monkeypatch, capsys
):
    key = build(manifest, monkeypatch)
    assert set(key["expected"]) == {"", "no"}
    assert "no check has the answer yes" in capsys.readouterr().out


def test_a_table_that_is_no_references_is_refused(frame, tmp_path):
    pd.DataFrame({"audio": ["a.wav"]}).to_csv(tmp_path / "r.csv")
    with pytest.raises(InputError, match="no column 'text'; references need audio, text"):
        checks_of_table(frame, tmp_path / "r.csv")
    with pytest.raises(InputError, match="no such file"):
        checks_of_table(frame, tmp_path / "s.csv")
    (tmp_path / "x.wav").write_bytes(b"no audio")
    rows = pd.DataFrame({"audio": ["x.wav"] * 2, "text": ["one two three four", "a b c d"]})
    rows.to_csv(tmp_path / "r.csv")
    with pytest.raises(InputError, match=r"x.wav: no audio for a check .* convert it"):
        label_checks(checks_of_table(frame, tmp_path / "r.csv"), 20, np.random.default_rng(1))
