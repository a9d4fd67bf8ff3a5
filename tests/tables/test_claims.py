"""Verdicts on claims: what the counts allow to say, and the counts that would say more."""

import pandas as pd
import pytest
from scripts.tables.table_claims import table_claims

from outputs import table_files
from selfverify.results.claims import (
    Claim,
    Conclusion,
    fit_pools,
    larger_resists,
    near_zero,
    rare_word_ceiling,
    replication,
    resistance,
)
from selfverify.statistics.intervals import clopper_pearson, upper_bound


@pytest.mark.parametrize(
    ("k", "n", "conclusion"),
    [
        (0, 40, Conclusion.CANNOT_TELL),  # at most 7.2 %
        (0, 149, Conclusion.HOLDS),  # at most 1.99 %
        (0, 148, Conclusion.CANNOT_TELL),
        (1, 40, Conclusion.CANNOT_TELL),
        (30, 112, Conclusion.FAILS),
    ],
)
def test_near_zero_is_said_only_where_the_bound_says_it(k, n, conclusion):
    assert near_zero("c", "r", "s", k, n).conclusion is conclusion


def test_the_utterances_needed_would_tell():
    few = near_zero("c", "r", "s", 0, 40).utterances_needed
    assert few is not None
    assert upper_bound(0, few).high <= 0.02
    many = near_zero("c", "r", "s", 3, 60).utterances_needed
    assert many is not None
    assert clopper_pearson(round(0.05 * many), many).low > 0.02
    assert near_zero("c", "r", "s", 1, 50).utterances_needed is None  # at the limit itself


@pytest.mark.parametrize(
    ("conclusions", "expected"),
    [
        ("holds holds holds fails", "holds"),
        ("holds holds cannot_tell fails", "cannot tell"),
        ("holds fails fails cannot_tell", "fails"),
    ],
)
def test_replication_counts_three_of_four(conclusions, expected):
    rows = [
        Claim("c", "r", "s", "e", "t", Conclusion[name.upper()], None)
        for name in conclusions.split()
    ]
    assert replication(rows, "r").conclusion == expected


def test_failures_that_stay_with_their_prompts_resist_and_scattered_ones_do_not():
    def pools(rows):
        return pd.DataFrame(
            [
                {"utterance_id": str(i), "is_catastrophic": fail == "1"}
                for i, row in enumerate(rows)
                for fail in row
            ]
        )

    stuck = fit_pools(pools(["1111"] * 8 + ["0000"] * 32))
    scattered = fit_pools(pools(["1000", "0100", "0010", "0001"] * 10))
    assert resistance("r", "s", stuck).conclusion == "holds"
    assert resistance("r", "s", scattered).conclusion == "cannot tell"
    fits = {"stuck": stuck, "scattered": scattered}
    assert larger_resists("r", "stuck", fits).conclusion == "holds"
    assert larger_resists("r", "scattered", fits).conclusion == "fails"
    alike = fits | {"other": stuck}
    assert larger_resists("r", "stuck", alike).conclusion == "cannot tell"


def test_the_ceiling_compares_rare_words_with_other_hard_prompts():
    table = pd.DataFrame(
        {"category": ["rare_words", "unseen_words", "long"], "never_k": [6, 7, 1], "n": [7, 7, 14]}
    )
    assert rare_word_ceiling("r", "s", table).conclusion is Conclusion.HOLDS
    low = rare_word_ceiling("r", "s", table.assign(never_k=[1, 1, 1]))
    assert low.conclusion is Conclusion.CANNOT_TELL
    assert low.utterances_needed is not None
    assert rare_word_ceiling("r", "s", table.assign(never_k=[0, 0, 13])).conclusion == "fails"
    assert rare_word_ceiling("r", "s", table[table["category"] == "long"]).estimate == "not run"


def test_the_table_has_every_claim_and_says_what_was_not_run(tmp_path):
    rates = pd.DataFrame(
        [
            {"system": "a", "prompt_set": name, "best_of": n, "k": 0, "n": 200}
            for name, n in (("standard", 2), ("hard", 4))
        ]
    )
    rates.to_csv(tmp_path / "rates.csv")
    pd.DataFrame(
        [{"system": "a", "prompt_set": "hard", "category": c, "never_k": 0, "n": 7}
         for c in ("rare_words", "long")]
    ).to_csv(tmp_path / "categories.csv")  # fmt: skip
    verdicts = tmp_path / "a" / "standard.parquet"
    verdicts.parent.mkdir()
    pd.DataFrame(
        {"utterance_id": ["u", "u", "v", "v"], "is_catastrophic": [0, 0, 0, 1]}
    ).to_parquet(verdicts)
    regimes = tmp_path / "table_regimes.csv"
    pd.DataFrame(
        [{"system": "a", "regime": name, "best_of_4_k": k, "best_of_4_n": 200}
         for name, k in (("bad luck", 0), ("ceiling", 90))]
    ).to_csv(regimes)  # fmt: skip
    files = table_files(tmp_path)
    table_claims(
        rates=tmp_path / "rates.csv", categories=tmp_path / "categories.csv", regimes=(regimes,),
        verdicts=[verdicts], larger="a", track="mini", files=files,
    )  # fmt: skip
    table = pd.read_csv(files.csv)
    assert table["conclusion"].tolist()[:3] == ["holds", "holds", "holds"]
    by_regime = table[table["claim"].str.endswith("by bad luck")]
    assert by_regime["estimate"].str.startswith("0/200").tolist() == [True]
    assert (table["estimate"] == "not run").sum() == 4
    assert set(table["listeners"]) == {"not validated by listeners"}
    assert "track `mini` alone" in files.markdown.read_text()
    claim = {
        "claim": "SFT closes all", "reported": "r", "subject": "a", "estimate": "1", "test": "t",
        "conclusion": "holds", "utterances_needed": 7.0,
    }  # fmt: skip
    pd.DataFrame([claim]).to_csv(tmp_path / "distillation.csv", index=False)
    table_claims(
        rates=tmp_path / "rates.csv", categories=tmp_path / "categories.csv", verdicts=[verdicts],
        larger="a", track="mini", distillation=(tmp_path / "distillation.csv",), files=files,
    )  # fmt: skip
    table = pd.read_csv(files.csv)
    assert (table["estimate"] == "not run").sum() == 0
    assert table.iloc[-1]["utterances_needed"] == 7
    assert "| SFT closes all" in files.markdown.read_text()
