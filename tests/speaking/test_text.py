"""Splitting loses no word and doubles none, and keeps segments short enough."""

import numpy as np
import pytest

from selfverify.audio.pace import MINI_VOICE, expected_seconds
from selfverify.errors import InputError
from selfverify.speaking.text import Pause, split_text, tidy

LONG = "Peter has fifteen dark rings, Susan bought two old chairs and Daniel sold nine red apples."


def pieces(text, max_s=4.8):
    return [segment.text for segment in split_text(text, max_s=max_s, pace=MINI_VOICE)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One two. Three four!", ["One two.", "Three four!"]),
        ("Dr. Smith paid 3.50 to J. Doe. He left.", ["Dr. Smith paid 3.50 to J. Doe.", "He left."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("Wait ... what?", ["Wait ...", "what?"]),
        ("“It’s late” — said Ann.", ['"It\'s late" - said Ann.']),
        ("... Go.", ["... Go."]),
        ("He left. [laughs]", ["He left. [laughs]"]),  # what is not said has no sound to verify
        ("<laugh> He left. <sigh> She too.", ["<laugh> He left.", "<sigh> She too."]),
        ("He said no. She said yes to vitamin c.", ["He said no.", "She said yes to vitamin c."]),
        ("See No. 5 now. Go.", ["See No. 5 now.", "Go."]),
    ],
)
def test_text_is_cut_at_sentences_and_nowhere_else(text, expected):
    assert pieces(text) == expected


def test_a_long_sentence_is_cut_at_clauses_before_words():
    assert pieces(LONG, max_s=3.0) == [
        "Peter has fifteen dark rings,",
        "Susan bought two old chairs",
        "and Daniel sold nine red apples.",
    ]


@pytest.mark.parametrize(
    "tag", ['<break time="500 ms"/>', "[clears throat]", "[takes deep breath]"]
)
def test_a_tag_for_the_voice_is_not_cut(tag):
    found = pieces(f"Peter has fifteen {tag} dark rings {tag} and old {tag} chairs", max_s=0.5)
    assert len(found) > 5
    assert sum(piece.count(tag) for piece in found) == 3


def test_the_pause_is_that_of_the_place_of_the_cut():
    found = [s.pause for s in split_text("One, two. Three.\n\nFour.", max_s=9, pace=MINI_VOICE)]
    assert found == [Pause.SENTENCE, Pause.PARAGRAPH, Pause.PARAGRAPH]


@pytest.mark.parametrize("seed", range(30))
def test_segments_joined_are_the_text_and_each_is_short_enough(seed):
    rng = np.random.default_rng(seed)
    words = "a an cat, dog. Mr. 12 and which; 'so' extraordinary hm! - ...".split()
    text = "Start " + " ".join(rng.choice(words, size=60))
    found = pieces(text, max_s=2.5)
    assert " ".join(found).split() == text.split()
    for piece in found:
        is_short = expected_seconds(piece, MINI_VOICE) <= 2.5
        assert is_short or sum(any(c.isalnum() for c in w) for w in piece.split()) == 1
        assert any(c.isalnum() for c in piece)


def test_a_hundred_thousand_words_are_split_in_seconds():
    text = " ".join([LONG] * 6250)
    assert len(pieces(text)) == 2 * 6250


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "empty"), ("  \n ", "empty"), ("... !", "no word"), ("<laugh> [sighs]", "no word")],
)
def test_a_text_without_words_says_so(text, message):
    with pytest.raises(InputError, match=message):
        pieces(text)


def test_letters_are_whole_and_signs_without_width_are_dropped():
    assert tidy("cafe\u0301\u00ad s\u200b") == "café s"
