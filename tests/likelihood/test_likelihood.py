"""What systems make of their own candidates, and whether it tells which of them fail."""

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scripts.likelihood.measure_likelihood import measure_likelihood
from scripts.likelihood.table_likelihood import table_likelihood
from scripts.likelihood.table_screening import table_screening

from selfverify.distillation.teacher_forcing import entropies
from selfverify.errors import InputError
from selfverify.likelihood.probe import held_out_scores
from selfverify.likelihood.views import view_candidates
from selfverify.results.markup import TableFiles
from selfverify.selection.screening import heard_of
from selfverify.statistics.ranking import ranked_right
from selfverify.storage.records import Candidate, StopReason
from selfverify.storage.tables import write_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingSettings
from tiny import NUM_CODES
from verdicts import write_verdicts

TEXT = "Two boats."


@pytest.mark.parametrize(
    ("scores", "fails", "expected"),
    [
        ([0.1, 0.2, 0.9], [False, False, True], 1.0),
        ([0.9, 0.2, 0.1], [False, False, True], 0.0),
        ([0.1, 0.9, 0.5], [False, False, True], 0.5),
        ([0.5, 0.5, 0.5], [False, True, True], 0.5),  # ties are chance
        ([0.1, np.inf, np.inf], [False, False, True], 0.75),
        ([0.1, 0.2, 0.3], [False, False, False], np.nan),
    ],
)
def test_pairs_of_pass_and_fail_are_ranked_right(scores, fails, expected):
    assert ranked_right(np.array([scores]), np.array([fails])) == pytest.approx(
        [expected], nan_ok=True
    )


def test_a_probe_finds_what_tells_and_nothing_in_noise(rng):
    fails = rng.random((200, 4)) < 0.3
    noise = rng.normal(size=(200, 4, 6))
    told = noise.copy()
    told[..., 2] -= 2 * fails  # lower where it fails
    told += rng.normal(size=(200, 1, 1)) * 5  # prompts differ by more, which says nothing

    def share(features):
        return np.nanmean(ranked_right(held_out_scores(features, fails), fails))

    assert share(told) > 0.85
    assert abs(share(noise) - 0.5) < 0.1


def test_a_probe_never_sees_the_prompts_that_it_scores(rng):
    fails = rng.random((20, 4)) < 0.5
    features = rng.normal(size=(20, 4, 3))
    scores = held_out_scores(features, fails)
    changed = fails.copy()
    changed[7] = ~fails[7]
    assert (held_out_scores(features, changed)[7::5] == scores[7::5]).all()


def candidates_of(ids):
    return [
        Candidate("u1", index, 0, list(one), [[0]], StopReason.EOS, 1, "")
        for index, one in enumerate(ids)
    ]


@pytest.mark.parametrize("adapter", ["orpheus", "csm"])  # llasa has too many ids
def test_chances_of_all_that_can_come_first_add_up_to_one(tiny_systems, adapter):
    system = load_system(adapter, tiny_systems[adapter])
    size = system.model.lm_head.out_features
    first = product(range(size), repeat=2) if adapter == "csm" else ((i,) for i in range(size))
    drawn = candidates_of(first)
    views = list(view_candidates(system, drawn, [TEXT] * len(drawn), temperature=0.7))
    chances = np.exp([view.log_prob for view in views])
    assert chances.sum() == pytest.approx(1.0, abs=1e-4)
    assert len({tuple(view.state) for view in views}) == 1  # nothing had been said before
    if adapter != "csm":
        assert views[0].entropy == pytest.approx(-(chances * np.log(chances)).sum(), rel=1e-4)


def test_a_cooler_look_parts_likely_from_unlikely(tiny_systems):
    system = load_system("orpheus", tiny_systems["orpheus"])
    drawn = candidates_of([(i,) for i in range(len(system.tokenizer))][-NUM_CODES["orpheus"] :])
    cool, warm = (
        [v.log_prob for v in view_candidates(system, drawn, [TEXT] * len(drawn), temperature)]
        for temperature in (0.5, 1.0)
    )
    assert np.ptp(cool) == pytest.approx(2 * np.ptp(warm), rel=1e-4)
    assert not system.model.lm_head._forward_hooks


def test_a_policy_looks_at_what_its_system_has_drawn(tiny_systems, tmp_path):
    prompts = pd.DataFrame({"utterance_id": ["u1"], "text": [TEXT]})
    prompts.to_parquet(tmp_path / "hard.parquet")
    drawn = candidates_of([(5, 6, 7), (8, 9)])
    write_records(drawn, tmp_path / "000.parquet")
    measure_likelihood(
        prompts=tmp_path / "hard.parquet", candidates=[tmp_path / "000.parquet"], adapter="llasa",
        checkpoint=str(tiny_systems["llasa"]), dtype="float32", voice="", temperature=0.8,
        device="cpu", output=tmp_path / "views.parquet",
    )  # fmt: skip
    table = pd.read_parquet(tmp_path / "views.parquet")
    assert table["num_ids"].tolist() == [3, 2]
    assert (table["log_prob"] < 0).all()
    assert table["state"].map(len).tolist() == [64, 64]


@pytest.mark.parametrize("adapter", ["llasa", "csm"])
def test_how_unsure_a_system_was_is_what_speak_chooses_by(tiny_systems, adapter):
    system = load_system(adapter, tiny_systems[adapter])
    drawn = candidates_of([(5, 6, 7, 8), (8, 9)])
    views = list(view_candidates(system, drawn, [TEXT] * 2, temperature=0.7))
    ids = [(system.prompt_ids(TEXT), candidate.token_ids) for candidate in drawn]
    settings = SamplingSettings(0.7, 1.0, 0, 12.0)
    found = [per_id.mean() for per_id in entropies(system, ids, settings)]
    assert found == pytest.approx([view.entropy for view in views], rel=1e-5)


UNSURE = np.array([5.0, 1.0, 4.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("per_hearing", "num_orders", "size"), [(1, 1, 5), (2, 9, 2), (3, 9, 1), (5, 1, 1)]
)
def test_of_every_part_the_least_unsure_is_heard(per_hearing, num_orders, size, rng):
    orders = list(heard_of(UNSURE, per_hearing, 9, rng))
    assert [len(set(heard)) for heard in orders] == [size] * num_orders
    if per_hearing == 2:
        assert not any(0 in heard for heard in orders)  # the least sure is never the surer of two
        assert {tuple(sorted(heard)) for heard in orders} > {(1, 3), (1, 4)}
    if per_hearing == 5:
        assert orders[0].tolist() == [1]


def write_views(path, verdicts, log_prob):
    """Views of judged candidates, as likely as a function of their verdicts says."""
    table = pd.read_parquet(verdicts)[["utterance_id", "candidate_index", "is_catastrophic"]]
    table["log_prob"] = log_prob(table.pop("is_catastrophic").to_numpy(), len(table))
    table = table.assign(num_ids=10, entropy=1.0, state=[[0.5, 0.1]] * len(table))
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path)
    return path


@pytest.fixture
def written(tmp_path):
    """Verdicts of a system to which failures are unlikely, and views of it and of a policy."""
    verdicts = write_verdicts(tmp_path, "mini-llasa", 0.3)
    order = np.random.default_rng(1)
    own = write_views(
        tmp_path / "views/mini-llasa/hard/mini-llasa.parquet", verdicts,
        lambda fails, n: -20.0 - 9 * fails + order.random(n),
    )  # fmt: skip
    policy = write_views(
        tmp_path / "views/mini-llasa/hard/mini-llasa-sft-1.parquet", verdicts,
        lambda fails, n: pd.read_parquet(own)["log_prob"] + 1.0,
    )  # fmt: skip
    return verdicts, [own, policy]


def make_table(folder, verdicts, views):
    files = TableFiles(*(folder / f"t.{suffix}" for suffix in ("csv", "md", "tex")))
    table_likelihood(
        verdicts=[verdicts], views=views, num_draws=2, seed=1, files=files,
        arms=("mini-llasa-sft-1=mini-llasa=sft",),
    )  # fmt: skip
    return pd.read_csv(files.csv).set_index("score"), files.markdown.read_text()


def test_the_table_says_what_tells_and_what_was_learnt(written, tmp_path):
    table, shown = make_table(tmp_path, *written)
    assert table.loc["log p", "ranked_right"] == 1.0
    assert table.loc["log p", "failure_rate"] == table.loc["log p", "oracle_rate"]
    assert table.loc["log p", "like_log_prob"] == pytest.approx(1.0)
    assert table.loc["verifier", "ranked_right"] == 1.0  # it says what the evaluator says
    # A policy to which all is likelier by as much has learnt nothing of failures.
    assert table.loc["learnt by sft", "ranked_right"] == 0.5
    assert table.loc["learnt by sft", "failure_rate"] == pytest.approx(
        table.loc["log p", "single_rate"]
    )
    assert "| learnt by sft " in shown


def test_views_of_other_candidates_are_refused(written, tmp_path):
    verdicts, (own, policy) = written
    pd.read_parquet(policy).iloc[1:].to_parquet(policy)
    with pytest.raises(InputError, match=r"sft-1\.parquet: not the candidates that were judged"):
        make_table(tmp_path, verdicts, [own, policy])


def test_screening_hears_the_surer_of_two_and_gains_what_that_tells(written, tmp_path):
    verdicts, (own, _) = written
    table = pd.read_parquet(own)
    fails = pd.read_parquet(verdicts)["is_catastrophic"]
    start = tmp_path / "speak_mini-llasa.json"
    start.write_text(json.dumps({"start": {"good_cer": 0.3}}))

    def screened(entropy):
        table.assign(entropy=entropy).to_parquet(own)
        files = TableFiles(*(tmp_path / f"s.{suffix}" for suffix in ("csv", "md", "tex")))
        table_screening(
            verdicts=[verdicts], views=[own], starts=[start], num_heard=[1, 2], seed=1, files=files
        )
        assert files.markdown.read_text().count("| mini-llasa ") == 5
        return pd.read_csv(files.csv).set_index(["n", "draws_per_hearing"])

    told = screened(fails.astype(float))
    by_pool = fails.to_numpy().reshape(-1, 4)
    assert told.loc[(1, 1), "failure_rate"] == pytest.approx(fails.mean(), abs=1e-6)
    assert told.loc[(1, 4), "failure_rate"] == pytest.approx(by_pool.all(axis=1).mean(), abs=1e-6)
    # Verifier and evaluator agree: until one is good, two hearings of two are as all four.
    assert told.loc[(2, 2), "failure_rate"] == pytest.approx(by_pool.all(axis=1).mean(), abs=1e-6)
    assert told.loc[(2, 2), "less"] == pytest.approx(
        told.loc[(2, 1), "failure_rate"] - told.loc[(2, 2), "failure_rate"], abs=2e-6
    )
    drawn = told["mean_hearings"] * told.index.get_level_values("draws_per_hearing")
    assert told["mean_draws"].to_numpy() == pytest.approx(drawn.to_numpy(), rel=1e-4)
    nothing = screened(1.0)  # ties: the first of a part in random order, as without a choice
    assert nothing.loc[(1, 2), "failure_rate"] == pytest.approx(fails.mean(), abs=0.02)
