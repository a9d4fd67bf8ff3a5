"""Whisper with OpenVINO's encoder beside OpenAI's own."""

import sys

import numpy as np
import pytest
import torch
import whisper

from selfverify.asr import load_recogniser
from selfverify.errors import InputError


@pytest.fixture(scope="module")
def recogniser(whisper_checkpoint):
    return load_recogniser("openvino-whisper", whisper_checkpoint, batch_size=3, padding_s=12.0)


@pytest.fixture(scope="module")
def original(whisper_checkpoint):
    return load_recogniser("openai-whisper", whisper_checkpoint, batch_size=3, padding_s=12.0)


def test_transcripts_are_those_of_openai_whisper(recogniser, original, clips):
    found, wanted = recogniser.transcribe(clips), original.transcribe(clips)
    assert [heard.text for heard in found] == [heard.text for heard in wanted]
    np.testing.assert_allclose(
        [heard.avg_logprob for heard in found], [heard.avg_logprob for heard in wanted], atol=1e-3
    )


@pytest.mark.parametrize("window_s", [13, 30])
def test_the_encoder_takes_any_window_in_full_precision(recogniser, original, clips, window_s):
    mel = torch.stack(
        [whisper.log_mel_spectrogram(whisper.pad_or_trim(c, window_s * 16_000)) for c in clips[:2]]
    )
    with torch.inference_mode(), original._encoder_of(window_s):
        wanted = original.model.encoder(mel)
        found = recogniser.model.encoder(mel)
    # bfloat16 would be off by a hundred times as much.
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-3)


def test_a_gpu_is_refused_and_what_serves_it_is_named(whisper_checkpoint):
    with pytest.raises(InputError, match="runs on cpu, not cuda; take openai-whisper"):
        load_recogniser("openvino-whisper", whisper_checkpoint, device="cuda")


def test_a_missing_package_is_named_with_its_cure(whisper_checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InputError, match="package openvino is not installed; `make all`"):
        load_recogniser("openvino-whisper", whisper_checkpoint)
