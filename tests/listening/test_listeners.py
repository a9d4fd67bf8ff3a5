"""What claims say of listeners: nothing where nobody rated, and nothing of simulated raters."""

import shutil

import pandas as pd
import pytest
from scripts.listening.table_listeners import table_listeners

from outputs import table_files
from selfverify.errors import InputError
from selfverify.listening.building import build_labelling, write_test
from selfverify.results.listeners import NOT_VALIDATED, said_by_listeners


@pytest.fixture
def rated(frame, checks, simulated_file, tmp_path):
    """The key of the test of system x, and files of two simulated raters in the folder x."""
    of_x = pd.DataFrame(frame[frame["system"] == "x"])
    page, key = build_labelling(of_x, checks, 15, "a test", seed=1)
    write_test(page, key, tmp_path / "test_x.html")
    (tmp_path / "x").mkdir()
    files = [
        shutil.move(simulated_file(page, key, rater), tmp_path / "x" / f"{rater}.json")
        for rater in ("s1", "s2")
    ]
    return tmp_path / "test_x.key.csv", files


def write(rated, folder):
    files = table_files(folder)
    table_listeners(systems=["x"], answers=[rated[0]], ratings=rated[1], files=files)
    return pd.read_csv(files.csv), files


def test_ratings_become_a_table_that_says_that_they_are_simulated(rated, tmp_path):
    table, files = write(rated, tmp_path)
    assert list(table["recogniser"]) == ["verifier", "evaluator"]
    assert (table[["sensitivity", "specificity"]] == 1).all(axis=None)
    assert table["corrected"].tolist() == pytest.approx([0.25, 0.25])
    assert table["num_raters"].tolist() == [2, 2]
    assert "SIMULATED raters, no person was asked" in files.markdown.read_text()


def test_claims_are_not_validated_by_nobody_nor_by_simulated_raters(rated, tmp_path):
    assert said_by_listeners(["x", "all"], ["x"], None) == [NOT_VALIDATED] * 2
    table, _ = write(rated, tmp_path)
    by_simulated = said_by_listeners(["x", "y", "all"], ["x", "y"], table)
    assert by_simulated == [f"{NOT_VALIDATED}: raters were simulated", *[NOT_VALIDATED] * 2]
    assert said_by_listeners(["all"], ["x"], table)[0].startswith(NOT_VALIDATED)


def test_ratings_of_other_clips_stop_the_table_by_the_name_of_their_folder(rated, tmp_path):
    key = pd.read_csv(rated[0], keep_default_na=False)
    key.assign(sha256=["0" * 64, *key["sha256"][1:]]).to_csv(rated[0], index=False)
    with pytest.raises(InputError, match=r"/x: no rater is left: .*move the files elsewhere"):
        write(rated, tmp_path)
