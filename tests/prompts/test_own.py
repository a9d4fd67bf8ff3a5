"""Prompts of a table that somebody brings."""

import json
from pathlib import Path

import pytest

from selfverify.audio.pace import MINI_VOICE
from selfverify.errors import InputError
from selfverify.languages import load_language
from selfverify.metric.content import ContentError
from selfverify.prompts.balance import composition
from selfverify.prompts.own import own_prompts


@pytest.fixture
def table(tmp_path):
    return tmp_path / "texts.csv"


def prompts_of(path: Path, content: str, **options):
    path.write_text(content, encoding="utf-8")
    given = {"num_utterances": 1, "language": "en", "pace": MINI_VOICE} | options
    return own_prompts(path, "hard", **given)


def test_a_text_is_a_prompt_whose_id_and_category_may_be_given(table):
    first, second = prompts_of(
        table, "text,category,id\nThe tea is cold.,,\nGo on.,order,o-1\n", num_utterances=2
    )
    assert (first.utterance_id, first.category, first.split) == ("hard-0001", "own", "hard")
    assert (second.utterance_id, second.category, second.num_words) == ("o-1", "order", 2)
    assert set(composition([first, second], "file")["category"]) == {"own", "order"}


def test_a_larger_set_begins_with_a_smaller(table):
    content = "text\nOne.\nTwo.\nThree.\n"
    assert prompts_of(table, content, num_utterances=2) == prompts_of(
        table, content, num_utterances=3
    )[:2]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("It is 10:30.", "it is half past ten"),
        ("It costs $5.20.", "it costs five dollars and twenty cents"),
        ("Don’t <laugh> go.", "don't go"),
        ("Go [softly] home.", "go home"),
        ("Meet me at St. Mary's", "meet me at saint mary's"),
    ],
)
def test_what_is_said_right_has_no_error(table, text, heard):
    (prompt,) = prompts_of(table, f'text\n"{text}"\n')
    found: ContentError = load_language("en").content_error(prompt.spoken, heard)
    assert found.cer == 0.0


def test_the_first_reading_is_of_words_alone(table):
    (prompt,) = prompts_of(table, 'text\n"“Don’t,” she said; <laugh> it\'s 5 km."\n')
    assert prompt.spoken[0] == "Don't she said it's 5 kilometers"
    assert prompt.num_words == 6


def test_readings_stand_beside_the_text(table):
    row = {"text": "Room 101", "spoken": ["room one oh one"]}
    (prompt,) = prompts_of(table.with_suffix(".jsonl"), json.dumps(row) + "\n")
    assert prompt.spoken == ("room one oh one", "Room 101")
    assert prompt == prompts_of(table, "text,spoken\nRoom 101,room one oh one|Room 101\n")[0]


def test_the_pace_is_that_of_readers_unless_it_is_the_mini_voice_s(table):
    voice, readers = (
        prompts_of(table, "text\nThe tea is cold.\n", pace=pace)[0].expected_s
        for pace in (MINI_VOICE, None)
    )
    assert voice == pytest.approx(MINI_VOICE.fixed_s + 12 * MINI_VOICE.s_per_letter)
    assert readers > voice


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text\n", r"0 texts, and num_utterances is 1"),
        ("sentence\nGo.\n", r"row 1: no text; give it one in the column text"),
        ("text\nWell, go.\n", r"row 1: more cells than the header has; quote a text with commas"),
        ("text\n...\n", r"row 1: '\.\.\.' has no word"),
        ("text,spoken\nGo.,---\n", r"row 1: '---' has no word"),
        ("id,text\na/b,Go.\n", r"row 1: the id 'a/b' is to be of letters"),
        ('text\n"Go\n', r"not a \.csv table"),
    ],
)
def test_a_row_that_is_no_prompt_is_named(table, content, message):
    with pytest.raises(InputError, match=message) as error:
        prompts_of(table, content)
    assert str(table) in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text\nGo.\nGo.\n", "two rows have the text 'Go.'"),
        ("id,text\na,Go.\na,Stay.\n", "two rows have the id 'a'"),
    ],
)
def test_a_prompt_counts_once(table, content, message):
    with pytest.raises(InputError, match=message):
        prompts_of(table, content, num_utterances=2)


def test_another_kind_of_table_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"save the table as \.csv or \.jsonl"):
        prompts_of(tmp_path / "texts.tsv", "text\nGo.\n")
