"""Moonshine's own decoder: clips in a batch are heard as if each were alone."""

import numpy as np
import onnxruntime
import pytest
import torch

from selfverify.asr import load_recogniser, locate_model
from selfverify.asr.base import NOTHING_HEARD
from selfverify.asr.moonshine_decoder import quantise

MODEL = "package:moonshine_voice/assets/tiny-en"


@pytest.fixture(scope="module")
def recogniser():
    return load_recogniser("moonshine", MODEL, batch_size=8)


@pytest.fixture(scope="module")
def alone(recogniser, clips):
    return [recogniser.transcribe([clip])[0] for clip in clips]


def test_a_batch_hears_what_each_clip_says_alone(recogniser, clips, alone):
    together = recogniser.transcribe(clips)
    assert [heard.text for heard in together] == [heard.text for heard in alone]
    found = [heard.avg_logprob for heard in together]
    assert found == pytest.approx([heard.avg_logprob for heard in alone], abs=0.1)


def test_batches_leave_the_order_and_what_is_too_short_alone(recogniser, clips, alone):
    nothing = np.zeros(1000, np.float32)
    heard = recogniser.transcribe([clips[3], nothing, *clips[:3]])
    assert heard[1] == NOTHING_HEARD
    assert [h.text for h in heard if h != NOTHING_HEARD] == [alone[i].text for i in (3, 0, 1, 2)]


def test_a_loop_ends_at_its_own_limit_and_not_at_its_neighbours(recogniser, clips):
    states = [recogniser._encode(clip) for clip in clips[:2]]
    short, whole = recogniser._write(states, [3, 60])
    assert len(short[0]) == len(short[1]) == 3
    assert 3 < len(whole[0]) < 60


@torch.inference_mode()
def test_logits_are_those_of_onnxruntime(recogniser, clips):
    states = [recogniser._encode(clip) for clip in clips]
    wanted = _first_logits(states)
    first = torch.ones(len(clips), dtype=torch.long)
    found, _ = recogniser.decoder.step(first, recogniser.decoder.start(states))
    # Float noise; more, where it moves a value over the border between two levels.
    assert (found - wanted).abs().amax(dim=1).median() < 1e-3
    assert (found - wanted).abs().max() < 1.0
    assert torch.equal(found.argmax(dim=1), wanted.argmax(dim=1))


def _first_logits(states):
    """What the decoder in the wheel says to the first token, one clip at a time."""
    session = onnxruntime.InferenceSession(f"{locate_model(MODEL)}/decoder_model_merged.ort")
    nothing = {
        i.name: np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32)
        for i in session.get_inputs()
        if i.name.startswith("past")
    }
    rows = []
    for clip in states:
        feed = {
            "input_ids": np.array([[1]]),
            "use_cache_branch": np.array([False]),
            "encoder_hidden_states": clip[None].numpy(),
            "encoder_attention_mask": np.ones((1, len(clip) * 400), np.int64),
        }
        logits = np.asarray(session.run(["logits"], feed | nothing)[0])
        rows.append(torch.from_numpy(logits[0, -1]))
    return torch.stack(rows)


def test_levels_are_a_clips_own_and_zeros_after_it_change_nothing():
    rng = torch.Generator().manual_seed(0)
    clips = torch.randn(2, 5, 8, generator=rng) * torch.tensor([1.0, 9.0])[:, None, None]
    both, scales = quantise(clips, 2)
    for i in range(2):
        padded = torch.cat([clips[i], torch.zeros(3, 8)])[None]
        whole, scale = quantise(padded, 2)
        assert torch.equal(whole[0, :5], both[i])
        assert scale.item() == scales[i].item()
        torch.testing.assert_close(whole[0, :5] * scale[0], clips[i], atol=scale.item(), rtol=0)


def test_silence_has_levels_too():
    whole, scale = quantise(torch.zeros(1, 4), 1)
    assert not whole.any()
    assert scale.item() == 1.0
