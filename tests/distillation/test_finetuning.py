"""Training on the real classes at tiny size: ids, losses, adapters, and a resumed run."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerCallback

from candidates_to_learn import SETTINGS, TEXT, candidates_of, failed
from repository import CHECKPOINTS
from selfverify.asr import load_recogniser
from selfverify.codecs import load_codec
from selfverify.distillation import finetuning, sft
from selfverify.distillation.finetuning import (
    PROJECTIONS,
    divide_logits,
    facts_of,
    save_policy,
    train,
    training_key,
)
from selfverify.distillation.grpo import Rollout, VerifierJudge, grpo_trainer, rewards
from selfverify.distillation.held_out import HeldOut
from selfverify.distillation.pools import TrainingCandidate, read_pool
from selfverify.distillation.preference import pair_row, preference_trainer
from selfverify.distillation.separation import check_unseen
from selfverify.distillation.sft import examples_of, sft_trainer
from selfverify.distillation.teacher_forcing import forced_logits
from selfverify.distillation.training_sets import Pair
from selfverify.errors import InputError
from selfverify.metric.taxonomy import Thresholds
from selfverify.storage.checkpoints import verify_checkpoint
from selfverify.storage.records import Candidate, FailureMode, StopReason, Utterance
from selfverify.storage.tables import write_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingRequest, SamplingSettings

PREFERENCES = [("sigmoid",), ("ipo",), ("sigmoid", "sft")]


def pairs_of(system):
    candidates = candidates_of(system)
    rejected = candidates[1:] + candidates[:1]
    return [Pair(c, failed(r)) for c, r in zip(candidates, rejected, strict=True)]


@pytest.mark.parametrize(
    ("adapter", "name"),
    [("llasa", "mini-llasa"), ("orpheus", "mini-orpheus"), ("csm", "mini-csm")],
)
def test_trained_ids_are_those_of_sampling(adapter, name):
    """The mini systems end by themselves, which random weights hardly do."""
    system = load_system(adapter, CHECKPOINTS / name)
    sampling = SamplingSettings(0.5, 1.0, 0, 6.0)
    drawn = system.sample([SamplingRequest(TEXT, seed) for seed in range(3)], sampling)
    ended = [result for result in drawn if result.stop_reason is StopReason.EOS]
    assert ended
    for result in ended:
        candidate = TrainingCandidate(
            "u1", 0, TEXT, result.token_ids, StopReason.EOS, result.codes.shape[1], 0.1,
            FailureMode.OK,
        )  # fmt: skip
        (example,) = examples_of(system, [candidate])
        assert example == system.training_example(TEXT, result.codes)
        assert example.input_ids[: -len(result.token_ids)] == system.prompt_ids(TEXT)


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
def test_sft_lowers_the_loss_and_leaves_a_checkpoint(adapter, tiny_systems, tmp_path):
    start = tiny_systems[adapter]
    system = load_system(adapter, start)
    settings = dataclasses.replace(SETTINGS, num_steps=20)
    before = {name: value.clone() for name, value in system.model.state_dict().items()}
    trainer = sft_trainer(system, candidates_of(system)[:2], settings, tmp_path / "run", "cpu")
    curve = train(trainer)
    assert list(curve["step"]) == list(range(1, 21))
    assert curve["loss"].iloc[-5:].mean() < curve["loss"].iloc[:5].mean()
    save_policy(trainer.model, start, curve, {"a": 1}, tmp_path / "policy")
    verify_checkpoint(tmp_path / "policy")
    assert load_file(tmp_path / "policy/adapter/adapter_model.safetensors")
    assert json.loads((tmp_path / "policy/training.json").read_text()) == {"a": 1}
    adapters = json.loads((tmp_path / "policy/adapter/adapter_config.json").read_text())
    assert adapters["target_modules"] == PROJECTIONS  # the same bytes every time
    trained = load_system(adapter, tmp_path / "policy")
    assert trained.prompt_ids(TEXT) == load_system(adapter, start).prompt_ids(TEXT)
    changed = {
        name for name, value in trained.model.state_dict().items()
        if not torch.equal(value, before[name])
    }  # fmt: skip
    assert changed
    assert not any("embed" in name or "lm_head" in name for name in changed)


@pytest.mark.parametrize("adapter", ["llasa", "orpheus"])
def test_the_gain_before_the_output_learns_at_its_own_rate(adapter, tiny_systems, tmp_path):
    start = tiny_systems[adapter]
    norm = "model.norm.weight"
    before = load_system(adapter, start).model.state_dict()[norm]
    gains = {}
    for rate in (None, 1e-3, 1e-1):
        system = load_system(adapter, start)
        settings = dataclasses.replace(SETTINGS, learning_rate=1e-5, gain_learning_rate=rate)
        run, policy = tmp_path / f"run-{rate}", tmp_path / f"policy-{rate}"
        trainer = sft_trainer(system, candidates_of(system), settings, run, "cpu")
        look = HeldOut(system, candidates_of(system)).measure(trainer.model)
        assert look["held_out_kl"] == 0  # without the adapter the old gain is at work
        save_policy(trainer.model, start, train(trainer), facts_of(settings), policy)
        gains[rate] = load_system(adapter, policy).model.state_dict()[norm]
        told = json.loads((policy / "training.json").read_text())
        assert told.get("gain_learning_rate", "absent") == (rate or "absent")
    assert torch.equal(gains[None], before)
    slow, fast = ((gains[rate] - before).abs().mean() for rate in (1e-3, 1e-1))
    assert 0 < slow < 4 * 1e-3  # Adam: about a rate a step
    assert fast > 20 * slow


@pytest.mark.parametrize("losses", PREFERENCES, ids="+".join)
@pytest.mark.parametrize("adapter", ["llasa", "orpheus"])
def test_preferences_widen_the_margin(adapter, losses, tiny_systems, tmp_path):
    system = load_system(adapter, tiny_systems[adapter])
    settings = dataclasses.replace(SETTINGS, losses=losses, num_steps=8, beta=0.5)
    pairs = pairs_of(system)[:1]
    curve = train(preference_trainer(system, pairs, settings, tmp_path / "run", "cpu"))
    assert abs(curve["margin"].iloc[0]) < 1e-3  # the policy is its own reference
    assert curve["margin"].iloc[-1] > 0


def test_ipo_aims_at_a_gap_per_id(tiny_systems, tmp_path):
    """TRL averages IPO's log-probabilities: at the start the loss is (1 / (2 β))²."""
    system = load_system("llasa", tiny_systems["llasa"])
    settings = dataclasses.replace(SETTINGS, losses=("ipo",), beta=5.0, num_steps=1)
    pairs = pairs_of(system)
    curve = train(preference_trainer(system, pairs, settings, tmp_path / "run", "cpu"))
    assert curve["loss"].iloc[0] == pytest.approx(0.01, rel=1e-2)


def test_long_candidates_keep_their_end(tiny_systems, tmp_path):
    """Beyond TRL's 1024 ids, where its default would cut the end away."""
    system = load_system("llasa", tiny_systems["llasa"])
    codes = torch.zeros(1, 1500, dtype=torch.long).numpy()
    ids = system.training_example(TEXT, codes)
    long = dataclasses.replace(candidates_of(system, 1)[0], token_ids=ids.input_ids[-1501:])
    trainer = sft_trainer(system, [long, long], SETTINGS, tmp_path / "run", "cpu")
    labels = next(iter(trainer.get_train_dataloader()))["labels"]
    assert (labels == system.end_id).sum() == len(labels)
    assert (labels != -100).sum(dim=1).tolist() == [1501] * len(labels)
    pair = Pair(long, failed(long))
    preference = dataclasses.replace(SETTINGS, losses=("sigmoid",))
    loader = preference_trainer(system, [pair], preference, tmp_path / "p", "cpu")
    assert (next(iter(loader.get_train_dataloader()))["input_ids"] == system.end_id).sum() == 2


def test_pairs_are_ids_as_they_were_sampled(tiny_systems):
    system = load_system("orpheus", tiny_systems["orpheus"])
    pair = pairs_of(system)[0]
    assert pair_row(system, pair) == {
        "prompt_ids": system.prompt_ids(TEXT),
        "chosen_ids": pair.chosen.token_ids,
        "rejected_ids": pair.rejected.token_ids,
    }


def test_an_interrupted_training_goes_on(tiny_systems, tmp_path):
    run = tmp_path / "run"

    def trained(settings):
        system = load_system("llasa", tiny_systems["llasa"])
        torch.manual_seed(1)
        return train(sft_trainer(system, candidates_of(system), settings, run, "cpu"))

    settings = dataclasses.replace(SETTINGS, num_steps=6)
    whole = trained(settings)
    last = max(run.glob("checkpoint-*"))
    assert last.name == "checkpoint-6"
    again = trained(settings)  # at its end already: the curve comes from the folder
    pd.testing.assert_frame_equal(whole, again)


@pytest.mark.parametrize("changes", [{}, {"gain_learning_rate": 0.1}, {"fold_adapters": True}])
def test_a_killed_training_goes_on_to_the_same_weights(changes, tiny_systems, tmp_path):
    settings = dataclasses.replace(SETTINGS, num_steps=6, **changes)

    def trained(run):
        system = load_system("llasa", tiny_systems["llasa"])
        torch.manual_seed(1)
        trainer = sft_trainer(system, candidates_of(system), settings, run, "cpu")
        train(trainer)
        return trainer.model.merge_and_unload().state_dict()

    class Killed(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            if state.global_step == 5:
                raise KeyboardInterrupt

    whole = trained(tmp_path / "whole")
    system = load_system("llasa", tiny_systems["llasa"])
    torch.manual_seed(1)
    trainer = sft_trainer(system, candidates_of(system), settings, tmp_path / "run", "cpu")
    trainer.add_callback(Killed())
    with pytest.raises(KeyboardInterrupt):
        train(trainer)
    assert {path.name for path in (tmp_path / "run").glob("checkpoint-*")} == {"checkpoint-4"}
    again = trained(tmp_path / "run")
    assert all(torch.equal(value, again[name]) for name, value in whole.items())


@pytest.mark.parametrize("adapter", ["llasa", "csm"])
def test_a_training_is_looked_at_with_prompts_that_it_does_not_see(adapter, tiny_systems, tmp_path):
    system = load_system(adapter, tiny_systems[adapter])
    good = candidates_of(system)
    unseen = [c for g in good[3:] for c in (g, dataclasses.replace(failed(g), candidate_index=1))]
    settings = dataclasses.replace(SETTINGS, num_steps=6)
    trainer = sft_trainer(system, good[:3], settings, tmp_path / "run", "cpu")
    trainer.add_callback(HeldOut(system, unseen))
    curve = train(trainer)
    assert list(curve["step"]) == list(range(7))
    looks = curve.dropna(subset="held_out_loss")
    assert list(looks["step"]) == [0, 2, 4, 6]
    assert looks["held_out_kl"].iloc[0] == pytest.approx(0, abs=1e-6)
    assert looks["held_out_kl"].iloc[-1] > 1e-4
    assert (looks["held_out_entropy"] > 0).all()
    assert (curve["gradient_norm"].iloc[1:] > 0).all()
    assert trainer.model.training  # as it was
    # An interrupted training that goes on looks again at no step that it had.
    again = sft_trainer(
        load_system(adapter, tiny_systems[adapter]), good[:3], settings, tmp_path / "run", "cpu"
    )
    again.add_callback(HeldOut(system, unseen))
    pd.testing.assert_frame_equal(curve, train(again))


def test_unseen_pairs_are_ranked_by_what_the_policy_raised(tiny_systems, tmp_path):
    """A policy that learnt the very pairs ranks them right; the start ranks none."""
    system = load_system("llasa", tiny_systems["llasa"])
    pairs = pairs_of(system)[:2]
    settings = dataclasses.replace(SETTINGS, losses=("sigmoid",), num_steps=8, beta=0.5)
    trainer = preference_trainer(system, pairs, settings, tmp_path / "run", "cpu")
    pools = [
        c
        for n, pair in enumerate(pairs)
        for c in (
            dataclasses.replace(pair.chosen, utterance_id=f"u{n}"),
            dataclasses.replace(pair.rejected, utterance_id=f"u{n}", candidate_index=1),
        )
    ]
    trainer.add_callback(HeldOut(system, pools))
    curve = train(trainer)
    assert np.isnan(curve["held_out_accuracy"].iloc[0])
    assert curve["held_out_accuracy"].iloc[-1] == 1.0
    assert {"margin", "accuracy"} <= set(curve)
    assert curve["margin"].iloc[1:].notna().all()


def test_a_training_goes_on_only_where_all_that_decides_it_is_the_same(tiny_systems, tmp_path):
    start = shutil.copytree(tiny_systems["llasa"], tmp_path / "start")
    pool = tmp_path / "pool.parquet"
    pool.write_text("a")

    def key(**changes):
        choices = {"settings": SETTINGS, "thresholds": Thresholds()} | changes
        return training_key(*choices.values(), files=[pool], start=start)

    before = key()
    assert key() == before
    assert key(settings=dataclasses.replace(SETTINGS, selection="random")) != before
    assert key(thresholds=dataclasses.replace(Thresholds(), max_cer=0.4)) != before
    pool.write_text("b")
    other = key()
    assert other != before
    (start / "config.json").write_text("{}")  # as a policy of a round before, trained anew
    assert key() != other


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
def test_the_loss_is_that_of_divided_logits(adapter, tiny_systems, tmp_path):
    """At the start, against the formula: mean -log softmax(logits / T) over the sampled ids."""
    system = load_system(adapter, tiny_systems[adapter])
    candidates = candidates_of(system)[:2]
    ids = [(system.prompt_ids(c.text), c.token_ids) for c in candidates]
    losses = [
        torch.nn.functional.cross_entropy(logits / 0.5, torch.tensor(c.token_ids), reduction="none")
        for logits, c in zip(forced_logits(system, ids), candidates, strict=True)
    ]
    divide_logits(system, 0.5)
    settings = dataclasses.replace(SETTINGS, num_steps=1, temperature=0.5)
    curve = train(sft_trainer(system, candidates, settings, tmp_path / "run", "cpu"))
    if adapter == "csm":  # a loss per head; the depth decoder's on a part of the frames
        heads = torch.cat(losses).view(-1, system.num_codebooks)
        expected = heads[:, 0].mean() + heads[:, 1:].mean()
        assert curve["loss"].iloc[0] == pytest.approx(float(expected), rel=0.1)
    else:
        assert curve["loss"].iloc[0] == pytest.approx(float(torch.cat(losses).mean()), rel=1e-3)


def test_preferences_are_learnt_at_the_temperature_too(tiny_systems, tmp_path):
    system = load_system("llasa", tiny_systems["llasa"])
    divide_logits(system, 0.5)
    settings = dataclasses.replace(SETTINGS, losses=("sigmoid",), num_steps=1)
    pairs = pairs_of(system)[:1]
    curve = train(preference_trainer(system, pairs, settings, tmp_path / "run", "cpu"))
    prompt, chosen = system.prompt_ids(TEXT), pairs[0].chosen.token_ids
    (logits,) = forced_logits(system, [(prompt, chosen)])  # divided by the hook
    log_probs = torch.log_softmax(logits, dim=-1)[torch.arange(len(chosen)), torch.tensor(chosen)]
    assert curve["chosen_logp"].iloc[0] == pytest.approx(float(log_probs.sum()), rel=1e-2)


def test_what_cannot_be_trained_is_said(tiny_systems, tmp_path):
    csm, llasa = (load_system(name, tiny_systems[name]) for name in ("csm", "llasa"))
    with pytest.raises(InputError, match="SFT alone"):
        preference_trainer(csm, pairs_of(csm), SETTINGS, tmp_path, "cpu")
    with pytest.raises(InputError, match="no pair"):
        preference_trainer(llasa, [], SETTINGS, tmp_path, "cpu")
    with pytest.raises(InputError, match="nothing to learn"):
        sft_trainer(llasa, [], SETTINGS, tmp_path, "cpu")
    with pytest.raises(ValueError, match="does not accept"):
        examples_of(llasa, [failed(candidates_of(llasa, 1)[0])])


@pytest.mark.parametrize("adapter", ["llasa", "csm"])
def test_the_control_learns_from_failures_too(adapter, tiny_systems, tmp_path):
    system = load_system(adapter, tiny_systems[adapter])
    settings = dataclasses.replace(SETTINGS, selection="random")
    failures = [failed(c) for c in candidates_of(system)]
    curve = train(sft_trainer(system, failures, settings, tmp_path / "run", "cpu"))
    assert len(curve) == settings.num_steps


def test_evaluated_prompts_are_refused(tiny_systems, tmp_path):
    system = load_system("llasa", tiny_systems["llasa"])
    pool = candidates_of(system, 2)
    write_records(pool, tmp_path / "pool.parquet")
    assert read_pool(tmp_path / "pool.parquet") == pool
    pd.DataFrame({"text": [TEXT]}).to_parquet(tmp_path / "hard.parquet")
    with pytest.raises(InputError, match=r"hard\.parquet: u1, a training prompt"):
        check_unseen({c.text: c.utterance_id for c in pool}, [tmp_path / "hard.parquet"])


@pytest.fixture
def rollout(tiny_systems, tmp_path):
    """Four utterances, judged by the parity of a candidate's length instead of by a recogniser."""
    utterances = [
        Utterance(f"u{i}", TEXT, ("emma saw a lamp",), "short", "train", 4, 1.5) for i in range(4)
    ]

    def by_parity(spoken, candidates):
        modes = (FailureMode.OK, FailureMode.SILENCE)
        return [
            TrainingCandidate(
                c.utterance_id, c.candidate_index, u.text, c.token_ids, StopReason.EOS,
                c.num_frames, float(c.num_frames % 2), modes[c.num_frames % 2],
            )
            for u, c in zip(spoken, candidates, strict=True)
        ]  # fmt: skip

    def make(name):
        return Rollout(
            load_system(name, tiny_systems[name]), {u.utterance_id: u for u in utterances},
            SamplingSettings(0.8, 1.0, 0, 1.0), by_parity, 1, tmp_path / "rollouts",
        )  # fmt: skip

    return make


@pytest.mark.parametrize("adapter", ["llasa", "orpheus"])
def test_grpo_trains_on_every_prompt_once(adapter, rollout, tmp_path):
    made = rollout(adapter)
    settings = dataclasses.replace(SETTINGS, losses=("grpo",), batch_size=8)
    settings = dataclasses.replace(settings, num_steps=2)
    trainer = grpo_trainer(made, settings, 4, tmp_path / "run", "cpu")
    curve = train(trainer)
    judged = [c for path in sorted(made.folder.iterdir()) for c in read_pool(path)]
    assert len(judged) == 16
    assert len({tuple(c.token_ids) for c in judged}) > 4  # each has a seed of its own
    assert {c.utterance_id for c in judged} == set(made.utterances)
    steps = [rewards(judged[:8]), rewards(judged[8:])]
    assert list(curve["reward"]) == pytest.approx([np.mean(step) for step in steps], abs=1e-4)


def test_grpo_needs_whole_groups(rollout, tmp_path):
    with pytest.raises(InputError, match="4 prompts of 4 candidates are not 3 steps of 8"):
        settings = dataclasses.replace(SETTINGS, num_steps=3, batch_size=8)
        grpo_trainer(rollout("llasa"), settings, 4, tmp_path, "cpu")


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.1, 1.9, 2.0, 0.0], [1, 0, 0, 1]),
        ([0.1, 1.9, np.inf, 0.0], [1, 0, 2 / 3, 1]),  # an error weighs nothing
        ([np.inf] * 4, [0, 0, 0, 0]),
    ],
)
def test_rewards_of_a_group(scores, expected):
    def mode(score):
        if np.isinf(score):
            return FailureMode.PIPELINE_ERROR
        return FailureMode.SILENCE if score >= 1 else FailureMode.OK

    group = [
        TrainingCandidate("u1", i, TEXT, [1], StopReason.EOS, 1, score, mode(score))
        for i, score in enumerate(scores)
    ]
    assert rewards(group) == pytest.approx(expected)


def test_the_judge_of_grpo_is_the_workflows(params, speech):
    """A real clip through the real verifier passes; silence and another text fail."""
    text, audio = speech
    codec = load_codec("xcodec2", CHECKPOINTS / "mini-xcodec2")
    codes = codec.encode(audio)
    entry = params["tracks"]["mini"]["recognisers"]["faster-whisper-tiny.en"]
    recogniser = load_recogniser(
        entry["adapter"], entry["model"], sha256=entry["sha256"], language="en", batch_size=4,
        padding_s=0, device="cpu",
    )  # fmt: skip
    spoken = [
        Utterance(f"u{i}", t, (t.lower().strip("."),), "short", "train", 8, len(audio) / 16_000)
        for i, t in enumerate((text, "Quite another sentence about green horses."))
    ]
    candidates = [
        Candidate(u.utterance_id, 0, 1, [1], codes.tolist(), StopReason.EOS, codes.shape[1], "")
        for u in spoken
    ]
    judged = VerifierJudge(codec, recogniser, Thresholds())(spoken, candidates)
    assert [c.passes for c in judged] == [True, False]


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
def test_layers_recomputed_in_the_backward_pass_are_trained_alike(
    adapter, tiny_systems, tmp_path, monkeypatch
):
    """As on a GPU, where memory is dear; the device is another here, the path is that one."""
    curves = []
    for is_recomputed in (False, True):
        system = load_system(adapter, tiny_systems[adapter])
        run = tmp_path / str(is_recomputed)
        options = finetuning.trainer_options(SETTINGS, run, "cpu", "float32")
        options["gradient_checkpointing"] = is_recomputed
        monkeypatch.setattr(sft, "trainer_options", lambda *args, options=options: options)
        torch.manual_seed(0)
        trainer = sft_trainer(system, candidates_of(system), SETTINGS, run, "cpu")
        curves.append(train(trainer))
    assert curves[1]["loss"].tolist() == pytest.approx(curves[0]["loss"].tolist(), rel=1e-3)


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
def test_a_step_in_parts_is_the_same_step(adapter, tiny_systems, tmp_path):
    losses = []
    for at_once in (1, 2):
        system = load_system(adapter, tiny_systems[adapter])
        settings = dataclasses.replace(SETTINGS, micro_batch_size=at_once)
        run = tmp_path / str(at_once)
        trainer = sft_trainer(system, candidates_of(system), settings, run, "cpu")
        losses.append(train(trainer)["loss"].tolist())
    # CSM draws the frames that its depth decoder learns; losses added up would be twice these.
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
