"""Tables for the comparison of transcripts: input, output."""

import pytest

from selfverify.metric.content import content_error, normalise


@pytest.mark.parametrize(
    ("reading", "hypothesis"),
    [
        ("Peter has fifteen dark rings", "Peter has 15 dark rings."),
        ("sixty large desks", "60 large desks"),
        ("ten thirty", "10:30"),
        ("wi-fi", "wifi"),
        ("ice cream", "icecream"),
        ("Don't go", "do not go"),
        ("colour", "color"),
    ],
)
def test_same_words_in_another_format_are_no_error(reading, hypothesis):
    assert content_error([reading], hypothesis).cer == 0.0


@pytest.mark.parametrize(
    ("reading", "hypothesis", "cer"),
    [
        ("red toys", "red boys", 1 / 7),
        ("no no no", "no no no no", 2 / 6),
        ("abcd", "", 1.0),
        ("ab", "abababababab", 1.0),  # 5.0 before the limit
    ],
)
def test_character_error_counts_edits_without_spaces(reading, hypothesis, cer):
    assert content_error([reading], hypothesis).cer == pytest.approx(cer)


def test_empty_hypothesis_is_the_worst_not_the_best():
    error = content_error(["anything"], "")
    assert (error.cer, error.wer, error.num_words) == (1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("hypothesis", "missing"),
    [
        ("Peter has two old desks in the garden", 0),
        ("Peter has two old desks", 3),
        ("Peter has", 6),
        ("in the garden", 0),
        ("Peter has two old desks in the yard", 0),
        ("", 8),
    ],
)
def test_words_missing_at_the_end_are_counted(hypothesis, missing):
    error = content_error(["Peter has two old desks in the garden"], hypothesis)
    assert (error.num_missing_at_end, error.num_reference_words) == (missing, 8)


def test_the_closest_reading_counts():
    readings = ["three quarters", "three over four"]
    assert content_error(readings, "three over four").cer == 0.0
    assert content_error(readings[:1], "three over four").cer > 0.3


@pytest.mark.parametrize("readings", [[], ["..."]])
def test_a_reference_without_words_is_refused(readings):
    with pytest.raises(ValueError, match="reading"):
        content_error(readings, "hello")


def test_normaliser_writes_numbers_as_digits():
    assert normalise("Nineteen old chairs.") == "19 old chairs"
