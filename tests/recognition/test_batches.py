"""Moonshine: clips in a batch are heard as if each were alone, and as the wheel hears them."""

import numpy as np
import onnxruntime
import pytest
import torch
from transformers.models.moonshine.modeling_moonshine import MoonshineEncoderModelOutput

from selfverify.asr import load_recogniser, locate_model
from selfverify.asr.base import NOTHING_HEARD

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
    assert found == pytest.approx([heard.avg_logprob for heard in alone], abs=1e-3)


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
def test_states_and_logits_are_those_of_onnxruntime_but_for_its_rounding(recogniser, clips):
    for clip in clips:
        states = recogniser._encode(clip)
        assert _correlation(states, _states_of_the_wheel(clip)) > 0.995
        heard = MoonshineEncoderModelOutput(states[None])
        step = recogniser.model(encoder_outputs=heard, decoder_input_ids=torch.ones(1, 1).long())
        found, wanted = step.logits[0, -1], _first_logits_of_the_wheel(states)
        assert _correlation(found, wanted) > 0.995
        assert found.argmax() == wanted.argmax()


def _correlation(one, other):
    return np.corrcoef(one.flatten().numpy(), other.flatten().numpy())[0, 1]


def _states_of_the_wheel(clip):
    session = onnxruntime.InferenceSession(f"{locate_model(MODEL)}/encoder_model.ort")
    feed = {"input_values": clip[None], "attention_mask": np.ones((1, len(clip)), np.int64)}
    return torch.from_numpy(np.asarray(session.run(None, feed)[0][0]))


def _first_logits_of_the_wheel(states):
    session = onnxruntime.InferenceSession(f"{locate_model(MODEL)}/decoder_model_merged.ort")
    nothing = {
        i.name: np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32)
        for i in session.get_inputs()
        if i.name.startswith("past")
    }
    feed = {
        "input_ids": np.array([[1]]),
        "use_cache_branch": np.array([False]),
        "encoder_hidden_states": states[None].numpy(),
        "encoder_attention_mask": np.ones((1, len(states) * 400), np.int64),
    }
    return torch.from_numpy(np.asarray(session.run(["logits"], feed | nothing)[0])[0, -1])
