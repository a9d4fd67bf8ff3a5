"""What sounds the same is equal, what sounds different is not: pairs.csv, scored by kind.

Its rows: a text, what was heard, which of the two they are, and where the pair is from: public
reports of people whose gate broke, the tests of NeMo's text normaliser (Apache 2.0, commit
1f126357, evenly spaced rows of each file), or by hand.
"""

import csv
from pathlib import Path

import pandas as pd
import pytest

from selfverify.metric.content import content_error
from selfverify.metric.readings import read_parts

PAIRS = Path(__file__).parent / "pairs.csv"
# Known and left: a mend, or a new fault, has to change this list.
STILL_WRONG = {
    ("We won 3-2.", "We won thirty-two."),  # digits are compared without their grouping
    # Whisper's normaliser joins numbers said one after another.
    ("1970-2010", "one thousand nine hundred and seventy-two thousand ten"),
}


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    with PAIRS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        is_equal = content_error([row["text"]], row["heard"]).cer == 0.0
        row["is_right"] = is_equal == (row["expected"] == "equal")
    return pd.DataFrame(rows)


def test_at_least_95_percent_of_the_pairs_are_right_of_either_sort(pairs):
    by_kind = pairs.groupby("kind")["is_right"].agg(["sum", "count"])
    print(by_kind.to_string())  # pytest -s
    assert len(pairs) > 600
    assert pairs["is_right"].mean() >= 0.95
    assert (pairs.groupby("expected")["is_right"].mean() >= 0.95).all()


def test_what_is_wrong_is_known_by_name(pairs):
    wrong = pairs[~pairs["is_right"]]
    assert set(zip(wrong["text"], wrong["heard"], strict=True)) == STILL_WRONG


def test_all_pairs_of_public_reports_are_right(pairs):
    assert pairs.loc[pairs["source"] == "public report", "is_right"].all()


def test_a_text_heard_as_it_is_written_is_right(pairs):
    sayable = [t for t in pairs["text"] if "<" not in t and "[" not in t]
    assert [t for t in sayable if content_error([t], t).cer] == []


def test_reading_a_text_loses_nothing_of_it(pairs):
    """Where no rule finds anything, the text is one part and its own reading."""
    plain = pairs[pairs["kind"].eq("plain words")]["text"]
    assert [read_parts(text) for text in plain] == [((text,),) for text in plain]
