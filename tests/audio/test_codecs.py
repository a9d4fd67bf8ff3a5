"""Contract of the codecs: trained mini codecs, and the same classes with random weights."""

import shutil

import numpy as np
import pytest

from repository import CHECKPOINTS
from selfverify.adapters import CODECS
from selfverify.audio.voice_activity import speech_seconds
from selfverify.codecs import load_codec
from selfverify.codecs.base import pad_to_frames
from selfverify.codecs.xcodec2 import semantic_features
from selfverify.errors import InputError
from selfverify.pretraining import TRAINABLE_CODECS
from tiny import make_codec

TRAINED = {"mini-xcodec2": "xcodec2", "mini-snac": "snac", "mini-mimi": "mimi"}


@pytest.fixture(
    scope="module", params=[*TRAINED, *(f"random-{name}" for name in sorted(TRAINABLE_CODECS))]
)
def codec(request, tmp_path_factory):
    if request.param in TRAINED:
        return load_codec(TRAINED[request.param], CHECKPOINTS / request.param)
    adapter = request.param.removeprefix("random-")
    return load_codec(adapter, make_codec(adapter, tmp_path_factory.mktemp(adapter)))


@pytest.fixture(scope="module", params=TRAINED)
def trained(request):
    return load_codec(TRAINED[request.param], CHECKPOINTS / request.param)


@pytest.fixture(scope="module")
def codes(codec):
    """Ten frames of codes that leave none of the codebooks' ends out."""
    rng = np.random.default_rng(0)
    codes = rng.integers(codec.codebook_size, size=(codec.num_codebooks, 10))
    codes[:, 0], codes[:, -1] = 0, codec.codebook_size - 1
    return codes


def test_frames_cover_the_audio(trained, speech):
    codes = trained.encode(speech[1])
    frames = len(speech[1]) / trained.sample_rate * trained.frame_rate
    assert codes.shape == (trained.num_codebooks, int(np.ceil(frames)))
    assert trained.is_valid(codes)


def test_resynthesis_is_speech_as_long_as_the_original(trained, speech):
    (audio,) = trained.decode([trained.encode(speech[1])])
    original = speech_seconds(speech[1], trained.sample_rate)
    assert speech_seconds(audio, trained.sample_rate) == pytest.approx(original, rel=0.25)


def test_many_codes_are_in_use(trained, speech):
    for row in trained.encode(speech[1]):
        assert len(np.unique(row)) > 0.3 * min(len(row), trained.codebook_size)


def test_decoded_audio_has_the_length_of_its_frames(codec, codes):
    (audio,) = codec.decode([codes])
    assert len(audio) == codec.duration_s(codes.shape[1]) * codec.sample_rate
    assert audio.dtype == np.float32


def test_an_utterance_decodes_the_same_alone_and_among_others(codec, codes):
    shorter, nothing = codes[:, :4], codes[:, :0]
    alone = codec.decode([shorter])[0]
    among = codec.decode([codes, shorter, nothing, shorter])
    hop = codec.sample_rate / codec.frame_rate
    assert [len(audio) for audio in among] == [10 * hop, 4 * hop, 0, 4 * hop]
    np.testing.assert_allclose(among[1], alone, atol=1e-5)
    np.testing.assert_allclose(among[3], alone, atol=1e-5)


def test_decoding_is_repeatable_to_the_bit(codec, codes):
    first, second = codec.decode([codes])[0], codec.decode([codes])[0]
    assert first.tobytes() == second.tobytes()


def test_every_codebook_is_heard(codec, codes):
    (audio,) = codec.decode([codes])
    for row in range(codec.num_codebooks):
        changed = codes.copy()
        changed[row] = (changed[row] + codec.codebook_size // 2) % codec.codebook_size
        assert np.abs(codec.decode([changed])[0] - audio).max() > 1e-6, row


@pytest.mark.parametrize("wrong", [-1, "size"])
def test_codes_out_of_range_are_refused(codec, codes, wrong):
    codes = codes.copy()
    codes[-1, 3] = codec.codebook_size if wrong == "size" else wrong
    assert not codec.is_valid(codes)
    with pytest.raises(ValueError, match="codes outside 0"):
        codec.decode([codes])


def test_snacs_levels_keep_the_order_of_time(tmp_path):
    """Two frames written by hand: row 0 is level 0, rows 1 and 2 level 1, rows 3 to 6 level 2."""
    snac = load_codec("snac", make_codec("snac", tmp_path))
    codes = np.array([[0, 10], [1, 11], [2, 12], [3, 13], [4, 14], [5, 15], [6, 16]])
    levels = [[0, 10], [1, 2, 11, 12], [3, 4, 5, 6, 13, 14, 15, 16]]
    assert [level.tolist() for level in snac.levels(codes)] == levels


def test_unknown_codec_names_those_there_are():
    with pytest.raises(ValueError, match=f"there are: {', '.join(sorted(CODECS))}"):
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
