import pandas as pd
import pytest

from selfverify.audio.samples import encode_flac
from selfverify.listening.page import choose_examples, listening_page

POOLS = {
    "a": ["content_collapse", "content_collapse"],
    "b": ["ok", "content_collapse"],
    "c": ["silence", "minor"],
    "d": ["content_collapse", "ok"],
}


@pytest.fixture
def table(rng):
    clip = {"bytes": encode_flac(0.1 * rng.standard_normal(8000), 16_000)}
    return pd.DataFrame(
        [
            {"utterance_id": key, "candidate_index": index, "failure_mode": mode, "audio": clip,
             "text": f"The <{key}>.", "hypothesis": mode, "duration_s": 0.5}
            for key, pool in POOLS.items()
            for index, mode in enumerate(pool)
        ]
    )  # fmt: skip


def test_utterances_that_also_pass_come_first(table):
    examples = choose_examples(table, "content_collapse")
    assert [x.failing["utterance_id"] for x in examples] == ["b", "d"]
    assert [x.passing["candidate_index"] for x in examples if x.passing] == [0, 1]


def test_without_a_passing_candidate_there_is_none_beside(table):
    alone = choose_examples(table[table["utterance_id"] == "a"], "content_collapse")
    assert [(x.failing["candidate_index"], x.passing) for x in alone] == [(0, None)]


def test_the_page_has_every_mode_that_occurs_and_plays_without_other_files(table):
    page = listening_page(table, "tiny")
    assert "content collapse, 4 candidates" in page
    assert "silence, 1 candidate<" in page
    assert "runaway" not in page
    assert page.count('src="data:audio/flac;base64,') == page.count("data:image/png") == 6
    assert "The &lt;b&gt;." in page
    assert 'src="http' not in page
