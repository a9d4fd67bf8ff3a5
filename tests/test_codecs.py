"""Contract of the codecs, on the trained mini codecs."""

import shutil

import numpy as np
import pytest

from conftest import CHECKPOINTS
from selfverify.adapters import CODECS
from selfverify.codecs import load_codec
from selfverify.codecs.xcodec2 import pad_to_frames, semantic_features
from selfverify.errors import InputError
from selfverify.vad import speech_seconds


@pytest.fixture(scope="module", params=["mini-xcodec2"])
def codec(request, params):
    settings = params["tracks"]["mini"]["codecs"][request.param]
    return load_codec(settings["adapter"], CHECKPOINTS / request.param)


@pytest.fixture(scope="module")
def codes(codec, speech):
    return codec.encode(speech[1])


def test_frames_cover_the_audio(codec, codes, speech):
    frames = len(speech[1]) / codec.sample_rate * codec.frame_rate
    assert codes.shape == (codec.num_codebooks, int(np.ceil(frames)))
    assert codec.is_valid(codes)


def test_decoded_audio_has_the_length_of_its_frames(codec, codes):
    (audio,) = codec.decode([codes])
    assert len(audio) == codec.duration_s(codes.shape[1]) * codec.sample_rate
    assert audio.dtype == np.float32


def test_resynthesis_is_speech_as_long_as_the_original(codec, codes, speech):
    (audio,) = codec.decode([codes])
    original = speech_seconds(speech[1], codec.sample_rate)
    assert speech_seconds(audio, codec.sample_rate) == pytest.approx(original, rel=0.25)


def test_many_codes_are_in_use(codes):
    assert len(np.unique(codes)) > 0.4 * codes.size


def test_an_utterance_decodes_the_same_alone_and_among_others(codec, codes):
    shorter = codes[:, :40]
    alone = codec.decode([shorter])[0]
    among = codec.decode([codes, shorter, np.zeros((1, 0), int), shorter])
    assert [len(audio) for audio in among] == [len(codes[0]) * 320, 40 * 320, 0, 40 * 320]
    np.testing.assert_allclose(among[1], alone, atol=1e-5)
    np.testing.assert_allclose(among[3], alone, atol=1e-5)


def test_decoding_is_repeatable_to_the_bit(codec, codes):
    first, second = codec.decode([codes])[0], codec.decode([codes])[0]
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("wrong", [-1, "size"])
def test_codes_out_of_range_are_refused(codec, wrong):
    value = codec.codebook_size if wrong == "size" else wrong
    codes = np.array([[0, value]])
    assert not codec.is_valid(codes)
    with pytest.raises(ValueError, match="codes outside 0"):
        codec.decode([codes])


def test_unknown_codec_names_those_there_are():
    with pytest.raises(ValueError, match=f"There are: {', '.join(sorted(CODECS))}"):
        load_codec("encodec", CHECKPOINTS / "mini-xcodec2")


def test_a_missing_checkpoint_names_the_folder_and_the_cure(tmp_path):
    with pytest.raises(InputError, match="gone: no such checkpoint; restore it"):
        load_codec("xcodec2", tmp_path / "gone")


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_a_damaged_checkpoint_names_the_file(tmp_path, damage):
    folder = tmp_path / "codec"
    shutil.copytree(CHECKPOINTS / "mini-xcodec2", folder)
    weights = folder / "model.safetensors"
    if damage == "missing":
        weights.unlink()
    else:
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
    with pytest.raises(InputError, match=rf"model\.safetensors is {damage}"):
        load_codec("xcodec2", folder)


@pytest.mark.parametrize(("samples", "frames"), [(0, 1), (1, 1), (320, 1), (321, 2), (16_000, 50)])
def test_padding_fills_whole_frames(samples, frames):
    padded = pad_to_frames(np.ones(samples, np.float32), 320)
    assert len(padded) == frames * 320
    assert padded.sum() == samples


def test_one_feature_vector_per_frame(rng):
    audio = rng.normal(size=320 * 7).astype(np.float32)
    assert semantic_features(audio, 320).shape == (7, 160)
