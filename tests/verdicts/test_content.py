"""Tables for the comparison of transcripts: input, output."""

import pytest

from selfverify.metric.content import content_error, num_repeated_words
from selfverify.metric.normalisation import normalise


@pytest.mark.parametrize(
    ("reading", "hypothesis"),
    [
        ("Peter has fifteen dark rings", "Peter has 15 dark rings."),
        ("fifty", "50"),
        ("ten thirty", "10:30"),
        ("ten oh five", "10:05"),
        ("wi-fi", "wifi"),
        ("ice cream", "icecream"),
        ("B B C", "BBC"),
        ("the U S A", "the U.S.A."),
        ("Don't go", "do not go"),
        ("colour", "color"),
        ("Mister Daniel", "Mr. Daniel"),
        ("O'Brien", "OBrien"),
        ("Downing Street", "Downing St."),
        ("Saint John", "St. John"),
        ("the teacher’s chair", "the teachers chair"),
        ("It's late", "It is late"),
        ("one zero eight six nine", "1-0869"),
        ("one oh eight six nine", "10 8 69"),
        ("zero zero seven", "007"),
        ("five five five one two", "555-12"),
        ("a hundred chairs", "100 chairs"),
        ("fifteen dollars", "$15"),
        ("fifty percent", "50%"),
        ("eight spoons (pretty)", "8 spoons, pretty."),
        ("half past ten", "10:30"),
        ("ten o'clock", "10:00"),
        ("three quarters", "3/4"),
    ],
)
def test_same_words_in_another_format_are_no_error(reading, hypothesis):
    error = content_error([reading], hypothesis)
    assert (error.cer, error.num_repeated) == (0.0, 0)


@pytest.mark.parametrize(
    ("reading", "hypothesis"),
    [
        ("John's chair", "John is chair"),
        ("no no no", "no no no no"),
        ("fifty", "fifteen"),
        ("one zero eight six nine", "869"),
        ("half past ten", "ten thirty"),  # as they are spelled out, so they are compared
        # What stays different although it sounds alike: the prompt must list both readings.
        ("Kathy", "Cathy"),
    ],
)
def test_other_words_are_an_error(reading, hypothesis):
    assert content_error([reading], hypothesis).cer > 0.0


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


def test_empty_transcript_must_not_score_as_perfect():
    error = content_error(["anything"], "")
    assert (error.cer, error.wer, error.num_words) == (1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("hypothesis", "missing"),
    [
        ("Peter has two old desks in the garden", 0),
        ("Peter has two old desks", 3),
        ("Peter has two old desk", 3),  # the word that was cut into is heard as another
        ("Peter has", 6),
        ("in the garden", 0),
        ("Peter has two old desks in the yard", 0),
        ("Peter has two old desks in the garden thank you", 0),
        ("", 8),
    ],
)
def test_words_missing_at_the_end_are_counted(hypothesis, missing):
    error = content_error(["Peter has two old desks in the garden"], hypothesis)
    assert (error.num_missing_at_end, error.num_reference_words) == (missing, 8)


@pytest.mark.parametrize(
    ("hypothesis", "inserted"),
    [
        ("Peter has two old desks", 0),
        ("Peter has two really very old desks", 2),
        ("well Peter has two old desks thank you so much", 4),
        ("Peter sold two tall lamps and some old desks", 4),  # one substitution, four insertions
        ("Peter has", 0),
    ],
)
def test_longest_insertion_is_counted_between_words_heard_right(hypothesis, inserted):
    assert content_error(["Peter has two old desks"], hypothesis).num_inserted_in_row == inserted


@pytest.mark.parametrize(
    ("reading", "heard", "repeated"),
    [
        ("no no no", "no no no", 0),
        ("no no no", "no no no no", 1),
        ("no no no", "no no no no no no no no no", 6),
        ("a b c d", "a b c a b c d", 3),
        ("a b c d", "a b a b c d", 2),
        ("a b c d", "b a d c", 0),
        ("a b c d", "x y x y x y", 4),  # a loop of words that the text has not
        ("a b", "", 0),
        ("an", "an and an", 1),  # whole words
        ("for the teacher", "for the teachers for the teacher", 3),
    ],
)
def test_phrases_said_more_often_than_written_are_counted(reading, heard, repeated):
    assert num_repeated_words(reading.split(), heard.split()) == repeated


def test_the_closest_reading_counts():
    readings = ["three quarters", "three over four"]
    assert content_error(readings, "three over four").cer == 0.0
    assert content_error(readings[:1], "three over four").cer > 0.3


@pytest.mark.parametrize("readings", [[], ["..."]])
def test_a_reference_without_words_is_refused(readings):
    with pytest.raises(ValueError, match="reading"):
        content_error(readings, "hello")


@pytest.mark.parametrize(
    ("text", "normalised"),
    [("Nineteen old chairs.", "1 9 old chairs"), ("[Music] Hi ...", "hi"), ("Oh Peter", "0 peter")],
)
def test_normaliser_writes_numbers_as_digits(text, normalised):
    assert normalise(text) == normalised
