"""What is trained on what: plans, judged pools, examples, pairs, and arms side by side."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from selfverify.distillation.comparison import parse_arms, read_arms, share_closed
from selfverify.distillation.plan import (
    line_of,
    matched_of,
    plan_policies,
    plan_sweep,
    plan_temperatures,
    swept_arms,
)
from selfverify.distillation.pools import TrainingCandidate, judge_pool
from selfverify.distillation.training_sets import (
    SELECTIONS,
    advantages,
    all_pairs,
    best_of_n,
    describe,
    preference_pairs,
)
from selfverify.errors import InputError
from selfverify.metric.taxonomy import Thresholds
from selfverify.storage.records import FailureMode, StopReason

EOS, CAP = StopReason.EOS, StopReason.CAP
OK, SILENT, ERROR = FailureMode.OK, FailureMode.SILENCE, FailureMode.PIPELINE_ERROR


def candidate(score, mode=OK, reason=EOS, utterance="u1", index=0):
    return TrainingCandidate(utterance, index, "Hello.", [1, 2], reason, 2, score, mode)


def judged(hypothesis, **measures):
    """The one candidate of a text of two words, as the verifier's transcript has it judged."""
    keys = {"utterance_id": ["u1"], "candidate_index": [0]}
    clip = {"duration_s": 1.0, "speech_s": 0.9, "rms_db": -20.0} | measures
    (found,) = judge_pool(
        pd.DataFrame({"utterance_id": ["u1"], "text": ["Red lamps."], "expected_s": [1.0],
                      "spoken": [["red lamps"]]}),
        pd.DataFrame(keys | {"token_ids": [[1, 2]], "stop_reason": ["eos"], "num_frames": [2]}),
        pd.DataFrame(keys | {name: [value] for name, value in clip.items()}),
        pd.DataFrame(keys | {"hypothesis": [hypothesis]}),
        Thresholds(),
    )  # fmt: skip
    return found


def test_an_empty_transcript_is_the_worst_score():
    right, wrong, empty = judged("red lamps"), judged("bread ramps"), judged("")
    assert right.score < wrong.score < empty.score == 2.0
    assert empty.fails
    assert not empty.passes
    assert judged("red lamps", speech_s=0.0).fails


def test_an_error_of_the_recogniser_teaches_nothing():
    error = judged(None)
    assert not error.fails
    assert not error.passes
    assert best_of_n([error]) == []
    fine = dataclasses.replace(judged("red lamps"), candidate_index=1)
    assert preference_pairs([error, fine]) == []


@pytest.mark.parametrize(
    ("pool", "kept", "pair"),
    [
        ([candidate(0.3), candidate(0.1), candidate(1.9, SILENT)], 0.1, (0.1, 1.9)),
        ([candidate(0.3), candidate(0.1)], 0.1, None),
        ([candidate(1.9, SILENT)], None, None),
        ([candidate(0.0, reason=CAP), candidate(1.9, SILENT)], None, None),
        ([candidate(0.2), candidate(1.2, SILENT), candidate(2.0, SILENT)], 0.2, (0.2, 2.0)),
        ([candidate(0.2), candidate(float("inf"), ERROR)], 0.2, None),
    ],
)
def test_what_is_learnt_from_a_pool(pool, kept, pair):
    assert [c.score for c in best_of_n(pool)] == ([] if kept is None else [kept])
    scores = [(p.chosen.score, p.rejected.score) for p in preference_pairs(pool)]
    assert scores == ([] if pair is None else [pair])


def test_all_pairs_are_of_one_prompt_and_no_near_misses():
    collapse = FailureMode.CONTENT_COLLAPSE
    pool = [
        candidate(0.30, index=0), candidate(0.0, index=1),
        candidate(1.35, collapse, index=2), candidate(1.2, SILENT, index=3),
        candidate(0.1, reason=CAP, index=4), candidate(float("inf"), ERROR, index=5),
        candidate(1.9, collapse, utterance="u2"),
    ]  # fmt: skip
    found = [(p.chosen.candidate_index, p.rejected.candidate_index) for p in all_pairs(pool)]
    assert found == [(0, 3), (1, 2), (1, 3)]  # a runaway whose words are right is a failure


def test_the_control_has_the_prompts_of_the_verified_and_failures_too():
    pools = [
        candidate(score, mode, utterance=f"u{number:02}", index=index)
        for number in range(40)
        for index, (score, mode) in enumerate([(0.1, OK), (1.9, SILENT)])
    ]
    dead = [candidate(2.0, SILENT, utterance="u99", index=index) for index in range(2)]
    verified, drawn = (SELECTIONS[name](pools + dead, 1) for name in ("verified", "random"))
    assert [c.utterance_id for c in drawn] == [c.utterance_id for c in verified]
    assert 8 < sum(c.fails for c in drawn) < 32  # of 40, one in two
    assert SELECTIONS["random"](pools + dead, 1) == drawn
    assert SELECTIONS["random"](pools + dead, 2) != drawn


def test_the_truth_is_learnt_of_every_prompt():
    spoken = [candidate(0.0, utterance=name) for name in ("u1", "u2")]
    assert SELECTIONS["reference"](spoken, 1) == spoken


def test_advantages_compare_the_candidates_of_a_prompt():
    pools = [
        [candidate(0.1), candidate(1.5, SILENT, index=1), candidate(0.1, reason=CAP, index=2)],
        [candidate(0.2, utterance="u2"), candidate(0.3, utterance="u2", index=1)],
        [candidate(1.5, SILENT, utterance="u3")],
        [candidate(0.1, utterance="u4"), candidate(float("inf"), ERROR, utterance="u4", index=1)],
    ]
    found = advantages([one for pool in pools for one in pool])
    assert [c.utterance_id for c, _ in found] == ["u1"] * 3  # elsewhere there is one outcome
    assert [weight for _, weight in found] == pytest.approx([2 / 3, -1 / 3, -1 / 3])


def test_all_that_passes_is_learnt_as_often_as_it_passes():
    pool = [candidate(0.1), candidate(0.2, index=1), candidate(1.5, SILENT, index=2)]
    others = [candidate(1.5, SILENT, utterance="u2"), candidate(0.3, utterance="u3")]
    kept = SELECTIONS["passing"]([*pool, *others], 1)
    assert [(c.utterance_id, c.candidate_index) for c in kept] == [("u1", 0), ("u1", 1), ("u3", 0)]
    control = SELECTIONS["own"]([*pool, *others], 1)
    assert control == [*pool, others[1]]  # failures too, but of the same prompts


def test_right_and_wrong_speech_are_of_the_same_prompts():
    contested = [candidate(0.1), candidate(1.5, SILENT, index=1), candidate(0.2, index=2)]
    unheard = candidate(float("inf"), ERROR, index=3)
    sure = [candidate(0.1, utterance="u2"), candidate(1.5, SILENT, utterance="u3")]
    pools = [*contested, unheard, *sure]
    assert SELECTIONS["contested"](pools, 1) == [contested[0], contested[2]]
    assert SELECTIONS["failing"](pools, 1) == [contested[1]]


def test_description_counts_prompts_and_modes():
    pool = [candidate(0.1), candidate(2.0, SILENT), candidate(2.0, SILENT, utterance="u2")]
    facts = describe(pool)
    assert facts["num_candidates"] == 3
    assert (facts["num_prompts"], facts["num_prompts_never_pass"]) == (2, 1)
    assert (facts["num_examples"], facts["num_pairs"]) == (1, 1)
    assert facts["rejected_modes"] == {"silence": 1}
    more = [candidate(0.1), candidate(0.2), candidate(2.0, SILENT)]
    assert [describe(more, name)["num_pairs"] for name in ("verified", "passing")] == [1, 2]


PLAN = {
    "num_shards": 4, "num_steps": 60,
    "arms": {"sft": {"num_rounds": 1}, "online": {"num_rounds": 2}},
    "rivals": {"cooler": {"temperature": 0.5}},
    "systems": {"s": {"sft": 2, "online": 1, "cooler": 1}},
    "matched_temperature": {"s": 0.6},
    "sharpening_line": {"temperatures": [1.0, 0.8, 0.5], "prompt_sets": ["hard"]},
}  # fmt: skip
SYSTEMS = {"s": {"temperature": 0.8}}


def test_rounds_learn_from_the_policy_before_them():
    policies = plan_policies(PLAN)
    first, last = policies["s-online-1-round-1"], policies["s-online-1"]
    assert (first.start, first.pools) == ("s", (("s", 0), ("s", 1)))
    assert last.start == "s-online-1-round-1"
    assert last.pools == (("s-online-1-round-1", 2), ("s-online-1-round-1", 3))
    assert first.num_steps == last.num_steps == 30
    assert not first.is_final
    assert last.is_final


def test_an_arm_of_true_speech_has_pools_of_its_own(params):
    plan = params["tracks"]["mini"]["distillation"]
    plan = plan | {"systems": {"mini-llasa": {"sft": 1, "sft-reference": 1}}}
    found = plan_policies(plan)
    sft, reference = found["mini-llasa-sft-1"], found["mini-llasa-sft-reference-1"]
    assert {speaker for speaker, _ in reference.pools} == {"mini-llasa-reference"}
    assert [shard for _, shard in reference.pools] == [shard for _, shard in sft.pools]
    assert reference.start == "mini-llasa"


def test_an_arm_may_learn_from_a_rival():
    arms = {name: arm | {"teacher": "cooler"} for name, arm in PLAN["arms"].items()}
    policies = plan_policies(PLAN | {"arms": arms})
    assert policies["s-sft-1"].pools == tuple(("s-cooler", shard) for shard in range(4))
    assert policies["s-sft-1"].start == "s"
    # What an online arm learns from in its second round it draws itself.
    assert policies["s-online-1-round-1"].pools == (("s-cooler", 0), ("s-cooler", 1))
    assert policies["s-online-1"].pools[0] == ("s-online-1-round-1", 2)


def test_arms_have_equal_budgets(params):
    plan = params["tracks"]["mini"]["distillation"]
    policies = plan_policies(plan)
    budgets = {}
    for policy in policies.values():
        if policy.is_trained:
            shards, steps = budgets.get((policy.system, policy.arm, policy.seed), ((), 0))
            drawn = (*shards, *(shard for _, shard in policy.pools))
            budgets[policy.system, policy.arm, policy.seed] = (drawn, steps + policy.num_steps)
    assert set(budgets.values()) == {(tuple(range(plan["num_shards"])), plan["num_steps"])}


def test_rivals_have_no_training():
    rival = plan_policies(PLAN)["s-cooler"]
    assert not rival.is_trained
    assert rival.settings == {"temperature": 0.5}


def test_the_line_draws_nothing_twice():
    assert line_of(PLAN, SYSTEMS) == {
        "s-at-1": ("s", 1.0),
        "s": ("s", 0.8),  # its own temperature
        "s-cooler": ("s", 0.5),  # a rival that is no more
    }


def test_policies_are_drawn_at_the_matched_temperature_too():
    policies = plan_policies(PLAN)
    planned = plan_temperatures(PLAN, SYSTEMS, policies)
    arms = {f"s-{name}-at-0.6": name.rpartition("-")[0] for name in ("sft-1", "sft-2", "online-1")}
    assert set(planned) == {"s-at-1", "s-at-0.6", *arms}
    assert planned["s-sft-2-at-0.6"].start == "s-sft-2"
    assert planned["s-sft-2-at-0.6"].settings == {"temperature": 0.6}
    assert not any(policy.is_trained or policy.is_final for policy in planned.values())
    matched = matched_of(PLAN, SYSTEMS, policies)
    assert matched == {"s-at-0.6": ("s", "as is")} | {n: ("s", arm) for n, arm in arms.items()}


def test_without_a_matched_temperature_nothing_is_drawn_at_one():
    plan = PLAN | {"matched_temperature": {}}
    assert set(plan_temperatures(plan, SYSTEMS, plan_policies(plan))) == {"s-at-1"}
    assert matched_of(plan, SYSTEMS, plan_policies(plan)) == {}


SWEEP = {
    "shard": 5,
    "systems": {"s": ["sft", "online"]},
    "points": {"faster": {"learning_rate_factor": 3}, "longer": {"num_steps": 120}},
    "rivals": {"cooler-0.3": {"temperature": 0.3}},
}


def test_a_sweep_tries_every_arm_at_as_many_points_and_none_is_final():
    arms = {name: arm | {"learning_rate": 0.1} for name, arm in PLAN["arms"].items()}
    plan = PLAN | {"arms": arms, "sweep": SWEEP}
    policies = plan_sweep(plan)
    points = ("", "-faster", "-longer")
    sft = {f"s-sft{point}-1" for point in points}
    online = {f"s-online{point}-1{end}" for point in points for end in ("", "-round-1")}
    assert set(policies) == {"s-cooler-0.3"} | sft | online
    assert not any(policy.is_final for policy in policies.values())
    assert policies["s-cooler-0.3"].settings == {"temperature": 0.3}
    assert policies["s-online-longer-1"].num_steps == 60
    assert policies["s-online-longer-1"].start == "s-online-longer-1-round-1"
    rates = {name: arm["learning_rate"] for name, arm in swept_arms(plan).items()}
    assert rates["sft-faster"] == rates["online-faster"] == pytest.approx(0.3)
    assert rates["sft-longer"] == 0.1
    # What the study has is the same training, made once.
    kept = plan_policies(plan)["s-sft-1"]
    assert dataclasses.replace(kept, is_final=False) == policies["s-sft-1"]


def test_without_a_sweep_nothing_is_tried():
    assert plan_sweep(PLAN) == {}
    assert swept_arms(PLAN) == {}


def test_share_closed(rng):
    teacher = np.array([1.0, 1.0, 0.5, 0.0] * 20)
    closed = share_closed(teacher, teacher / 2, rng)
    assert closed.mean == closed.low == closed.high == pytest.approx(0.5)
    assert share_closed(teacher, teacher, rng).mean == pytest.approx(0.0)
    assert np.isnan(share_closed(np.zeros(3), np.zeros(3), rng).mean)


def write_verdicts(folder, name, fails):
    """Verdicts of pools whose candidates fail as the rows of `fails` say."""
    rows = [
        {"utterance_id": f"u{prompt}", "candidate_index": index, "is_catastrophic": bool(fail),
         "verifier_is_catastrophic": bool(fail),
         "flag_pipeline_error": False, "verifier_flag_pipeline_error": False,
         "verifier_cer": float(fail), "cer": float(fail),
         "failure_mode": "silence" if fail else "ok",
         "verifier_failure_mode": "silence" if fail else "ok"}
        for prompt, row in enumerate(fails) for index, fail in enumerate(row)
    ]  # fmt: skip
    path = folder / name / "hard.parquet"
    path.parent.mkdir()
    pd.DataFrame(rows).to_parquet(path)
    return path


def test_arms_pool_their_seeds(tmp_path):
    teacher = write_verdicts(tmp_path, "s", [[1, 1, 1, 1], [1, 0, 0, 0]])
    seeds = [
        write_verdicts(tmp_path, f"s-sft-{n}", rows)
        for n, rows in ((1, [[1, 1], [0, 0]]), (2, [[1, 0], [0, 1]]))
    ]
    arms = read_arms([teacher], seeds, parse_arms(["s-sft-1=s=sft", "s-sft-2=s=sft"]))
    as_is, sft = arms
    assert as_is.single.tolist() == [1.0, 0.25]
    assert sft.single.tolist() == [0.75, 0.25]
    assert sft.all_fail.tolist() == [0.5, 0.0]
    assert sft.fails.shape == (2, 4)


def test_arms_are_on_the_same_prompts(tmp_path):
    paths = [
        write_verdicts(tmp_path, name, [[1, 0]] * num) for name, num in (("s", 3), ("s-sft-1", 2))
    ]
    with pytest.raises(InputError, match="s-sft-1, hard: other prompts"):
        read_arms(paths[:1], paths[1:], parse_arms(["s-sft-1=s=sft"]))
    with pytest.raises(InputError, match="policy=system=arm"):
        parse_arms(["s-sft-1"])
