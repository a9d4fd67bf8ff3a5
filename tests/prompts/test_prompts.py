import hashlib
import re
from collections import Counter
from dataclasses import replace
from itertools import groupby

import numpy as np
import pandas as pd
import pytest
from scripts.prompts.make_prompts import make_prompts
from scripts.tables.table_prompt_sets import table_prompt_sets

from selfverify.audio.pace import LIBRISPEECH_READERS, MINI_VOICE, expected_seconds
from selfverify.errors import InputError
from selfverify.metric.content import content_error, normalise
from selfverify.prompts import categories
from selfverify.prompts.balance import standardised_differences
from selfverify.prompts.categories import prompt_set_hash
from selfverify.prompts.corpus import (
    RARE_WORD_USES,
    RARE_WORDS,
    UNSEEN_WORDS,
    VARIETY_SHARE,
    corpus_sentences,
)
from selfverify.prompts.covariates import covariates
from selfverify.prompts.criteria import CATEGORIES, make_criteria_set
from selfverify.prompts.formats import cardinal, ordinal, spelled, year
from selfverify.prompts.grammar import Sentence, as_read
from selfverify.prompts.mini import HARD_CATEGORIES, TRAIN_CATEGORIES, make_prompt_set
from selfverify.prompts.overlap import apart_from, containment, word_ngrams
from selfverify.prompts.phrases import joined
from selfverify.prompts.varieties import CORPUS_DENSITIES, HARD_DENSITY, VARIETIES
from selfverify.results.markup import TableFiles
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_records

CORPUS = corpus_sentences(2000, seed=2606)
TEXTS = {sentence.text for sentence in CORPUS}
UNSEEN = apart_from(TEXTS)
WORDS = Counter(word for sentence in CORPUS for word in sentence.readings[0].split())


@pytest.fixture(scope="module", params=["standard", "hard"])
def prompt_set(request):
    return make_prompt_set(request.param, num_utterances=64, seed=2606, conflict=UNSEEN)


def test_corpus_sentences_are_distinct_and_repeatable():
    assert len(TEXTS) == 2000
    assert corpus_sentences(2000, seed=2606) == CORPUS
    assert corpus_sentences(2000, seed=2607) != CORPUS


def test_the_corpus_that_the_systems_were_trained_on_has_not_changed():
    texts = "\n".join(sentence.text for sentence in corpus_sentences(8_400, seed=2606))
    assert hashlib.sha256(texts.encode()).hexdigest() == (
        "0f25aabe3f5e9883e7fb87f65cbbaf7dd99488492840d47ace1a08b5d54f3783"
    )


def test_corpus_has_each_rare_word_a_few_times_and_no_unseen_one():
    rare = [word for kind in RARE_WORDS.values() for word in kind]
    assert {WORDS[word] for word in rare} == {RARE_WORD_USES}
    assert not any(WORDS[word] for kind in UNSEEN_WORDS.values() for word in kind)


def test_corpus_has_a_little_of_every_variety():
    questions = sum(sentence.text.endswith("?") for sentence in CORPUS)
    calls = sum(sentence.text.startswith("Call") for sentence in CORPUS)
    for count in (questions, calls):
        # Five standard errors of a count of 2,000.
        assert abs(count - 2000 * VARIETY_SHARE) < 5 * np.sqrt(2000 * VARIETY_SHARE)


def test_hard_is_denser_than_the_corpus_ever_is(rng):
    """By what a density counts: digits of a telephone number, letters, things of a list."""
    counts = {
        "telephone": lambda s: sum(c.isdigit() for c in s.text),
        "letters": lambda s: sum(len(word) == 1 for word in s.readings[0].split()),
        "enumerations": lambda s: s.text.count(","),
        "numbers": lambda s: sum(c.isdigit() for c in s.text),
        "tongue_twisters": lambda s: len(s.text.split()),
    }
    for variety, count in counts.items():
        make = VARIETIES[variety]
        corpus = [count(make(rng, d)) for d in CORPUS_DENSITIES for _ in range(20)]
        assert max(corpus) < min(count(make(rng, HARD_DENSITY)) for _ in range(20)), variety


def test_phrases_in_a_row_have_all_combinations_of_their_readings():
    two = Sentence("4", ("four", "for"))
    assert joined([two, two]) == Sentence(
        "4 and 4.", ("four and four.", "four and for.", "for and four.", "for and for.")
    )


def test_a_corpus_too_small_for_its_rare_words_is_refused():
    with pytest.raises(ValueError, match="rare-word"):
        corpus_sentences(50, seed=0)


def test_prompts_are_unseen_distinct_and_numbered(prompt_set):
    texts = [utterance.text for utterance in prompt_set]
    assert len(set(texts)) == 64
    assert not set(texts) & TEXTS
    assert len({utterance.utterance_id for utterance in prompt_set}) == 64


def test_prompts_have_readings_of_words_alone(prompt_set):
    for utterance in prompt_set:
        for reading in utterance.spoken:
            assert all(c.isalpha() or c in " '" for c in reading)
        assert utterance.num_words == len(utterance.spoken[0].split())


def test_hard_categories_share_the_set():
    size = 4 * len(HARD_CATEGORIES)
    hard = make_prompt_set("hard", num_utterances=size, seed=2606, conflict=UNSEEN)
    assert Counter(u.category for u in hard) == dict.fromkeys(HARD_CATEGORIES, 4)


@pytest.mark.parametrize("category", HARD_CATEGORIES)
def test_a_category_means_what_it_says(category, rng):
    rare, unseen = (
        {w for kind in words.values() for w in kind} for words in (RARE_WORDS, UNSEEN_WORDS)
    )
    for sentence in (HARD_CATEGORIES[category].draw(rng) for _ in range(40)):
        words = sentence.readings[0].split()
        runs = [len(list(run)) for _, run in groupby(words)]
        in_digits = re.findall(r"\d+", sentence.text)
        holds = {
            "short": len(words) == 3,
            "long": len(words) >= 25,
            "repeats": runs.count(4) == 2,
            "tongue_twisters": max(Counter(w[0].lower() for w in words).values()) >= 9,
            "enumerations": sentence.text.count(",") == 5,
            "questions": sentence.text.endswith("?") and len(words) > 12,
            "numbers": len(in_digits) == 4,
            "money": sentence.text.count("$") == 2 and len(in_digits) == 4,
            "times_dates": len(in_digits) in (4, 5),
            "telephone": sum(c.isdigit() for c in sentence.text) == 8,
            "letters": sum(len(word) == 1 for word in words) == 5,
            "abbreviations": "(" in sentence.text and sentence.text.count(".") == 3,
            "code": sentence.text.count("_") == 4 and words.count("underscore") == 4,
            "unusual_order": len(words) == 11,
            "combinations": sentence.text.count(" and ") >= 2,
            "rare_words": len(rare & set(words)) == 2,
            "unseen_words": len(unseen & set(words)) == 1,
        }  # fmt: skip
        assert holds[category], sentence


@pytest.mark.parametrize("variety", ["numbers", "money"])
def test_digits_and_words_compare_equal(variety, rng):
    for sentence in (VARIETIES[variety](rng, 1) for _ in range(40)):
        said = {normalise(reading).replace(" ", "") for reading in sentence.readings}
        assert normalise(sentence.text).replace(" ", "") in said


def test_other_seed_other_prompts():
    first = make_prompt_set("hard", num_utterances=8, seed=1, conflict=apart_from())
    second = make_prompt_set("hard", num_utterances=8, seed=2, conflict=apart_from())
    assert not {u.text for u in first} & {u.text for u in second}


@pytest.mark.parametrize("pace", [MINI_VOICE, LIBRISPEECH_READERS])
def test_expected_seconds_count_letters_alone(pace):
    assert expected_seconds("a b, c.", pace) == expected_seconds("abc", pace)
    assert expected_seconds("abcd", pace) - expected_seconds("abc", pace) == pytest.approx(
        pace.s_per_letter
    )


def test_a_larger_set_begins_with_the_smaller():
    sizes = (16, 40)
    small, large = (
        make_prompt_set("hard", num_utterances=size, seed=1, conflict=UNSEEN) for size in sizes
    )
    assert large[:16] == small
    assert prompt_set_hash(large[:16]) == prompt_set_hash(small) != prompt_set_hash(large)


def test_the_hash_sees_readings_and_order():
    utterances = make_prompt_set("standard", num_utterances=3, seed=1, conflict=UNSEEN)
    others = [replace(utterances[0], spoken=("other",)), *utterances[1:]]
    assert len({prompt_set_hash(u) for u in (utterances, others, utterances[::-1])}) == 3


# Real English, by criteria.

ENGLISH = make_criteria_set(
    "hard", num_utterances=8 * len(CATEGORIES), seed=2606, conflict=apart_from()
)


def test_criteria_share_the_set_and_no_text_comes_twice():
    assert Counter(u.category for u in ENGLISH) == dict.fromkeys(CATEGORIES, 8)
    assert len({u.text for u in ENGLISH}) == len(ENGLISH)


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_criterion_means_what_it_says(category):
    for u in (u for u in ENGLISH if u.category == category):
        words = u.spoken[0].lower().split()
        runs = re.findall(r"\b(\w+)(?: \1\b)+", u.spoken[0].lower())
        holds = {
            "very_short": len(words) <= 3,
            "long": len(words) >= 40 and u.expected_s < 30,
            "repeated_words": len(runs) == 1 and words.count(runs[0]) in range(4, 9),
            "repeated_phrases": max(Counter(words).values()) >= 3,
            "tongue_twisters": len({w[0] for w in words} - {"a"}) <= 3 and len(words) == 9,
            "enumerations": u.text.count(",") in (6, 7, 8),
            "questions": u.text.endswith("?"),
            "punctuation": len(re.findall(r"[^\w\s]", u.text)) > 8,
            "unusual_order": len(words) >= 7,
            "rare_words": covariates(u, None).zipf_rarest < 3,
            "foreign_names": u.text.isascii() or len(words) >= 8,
            "acronyms": len(re.findall(r"\b[A-Z]{2,}\b", u.text)) == 2,
            "cardinals": bool(re.search(r"\d,\d{3}|\d\.\d\d", u.text)),
            "dates": bool(re.search(r"\d{1,2}(, | [A-Z]\w+ )\d{4}", u.text)),
            "times": bool(re.search(r"\d:\d\d [ap]\.m\.", u.text)),
            "money": bool(re.search(r"[$€£][\d,]+\.\d\d", u.text)),
            "measures": bool(re.search(r"\d+(%| \S+ )", u.text)),
            "telephone": bool(re.search(r"\(\d{3}\) 555-01\d\d", u.text)),
            "spelling": sum(len(w) == 1 for w in words) >= 3,
            "abbreviations": "(" in u.text and u.text.count(".") >= 2,
            "roman_numerals": bool(re.search(r" [IVX]+ .* [IVX]+\.", u.text)),
            "code": "_" in u.text and "underscore" in words,
            "web_addresses": "example." in u.text,
        }  # fmt: skip
        assert holds[category], u


def test_readings_are_words_and_a_transcript_as_written_passes(params):
    for u in ENGLISH:
        assert all(re.fullmatch(r"[A-Za-z' ]+", reading) for reading in u.spoken), u
        assert content_error(u.spoken, u.text).cer <= params["metric"]["max_cer"], u


@pytest.mark.parametrize("utterance", ENGLISH[:: len(CATEGORIES) + 1], ids=lambda u: u.category)
def test_half_of_a_reading_is_not_the_reading(utterance):
    words = utterance.spoken[0].split()
    half = " ".join(words[: len(words) // 2])
    assert content_error(utterance.spoken, half).cer > 0.25


@pytest.mark.parametrize(
    ("said", "readings"),
    [
        (cardinal(305), ("three hundred and five", "three hundred five")),
        (cardinal(20), ("twenty",)),
        (year(1987), ("nineteen eighty seven",)),
        (year(1905), ("nineteen oh five", "one thousand nine hundred and five",
                      "one thousand nine hundred five")),
        (year(1800), ("eighteen hundred",)),
        (year(2000), ("two thousand",)),
        (year(2024), ("twenty twenty four", "two thousand and twenty four",
                      "two thousand twenty four")),
        ((ordinal(21),), ("twenty first",)),
        ((spelled("B07", "oh"),), ("B oh seven",)),
    ],
)  # fmt: skip
def test_numbers_in_words(said, readings):
    assert said == readings


# Training prompts keep apart.


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        ("Peter has two old desks.", "Peter has two old desks.", 1),
        ("Peter has two old desks.", "Kathy sold two old desks.", 1 / 3),
        ("Peter has two old desks.", "Susan got six red toys and Peter has two old desks.", 1),
        ("Two desks.", "two desks", 1),
        ("Two desks.", "Kathy has two desks in the garden.", 0),
    ],
)
def test_overlap_is_the_share_of_the_shorter_ones_trigrams(first, second, share):
    assert containment(word_ngrams(first), word_ngrams(second)) == share
    assert containment(word_ngrams(second), word_ngrams(first)) == share


def test_training_prompts_overlap_with_no_evaluation_prompt():
    hard = make_prompt_set("hard", num_utterances=48, seed=2606, conflict=UNSEEN)
    train = make_prompt_set(
        "train",
        num_utterances=15 * len(TRAIN_CATEGORIES),
        seed=2606,
        conflict=apart_from(TEXTS, hard, max_overlap=0.5),
    )
    shares = [
        containment(word_ngrams(a.spoken[0]), word_ngrams(b.spoken[0])) for a in train for b in hard
    ]
    assert 0 < max(shares) < 0.5
    assert not {u.text for u in train} & (TEXTS | {u.text for u in hard})
    words = {word for u in train for word in u.spoken[0].split()}
    assert not words & {word for kind in UNSEEN_WORDS.values() for word in kind}


def test_a_set_that_cannot_keep_apart_is_refused_by_the_pair(monkeypatch):
    monkeypatch.setattr(categories, "MAX_TRIES", 20)
    words = [as_read(text) for text in ("two desks", "three chairs")]
    with pytest.raises(InputError, match=r"'two desks', too close to 'Two desks.'; lower num_utt"):
        categories.draw_prompts(
            "train",
            {"short": categories.Category("two words", lambda rng: words[0])},
            num_utterances=1,
            seed=0,
            pace=MINI_VOICE,
            conflict=apart_from((), [utterance("Two desks.")], 0.5),
        )


def utterance(text, spoken=None):
    return Utterance("u-0", text, (spoken or text.strip(".").lower(),), "c", "s", 1, 1.0)


# Covariates and balance.


@pytest.mark.parametrize(
    ("text", "spoken", "wanted"),
    [
        ("No, no, no!", "no no no", {"num_repeated_bigrams": 1, "signs_per_word": 1.0,
                                     "num_phonemes": 6, "num_letters": 6}),
        ("Room 12.", "room twelve", {"num_digits": 2, "num_untrained": 1}),
        ("A qzxv.", "a qzxv", {"num_outside_cmudict": 1, "zipf_rarest": 0.0, "num_phonemes": 4}),
        ("a_b", "a underscore b", {"signs_per_word": 1 / 3, "num_untrained": 2}),
    ],
)  # fmt: skip
def test_covariates(text, spoken, wanted):
    measured = covariates(utterance(text, spoken), {"room", "a"})
    assert {name: getattr(measured, name) for name in wanted} == wanted


def test_standardised_difference_of_known_samples():
    names = {"num_words", "expected_s"}
    first, second = (
        pd.DataFrame({"num_words": values, "expected_s": [1.0, 1.0, 1.0]})
        for values in ([1, 2, 3], [3, 4, 5])
    )
    for table in (first, second):
        for name in covariates(utterance("no"), None).__dict__.keys() - names:
            table[name] = None
    second["num_untrained"] = [1, 2, 3]  # known of one set alone: left out
    table = standardised_differences(first, second, ("hard", "standard")).set_index("covariate")
    assert table.loc["num_words", "standardised_difference"] == -2  # both variances are 1
    assert np.isnan(table.loc["expected_s", "standardised_difference"])
    assert set(table.index) == names


def test_the_table_of_prompt_sets_names_every_category(tmp_path):
    paths = [tmp_path / f"{name}.parquet" for name in ("standard", "hard", "train")]
    for path in paths:
        make_prompts(
            prompt_set=path.stem, num_utterances=16, seed=1, corpus_num_utterances=200,
            corpus_seed=1, evaluation=paths[:2] if path.stem == "train" else [],
            max_overlap=0.5, output=path,
        )  # fmt: skip
    csv, balance, markdown = (tmp_path / name for name in ("t.csv", "b.csv", "t.md"))
    table_prompt_sets(
        prompts=paths, sources=["grammar"] * 3, seed=1, balance=balance,
        files=TableFiles(csv, markdown, tmp_path / "t.tex"),
    )  # fmt: skip
    table = pd.read_csv(csv)
    assert table.groupby("prompt_set")["num_utterances"].sum().to_dict() == {
        "standard": 16, "hard": 16, "train": 16,
    }  # fmt: skip
    stored = table.set_index("prompt_set").loc["hard", "prompt_set_hash"].unique()
    assert stored == [prompt_set_hash(read_records(Utterance, paths[1]))]
    assert "num_repeated_bigrams" in set(pd.read_csv(balance)["covariate"])
    assert stored[0] in markdown.read_text()
