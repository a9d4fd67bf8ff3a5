"""Training: what decides whether a run can be trusted and resumed."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from transformers import CsmForConditionalGeneration, MimiConfig

from selfverify.adapters.loading import load_class
from selfverify.codecs import load_codec
from selfverify.errors import InputError
from selfverify.pretraining import TRAINABLE_CODECS, csm
from selfverify.pretraining.card import write_card
from selfverify.pretraining.codec import CodecClip, MelLoss, draw_crops
from selfverify.pretraining.lm import (
    CODE_NOISE,
    PAD_TO,
    collate,
    draw_batch,
    fast_products,
    trainable_llasa,
    trainable_orpheus,
)
from selfverify.pretraining.start import start_from
from selfverify.pretraining.trainer import TrainSettings, TrainState, learning_rate_at, train
from selfverify.storage.checkpoints import read_checksums, verify_checkpoint
from selfverify.systems.base import TrainingExample
from tiny import make_system

SETTINGS = TrainSettings(num_steps=40, learning_rate=0.05, seed=1, evaluate_every=10)


class Line(nn.Module):
    """Learns y = 2x, with dropout so that the random state matters."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.weight = nn.Parameter(torch.zeros(8))

    def forward(self, x):
        return x * nn.functional.dropout(self.weight, 0.2, self.training)


def run(settings, checkpoint, model=None):
    model = model or Line()

    def loss(rng):
        x = torch.tensor(rng.normal(size=8), dtype=torch.float32)
        return (model(x) - 2 * x).square().mean()

    def held_out():
        return (model(torch.ones(8)) - 2).square().mean().item()

    state = train(model, settings=settings, loss=loss, held_out_loss=held_out,
                  checkpoint=checkpoint, name="line")  # fmt: skip
    return model, state


class StopRun(Exception):
    """Stands for a killed job."""


def test_an_interrupted_run_takes_the_same_steps_as_a_whole_one(tmp_path, monkeypatch):
    whole, state = run(SETTINGS, tmp_path / "whole.pt")
    from selfverify.pretraining import trainer

    real_step = trainer._Run.step

    def killed_at_25(self, loss):
        if self.state.step == 25:
            raise StopRun
        real_step(self, loss)

    monkeypatch.setattr(trainer._Run, "step", killed_at_25)
    with pytest.raises(StopRun):
        run(SETTINGS, tmp_path / "parts.pt")
    monkeypatch.undo()
    resumed, resumed_state = run(SETTINGS, tmp_path / "parts.pt")
    torch.testing.assert_close(resumed.weight, whole.weight, rtol=0, atol=0)
    assert [h["held_out_loss"] for h in resumed_state.history] == [
        h["held_out_loss"] for h in state.history
    ]


def test_a_run_with_other_settings_is_not_resumed(tmp_path):
    run(SETTINGS, tmp_path / "run.pt")
    other = dataclasses.replace(SETTINGS, learning_rate=0.01)
    with pytest.raises(InputError, match=r"run\.pt belongs to a run with other settings; delete"):
        run(other, tmp_path / "run.pt")


def test_training_lowers_the_held_out_loss(tmp_path):
    _, state = run(SETTINGS, tmp_path / "run.pt")
    assert state.best_loss < 0.8 * state.history[0]["held_out_loss"]


def test_a_run_that_gets_worse_stops_and_keeps_its_best(tmp_path):
    worse = dataclasses.replace(SETTINGS, num_steps=400, patience=2, learning_rate=1e-6)
    model = Line()
    model.weight.data.fill_(2.0)  # perfect from the start; decay can only harm
    harmful = dataclasses.replace(worse, weight_decay=1e5)
    _, state = run(harmful, tmp_path / "run.pt", model)
    assert state.step < 400
    assert state.best_step == 10
    assert model.weight.mean() > 1.0


def test_learning_rate_rises_then_falls():
    rates = [learning_rate_at(step, TrainSettings(100, 1.0, 0)) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert max(rates) == rates[5] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0.05, abs=0.001)


@pytest.fixture(params=sorted(TRAINABLE_CODECS))
def trainable(request):
    torch.manual_seed(0)
    return load_class(TRAINABLE_CODECS, request.param, "codec")()


@pytest.fixture
def crops(trainable, rng):
    """Frames as the encoder reads them, of noise that swells: what a codec must tell apart."""
    size = trainable.crop_frames * trainable.hop_length
    audio = rng.normal(size=(2, size)) * np.linspace(0.01, 0.3, size)
    return torch.tensor(np.stack([trainable.frames(clip) for clip in audio.astype(np.float32)]))


def test_gradients_reach_the_whole_path_that_is_trained(trainable, crops):
    if hasattr(trainable, "step"):
        trainable.step.fill_(10_000)  # past the plain auto-encoding that training starts with
    audio, codebook_loss = trainable(crops)
    (MelLoss(16_000)(audio, torch.randn(audio.shape) * 0.1) + codebook_loss).backward()
    reached = {name.split(".")[1] for name, p in trainable.named_parameters() if p.grad is not None}
    assert {"semantic_adapter", "acoustic_decoder"} <= reached or {"encoder", "decoder"} <= reached
    assert all(p.grad.isfinite().all() for p in trainable.parameters() if p.grad is not None)


def test_a_saved_codec_decodes_as_the_trained_one_does(trainable, crops, tmp_path, request):
    """The plain class, from float16 files, against the wrapper: normalisation, codebooks, all."""
    adapter = request.node.callspec.params["trainable"]
    if hasattr(trainable, "step"):
        trainable.step.fill_(10_000)
    for _ in range(6):  # running statistics, and codebooks that are not empty
        trainable(crops)
    trainable.eval()
    hop, num_frames = trainable.hop_length, trainable.crop_frames
    samples = np.random.default_rng(1).normal(size=num_frames * hop).astype(np.float32) * 0.1
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        expected, _ = trainable(torch.tensor(trainable.frames(samples))[None])
    trainable.save(tmp_path)
    codec = load_codec(adapter, tmp_path)
    (audio,) = codec.decode([codec.encode(samples)])
    assert len(audio) == expected.shape[1]
    if adapter != "snac":  # whose decoder adds noise, another here than there
        distance = np.abs(audio - expected[0].numpy()).mean()
        assert distance < 0.2 * expected.abs().mean()


def test_mel_loss_is_zero_for_equal_audio_alone(rng):
    audio = torch.tensor(rng.normal(size=(2, 8000)), dtype=torch.float32)
    loss = MelLoss(16_000)
    assert loss(audio, audio) == 0.0
    assert loss(0.5 * audio, audio) > 0.1


def test_crops_keep_audio_and_features_together(rng):
    frames = np.arange(40, dtype=np.float32)
    clip = CodecClip(np.repeat(frames, 320), np.repeat(frames[:, None], 160, axis=1))
    features, audio = draw_crops([clip], rng, num_crops=8, num_frames=10)
    assert features.shape == (8, 10, 160)
    assert torch.equal(audio[:, ::320], features[:, :, 0])
    assert features[:, 0, 0].unique().numel() > 1


def test_batches_hold_similar_lengths_and_reach_everything(rng):
    lengths = np.arange(1000) // 4
    batches = [draw_batch(lengths, rng, 16) for _ in range(400)]
    assert max(np.ptp(lengths[batch]) for batch in batches) < 40
    assert len(set(np.concatenate(batches))) > 950


def test_collate_pads_on_the_right_without_loss():
    batch = collate([TrainingExample([5, 6, 7], [-100, 6, 7]), TrainingExample([8], [8])], pad_id=0)
    rest = PAD_TO - 3
    assert batch["input_ids"].tolist() == [[5, 6, 7] + [0] * rest, [8, 0, 0] + [0] * rest]
    assert batch["labels"].tolist() == [[-100, 6, 7] + [-100] * rest, [8] + [-100] * (rest + 2)]


@pytest.mark.parametrize("make", [trainable_llasa, trainable_orpheus])
def test_noise_leaves_texts_marks_and_codebooks_as_they_are(make):
    lm = make(load_codec_sizes(16), hidden_size=64, num_layers=1)
    ids = torch.arange(len(lm.tokenizer)).repeat(50, 1)
    noisy = lm._noisy(ids)
    before, after = ids - lm.first_code, noisy - lm.first_code
    assert torch.equal(noisy[before < 0], ids[before < 0])
    assert torch.equal(before.div(16, rounding_mode="floor"), after.div(16, rounding_mode="floor"))
    changed = (after != before)[before >= 0].float().mean().item()
    assert changed == pytest.approx(CODE_NOISE * 15 / 16, abs=0.05)


def test_held_out_losses_are_without_noise():
    lm = trainable_llasa(load_codec_sizes(16), hidden_size=64, num_layers=1)
    lm.model.eval()
    example = TrainingExample(*[[lm.first_code + code for code in range(16)]] * 2)
    assert lm.loss([example]).item() == lm.loss([example]).item()
    lm.model.train()
    assert lm.loss([example]).item() != lm.loss([example]).item()


def test_compiled_layers_say_the_same_under_the_same_names(monkeypatch):
    # In bfloat16, which a processor with tiles multiplies in, fused layers round elsewhere.
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    lm = trainable_llasa(load_codec_sizes(16), hidden_size=64, num_layers=1)
    lm.model.eval()
    example = TrainingExample(*[[lm.first_code + code for code in range(16)]] * 2)
    plain, names = lm.loss([example]).item(), list(lm.model.state_dict())
    lm.compile()
    assert lm.loss([example]).item() == pytest.approx(plain, rel=1e-5)
    assert lm.loss([example] * 3).item() == pytest.approx(plain, rel=1e-5)  # of another shape
    assert list(lm.model.state_dict()) == names


def test_without_a_compiler_layers_run_as_they_are(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    lm = trainable_llasa(load_codec_sizes(16), hidden_size=64, num_layers=1)
    lm.compiled = [None]  # which has no `compile`
    lm.compile()


def test_products_are_in_bfloat16_where_that_is_faster(monkeypatch):
    def dtype():
        with fast_products(torch.device("cpu")):
            return (torch.ones(2, 2) @ torch.ones(2, 2)).dtype

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    assert dtype() is torch.bfloat16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert dtype() is torch.float32


def test_a_saved_model_carries_checksums_and_provenance(tmp_path):
    from transformers import LlamaForCausalLM

    from selfverify.pretraining.lm import mini_llama_config

    corpus = tmp_path / "000.parquet"
    corpus.write_bytes(b"rows")
    folder = tmp_path / "model"
    model = LlamaForCausalLM(mini_llama_config(40, hidden_size=64, num_layers=1))
    model.save_pretrained(folder)
    write_card(model, folder, state=TrainState(), command=["/x/train.py"], corpus=[corpus])
    verify_checkpoint(folder)
    assert {"config.json", "model.safetensors", "training.json"} <= set(read_checksums(folder))


@pytest.fixture
def start(tmp_path):
    """A mini Llasa of two layers, to start others from."""
    torch.manual_seed(0)
    lm = trainable_llasa(load_codec_sizes(16), hidden_size=64, num_layers=2)
    lm.model.save_pretrained(tmp_path)
    lm.tokenizer.save_pretrained(tmp_path)
    return lm, tmp_path


def load_codec_sizes(codebook_size):
    return SimpleNamespace(codebook_size=codebook_size, frame_rate=12.5)


def test_added_layers_change_nothing_at_first(start):
    source, folder = start
    deeper = trainable_llasa(load_codec_sizes(16), hidden_size=64, num_layers=5)
    start_from(deeper, folder)
    ids = torch.arange(len(source.tokenizer))[None]
    torch.testing.assert_close(deeper.model(ids).logits, source.model(ids).logits)


def test_another_system_takes_layers_and_letters_over(start):
    source, folder = start
    orpheus = trainable_orpheus(load_codec_sizes(16), hidden_size=64, num_layers=2)
    before = orpheus.text_embedding.weight.detach().clone()
    start_from(orpheus, folder)
    letter, own = (orpheus.tokenizer.get_vocab()[token] for token in ("q", "<custom_token_9>"))
    known = source.text_embedding.weight[source.tokenizer.get_vocab()["q"]]
    assert torch.equal(orpheus.text_embedding.weight[letter], known)
    assert torch.equal(orpheus.text_embedding.weight[own], before[own])
    for ours, theirs in zip(orpheus.decoder.layers, source.decoder.layers, strict=True):
        assert torch.equal(ours.mlp.up_proj.weight, theirs.mlp.up_proj.weight)


def test_a_csm_goes_on_whatever_codec_its_class_held(tmp_path, monkeypatch):
    make_system("csm", tmp_path)
    monkeypatch.setitem(csm.UNUSED_CODEC, "hidden_size", 64)
    monkeypatch.setitem(csm.UNUSED_CODEC, "upsample_groups", 64)
    config = CsmForConditionalGeneration.from_pretrained(tmp_path).config.codec_config
    codec = SimpleNamespace(model=SimpleNamespace(config=config))
    other = csm.TrainableCsm(codec, hidden_size=64, num_layers=1)  # type: ignore[arg-type]
    start_from(other, tmp_path)
    kept = CsmForConditionalGeneration.from_pretrained(tmp_path, dtype=torch.float32)
    for name, weight in kept.named_parameters():
        if not name.startswith("codec_model."):
            assert torch.equal(other.model.get_parameter(name), weight), name


def test_a_csm_does_not_keep_where_its_codec_was():
    codec = MimiConfig(_name_or_path="/home/somebody/mimi", num_quantizers=2)
    lm = csm.TrainableCsm(
        SimpleNamespace(model=SimpleNamespace(config=codec)),  # type: ignore[arg-type]
        hidden_size=64,
        num_layers=1,
    )
    assert "/home/somebody" not in lm.model.config.to_json_string()
