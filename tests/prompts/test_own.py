"""Prompts of a table that somebody brings."""

import json
import unicodedata
from pathlib import Path

import pytest

from selfverify.audio.pace import LIBRISPEECH_READERS, MINI_VOICE
from selfverify.errors import InputError
from selfverify.languages.english import English
from selfverify.prompts.balance import composition
from selfverify.prompts.own import own_prompts


@pytest.fixture
def table(tmp_path):
    return tmp_path / "texts.csv"


def prompts_of(path: Path, content: str, **options):
    path.write_text(content, encoding="utf-8")
    given = {"num_utterances": 1, "pace": MINI_VOICE} | options
    return own_prompts(path, "hard", **given)


def test_a_text_is_a_prompt_whose_id_and_category_may_be_given(table):
    first, second = prompts_of(
        table, "text,category,id\nThe tea is cold.,,\nGo on.,order,o-1\n", num_utterances=2
    )
    assert (first.utterance_id, first.category, first.split) == ("hard-0001", "own", "hard")
    assert (second.utterance_id, second.category, second.num_words) == ("hard-o-1", "order", 2)
    assert set(composition([first, second], "file")["category"]) == {"own", "order"}


def test_a_larger_set_begins_with_a_smaller(table):
    content = "text\nOne.\nTwo.\nThree.\n"
    assert (
        prompts_of(table, content, num_utterances=2)
        == prompts_of(table, content, num_utterances=3)[:2]
    )


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
    assert English().content_error(prompt.spoken, heard).cer == 0.0


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Sales rose 50% this year.", "sales rose 50 this year"),
        ("Salt & pepper.", "salt pepper"),
    ],
)
def test_a_sign_that_is_said_must_be_heard(table, text, heard):
    (prompt,) = prompts_of(table, f'text\n"{text}"\n')
    assert English().content_error(prompt.spoken, heard).cer > 0.0


def test_the_first_reading_is_of_words_alone(table):
    (prompt,) = prompts_of(table, 'text\n"“Don’t,” she said; <laugh> it\'s 5 km."\n')
    assert prompt.text == "\"Don't,\" she said; <laugh> it's 5 km."  # signs that any tokenizer has
    assert prompt.spoken[0] == "Don't she said it's 5 km"
    assert prompt.num_words == 6


def test_composed_and_decomposed_letters_are_one_text(table):
    for form in ("NFC", "NFD"):
        (prompt,) = prompts_of(table, unicodedata.normalize(form, "text\nCafé Zoë\n"))
        assert prompt.spoken == ("Café Zoë",)


def test_a_cell_without_a_value_is_empty(table):
    row = {"text": "Go on.", "id": None, "category": float("nan"), "spoken": [None, "go on"]}
    (prompt,) = prompts_of(table.with_suffix(".jsonl"), json.dumps(row) + "\n")
    assert (prompt.utterance_id, prompt.category) == ("hard-0001", "own")
    assert prompt.spoken == ("Go on", "Go on.", "go on")


def test_readings_stand_beside_the_text(table):
    row = {"text": "Room 101", "spoken": ["room one oh one"]}
    (prompt,) = prompts_of(table.with_suffix(".jsonl"), json.dumps(row) + "\n")
    assert prompt.spoken == ("Room 101", "room one oh one")
    assert prompt == prompts_of(table, "text,spoken\nRoom 101,room one oh one|\n")[0]


def test_the_pace_is_the_one_given(table):
    voice, readers = (
        prompts_of(table, "text\nThe tea is cold.\n", pace=pace)[0].expected_s
        for pace in (MINI_VOICE, LIBRISPEECH_READERS)
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
        ("Text;id\nGo.;a\n", r"no text; give it one in the column text; there are: Text;id"),
        ("id,text\na/b,Go.\n", r"row 1: the id 'a/b' is to be of letters"),
        ("category,text\n1,Go.\n", r"row 1: the category '1' is to be of words"),
        ("category,text\nNA,Go.\n", r"row 1: the category 'NA' is to be of words"),
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
        ("text\nGo.\nGo.\n", "2 rows have the text 'Go.'"),
        ("id,text\na,Go.\na,Stay.\n", "2 rows have the id 'hard-a'"),
    ],
)
def test_a_prompt_counts_once(table, content, message):
    with pytest.raises(InputError, match=message):
        prompts_of(table, content, num_utterances=2)


def test_half_a_character_is_refused(table):
    with pytest.raises(InputError, match=r"row 1: 'Go .*ud83d' is no valid Unicode"):
        prompts_of(table.with_suffix(".jsonl"), '{"text": "Go \\ud83d"}\n')


def test_another_kind_of_table_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"save the table as \.csv or \.jsonl"):
        prompts_of(tmp_path / "texts.tsv", "text\nGo.\n")
