"""Arms that learn from every candidate by its advantage, and from true speech."""

import dataclasses

import numpy as np
import pytest
import torch
from scripts.distillation.speak_training_pool import speak_training_pool

from candidates_to_learn import SETTINGS, TEXT, candidates_of, failed
from repository import CHECKPOINTS
from selfverify.distillation import advantage, finetuning
from selfverify.distillation.advantage import (
    advantage_trainer,
    clipped_loss,
    collate,
    log_probs,
)
from selfverify.distillation.finetuning import train
from selfverify.distillation.held_out import along
from selfverify.distillation.pools import IGNORED, read_pool, spoken_candidate
from selfverify.distillation.sft import sft_trainer
from selfverify.errors import InputError
from selfverify.storage.records import Utterance
from selfverify.storage.tables import write_records
from selfverify.systems import load_system


def weighed(system):
    """Pools of a passing and a failing candidate each."""
    drawn = candidates_of(system)
    found = []
    for good, bad in zip(drawn[::2], drawn[1::2], strict=True):
        found += [good, dataclasses.replace(failed(bad), utterance_id=good.utterance_id)]
    return found


ADVANTAGE = dataclasses.replace(SETTINGS, losses=("advantage",), num_steps=12, batch_size=4)


def test_advantages_raise_what_passes_and_lower_what_fails(tiny_systems, tmp_path):
    system = load_system("llasa", tiny_systems["llasa"])
    candidates = weighed(system)[:4]
    trainer = advantage_trainer(system, candidates, ADVANTAGE, tmp_path / "run", "cpu")
    curve = train(trainer)
    assert curve["loss"].iloc[0] == pytest.approx(0, abs=1e-5)  # ratios of 1, advantages of ±½
    gains = [one.gain for one in along(system, trainer.model, candidates)]
    assert gains[0] > 0 > gains[1]
    assert gains[2] > 0 > gains[3]


def test_the_loss_of_advantages_is_ppos():
    """By hand: a gain is held at the clip for what is praised, not for what is blamed, and back."""
    gains = torch.log(torch.tensor([[1.5, 0.5, 9.0], [1.5, 0.5, 9.0]]))
    labels = torch.tensor([[1, 1, IGNORED], [1, 1, IGNORED]])
    loss = clipped_loss(gains, torch.tensor([1.0, -1.0]), labels)
    assert loss.item() == pytest.approx(-np.mean([1.2, 0.5, -1.5, -0.8]))


def test_a_batch_of_advantages_has_the_log_probabilities_of_each_alone(tiny_systems, tmp_path):
    system = load_system("llasa", tiny_systems["llasa"])
    short, long = candidates_of(system, 1, 5)[0], candidates_of(system, 1, 30)[0]
    bad = [dataclasses.replace(failed(c), candidate_index=1) for c in (short, long)]
    pool = [short, dataclasses.replace(bad[1], utterance_id=short.utterance_id)]
    trainer = advantage_trainer(system, pool, ADVANTAGE, tmp_path / "run", "cpu")
    batch = collate([trainer.train_dataset[0], trainer.train_dataset[1]])
    trainer.model.eval()
    with torch.inference_mode():
        found = log_probs(trainer.model, batch)
    for row, labels, candidate in zip(found, batch["labels"][:, 1:], pool, strict=True):
        alone = along(system, trainer.model, [candidate])[0].log_prob
        assert row[labels != IGNORED].sum().item() == pytest.approx(alone, rel=1e-4)


def test_advantages_need_both_outcomes_and_one_head(tiny_systems, tmp_path):
    llasa, csm = (load_system(name, tiny_systems[name]) for name in ("llasa", "csm"))
    with pytest.raises(InputError, match="both outcomes"):
        advantage_trainer(llasa, candidates_of(llasa), ADVANTAGE, tmp_path, "cpu")
    with pytest.raises(InputError, match="SFT alone"):
        advantage_trainer(csm, weighed(csm), ADVANTAGE, tmp_path, "cpu")


def test_true_speech_is_learnt_as_candidates_are(tiny_systems, tmp_path):
    system = load_system("llasa", tiny_systems["llasa"])
    codes = np.arange(20)[None] % system.codebook_size
    spoken = spoken_candidate(
        Utterance("u1", TEXT, ("emma saw a lamp",), "short", "train", 4, 1.5),
        system.training_example(TEXT, codes),
        codes.shape[1],
    )
    assert spoken.passes
    settings = dataclasses.replace(SETTINGS, selection="reference")
    trainer = sft_trainer(system, [spoken], settings, tmp_path / "run", "cpu")
    row = next(iter(trainer.get_train_dataloader()))
    assert row["input_ids"][0].tolist() == system.training_example(TEXT, codes).input_ids


def test_layers_recomputed_in_the_backward_pass_are_trained_alike(
    tiny_systems, tmp_path, monkeypatch
):
    """As on a GPU, where memory is dear; the device is another here, the path is that one."""
    curves = []
    for is_recomputed in (False, True):
        system = load_system("llasa", tiny_systems["llasa"])
        run = tmp_path / str(is_recomputed)
        options = finetuning.trainer_options(ADVANTAGE, run, "cpu", "float32")
        options["gradient_checkpointing"] = is_recomputed
        monkeypatch.setattr(advantage, "trainer_options", lambda *args, options=options: options)
        torch.manual_seed(0)
        curves.append(train(advantage_trainer(system, weighed(system), ADVANTAGE, run, "cpu")))
    assert curves[1]["gradient_norm"].iloc[0] > 0
    assert curves[1]["loss"].tolist() == pytest.approx(curves[0]["loss"].tolist(), abs=1e-4)


def test_a_step_in_parts_counts_each_id_alike(tiny_systems, tmp_path):
    """Of two sequences of different lengths, which a mean of means would weigh alike."""
    curves = []
    for at_once in (1, 2):
        system = load_system("llasa", tiny_systems["llasa"])
        short, long = candidates_of(system, 1, 5)[0], candidates_of(system, 1, 30)[0]
        bad = dataclasses.replace(failed(long), candidate_index=1, utterance_id=short.utterance_id)
        settings = dataclasses.replace(ADVANTAGE, num_steps=2, micro_batch_size=at_once)
        run = tmp_path / str(at_once)
        torch.manual_seed(0)
        curves.append(train(advantage_trainer(system, [short, bad], settings, run, "cpu")))
    for name in ("loss", "gradient_norm"):
        assert curves[0][name].tolist() == pytest.approx(curves[1][name].tolist(), rel=1e-3)


def test_a_pool_of_true_speech_is_in_the_ids_of_the_system(tmp_path):
    texts = ["Martin bought thirty lamps.", "Peter has fifteen rings."]
    prompts = [Utterance(f"u{i}", t, (t[:-1].lower(),), "short", "train", 4, 2.0)
               for i, t in enumerate(texts)]  # fmt: skip
    write_records(prompts, tmp_path / "prompts.parquet")
    speak_training_pool(
        prompts=tmp_path / "prompts.parquet", shard=0, num_shards=1, adapter="llasa",
        checkpoint=CHECKPOINTS / "mini-llasa", codec_adapter="xcodec2",
        codec=str(CHECKPOINTS / "mini-xcodec2"), device="cpu", output=tmp_path / "pool.parquet",
    )  # fmt: skip
    pool = read_pool(tmp_path / "pool.parquet")
    assert [c.text for c in pool] == texts
    assert all(c.passes for c in pool)
    end_id = load_system("llasa", CHECKPOINTS / "mini-llasa").end_id
    assert [c.token_ids.index(end_id) for c in pool] == [c.num_frames for c in pool]
    assert all(50 < c.num_frames < 200 for c in pool)  # 1 to 4 s of 50 frames
