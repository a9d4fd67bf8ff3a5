from collections import Counter

import pytest

from selfverify.prompts import expected_seconds
from selfverify.prompts.grammar import RARE_WORD_USES, RARE_WORDS, corpus_sentences
from selfverify.prompts.mini import HARD_CATEGORIES, make_prompt_set

CORPUS = corpus_sentences(2000, seed=2606)


@pytest.fixture(scope="module", params=["standard", "hard"])
def prompt_set(request):
    return make_prompt_set(request.param, num_utterances=64, seed=2606, excluded=set(CORPUS))


def test_corpus_sentences_are_distinct_and_repeatable():
    assert len(set(CORPUS)) == 2000
    assert corpus_sentences(2000, seed=2606) == CORPUS
    assert corpus_sentences(2000, seed=2607) != CORPUS


def test_corpus_has_each_rare_word_a_few_times():
    words = Counter(word for sentence in CORPUS for word in sentence.rstrip(".").split())
    rare = [word for kind in RARE_WORDS.values() for word in kind]
    assert {words[word] for word in rare} == {RARE_WORD_USES}


def test_a_corpus_too_small_for_its_rare_words_is_refused():
    with pytest.raises(ValueError, match="rare-word"):
        corpus_sentences(50, seed=0)


def test_prompts_are_unseen_distinct_and_numbered(prompt_set):
    texts = [utterance.text for utterance in prompt_set]
    assert len(set(texts)) == 64
    assert not set(texts) & set(CORPUS)
    assert len({utterance.utterance_id for utterance in prompt_set}) == 64


def test_prompts_have_a_reading_without_punctuation(prompt_set):
    for utterance in prompt_set:
        assert utterance.spoken == (utterance.text.rstrip("."),)


def test_hard_categories_share_the_set_and_mean_what_they_say():
    hard = make_prompt_set("hard", num_utterances=64, seed=2606, excluded=set(CORPUS))
    assert Counter(u.category for u in hard) == dict.fromkeys(HARD_CATEGORIES, 16)
    longest_trained = max(len(sentence.split()) for sentence in CORPUS)
    rare = {word for kind in RARE_WORDS.values() for word in kind}
    for utterance in hard:
        words = utterance.text.rstrip(".").split()
        if utterance.category == "long":
            assert len(words) > longest_trained
        elif utterance.category == "repeats":
            assert any(words[i] == words[i + 1] == words[i + 2] for i in range(len(words) - 2))
        elif utterance.category == "rare_words":
            assert len(rare & set(words)) == 2


def test_other_seed_other_prompts():
    first = make_prompt_set("hard", num_utterances=8, seed=1, excluded=set())
    second = make_prompt_set("hard", num_utterances=8, seed=2, excluded=set())
    assert not {u.text for u in first} & {u.text for u in second}


def test_expected_seconds_count_letters_alone():
    assert expected_seconds("a b, c.") == expected_seconds("abc")
    assert expected_seconds("abcd") > expected_seconds("abc")
