"""What sounds the same is equal, what sounds different is not, in each language but English.

pairs.{language}.csv: by hand; every fourth row of the tests of NeMo's text normalisers (Apache 2.0,
commit 1f126357), for Mandarin also of WeTextProcessing's (Apache 2.0, commit 039007e6). Theirs is
one reading of each form, in lower case, some of them forms that no text has ("pab5,50 billones").
"""

import csv
from pathlib import Path

import pandas as pd
import pytest

from selfverify.languages import LANGUAGES, load_language

FOLDER = Path(__file__).parent
OTHERS = sorted(LANGUAGES.keys() - {"en"})


def rows_of(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module", params=OTHERS)
def judged(request) -> tuple[str, pd.DataFrame]:
    language = load_language(request.param)
    rows = rows_of(f"pairs.{request.param}.csv")
    for row in rows:
        is_equal = language.content_error([row["text"]], row["heard"]).cer == 0.0
        row["is_right"] = is_equal == (row["expected"] == "equal")
    return request.param, pd.DataFrame(rows)


def test_at_least_95_percent_of_the_pairs_by_hand_are_right_of_either_sort(judged):
    language, pairs = judged
    print(language, pairs.groupby(["source", "kind"])["is_right"].agg(["sum", "count"]).to_string())
    by_hand = pairs[pairs["source"] == "by hand"]
    assert len(by_hand) > 80
    assert (by_hand.groupby("expected")["is_right"].mean() >= 0.95).all()


def test_what_is_wrong_is_known_by_name(judged):
    language, pairs = judged
    known = {
        (r["text"], r["heard"]) for r in rows_of("still_wrong.csv") if r["language"] == language
    }
    wrong = pairs[~pairs["is_right"]]
    assert set(zip(wrong["text"], wrong["heard"], strict=True)) == known


def test_a_text_heard_as_it_is_written_is_right(judged):
    code, pairs = judged
    language = load_language(code)
    sayable = [text for text in pairs["text"] if "<" not in text]
    assert [text for text in sayable if language.content_error([text], text).cer] == []


@pytest.mark.parametrize(
    ("language", "text", "heard", "num_repeated"),
    [
        ("de", "Guten Morgen.", "Guten Morgen. Guten Morgen.", 2),
        ("zh", "早上好。", "早上好早上好早上好", 6),
    ],
)
def test_what_is_said_again_is_counted(language, text, heard, num_repeated):
    error = load_language(language).content_error([text], heard)
    assert error.num_repeated == error.num_inserted_in_row == num_repeated


@pytest.mark.parametrize("language", OTHERS)
def test_silence_is_no_match_and_a_text_without_words_is_refused(language):
    assert load_language(language).content_error(["Ja 好"], "").cer == 1.0
    with pytest.raises(ValueError, match="no word that can be compared"):
        load_language(language).content_error(["…!"], "")


@pytest.mark.parametrize("language", OTHERS)
def test_the_closest_of_several_readings_counts(language):
    error = load_language(language).content_error(["abc", "10:30"], "10:30")
    assert error.cer == 0.0


def test_numbers_take_the_time_of_their_words():
    german = load_language("de")
    assert german.expected_seconds("Es waren 21.", german.pace) == pytest.approx(
        german.expected_seconds("Es waren einundzwanzig.", german.pace)
    )


@pytest.mark.parametrize(
    ("language", "s_per_letter"),
    [("en", 0.064), ("de", 0.0687), ("es", 0.0616), ("fr", 0.0633), ("zh", 0.2477)],
)
def test_pace_is_that_of_readers_aloud(language, s_per_letter):
    pace = load_language(language).pace
    assert (pace.fixed_s, pace.s_per_letter) == (1.31, s_per_letter)
