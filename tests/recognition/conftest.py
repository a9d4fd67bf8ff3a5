"""What the tests of recognisers share: Whisper's weights as the workflow makes them, clips."""

import numpy as np
import pytest

from selfverify.asr.conversion import bundled_model_folder, convert_to_openai


@pytest.fixture(scope="session")
def whisper_checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("asr") / "tiny.en.pt"
    convert_to_openai(bundled_model_folder() / "model.bin", path)
    return path


@pytest.fixture(scope="session")
def clips(speech):
    """A sentence, its beginning, its end, part of it twice, and under noise: no two as long."""
    _, audio = speech
    half = len(audio) // 2
    noise = np.random.default_rng(0).normal(0, 0.01, half + 5000).astype(np.float32)
    twice = np.concatenate([audio[:-4000], audio[half:]])
    return [audio, audio[:half], audio[half - 3000 :], twice, audio[: half + 5000] + noise]
