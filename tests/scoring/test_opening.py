"""Any kind of file to one channel at one rate, and to what a recogniser is shown of it."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile as sf
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from selfverify.audio import voice_activity
from selfverify.audio.samples import RECOGNISER_RATE as RATE
from selfverify.audio.samples import rms_db
from selfverify.errors import InputError
from selfverify.scoring import opening, preparation
from selfverify.scoring.opening import open_audio
from selfverify.scoring.preparation import EDGE_S, MARGIN_S, PEAK, prepare
from selfverify.scoring.rows import read_record

FFMPEG = {"m4a": ("aac", 44_100), "webm": ("libopus", 48_000), "aac": ("aac", 44_100)}


def encode(path: Path, audio: np.ndarray) -> Path:
    """Writes a file of a kind that libsndfile does not read."""
    codec, rate = FFMPEG[path.suffix[1:]]
    with av.open(str(path), "w", format="adts" if path.suffix == ".aac" else None) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        samples = soxr.resample(audio, RATE, rate).astype(np.float32)
        whole = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        whole.sample_rate = rate
        context = stream.codec_context
        split = av.AudioResampler(context.format, "mono", rate, context.frame_size or None)
        for frame in (*split.resample(whole), *split.resample(None), None):
            container.mux(stream.encode(frame))
    return path


@pytest.mark.parametrize("suffix", FFMPEG)
def test_files_of_phones_and_browsers_are_opened(tmp_path, speech, suffix):
    opened = open_audio(encode(tmp_path / f"clip.{suffix}", speech[1]))
    assert opened.duration_s == pytest.approx(len(speech[1]) / RATE, abs=0.1)
    assert opened.rms_db == pytest.approx(rms_db(speech[1]), abs=0.5)
    # A lossy codec may ring beyond full scale, which is noted too.
    assert f"resampled from {FFMPEG[suffix][1]} Hz" in opened.preparation.split("; ")


@pytest.mark.parametrize("suffix", FFMPEG)
def test_a_reference_may_be_of_any_kind_that_audio_may_be(tmp_path, speech, suffix):
    name = encode(tmp_path / f"clip.{suffix}", speech[1]).name
    row = read_record(1, {"audio": name, "text": "Yes.", "reference_audio": name}, tmp_path)
    assert row.expected_s == open_audio(tmp_path / name).duration_s


@pytest.mark.parametrize("suffix", [*FFMPEG, "ogg", "flac", "mp3"])
def test_half_of_a_file_is_refused_and_not_judged(tmp_path, speech, suffix):
    whole, half = tmp_path / f"whole.{suffix}", tmp_path / f"half.{suffix}"
    if suffix in FFMPEG:
        encode(whole, speech[1])
    else:
        sf.write(whole, speech[1], RATE)
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InputError, match=r"cut short|unreadable"):
        open_audio(half)


@pytest.mark.parametrize("content", [b"", b"no audio", b"<html></html>" * 100])
def test_what_is_no_audio_is_refused(tmp_path, content):
    (tmp_path / "clip.m4a").write_bytes(content)
    with pytest.raises(InputError, match="unreadable"):
        open_audio(tmp_path / "clip.m4a")


def test_the_row_says_what_was_done_to_a_file(tmp_path, speech):
    x = soxr.resample(speech[1], RATE, 8_000)
    x = 2.0 * x / np.abs(x).max()
    sf.write(tmp_path / "clip.wav", np.stack([0.5 * x, -x], 1), 8_000, subtype="FLOAT")
    assert open_audio(tmp_path / "clip.wav").preparation.split("; ") == [
        "mean of 2 channels",
        "resampled from 8000 Hz",
        "6.0 dB beyond full scale, lowered",
    ]
    sf.write(tmp_path / "clip.wav", np.stack([x, -x], 1) / 2, 8_000, subtype="FLOAT")
    assert "channel 1 of 2 alone" in open_audio(tmp_path / "clip.wav").preparation


@pytest.mark.parametrize("rate", [8_000, RATE, 44_100])
def test_blocks_make_what_the_whole_file_makes(tmp_path, monkeypatch, rate, rng):
    x = (0.1 * rng.standard_normal(3 * rate)).astype(np.float32)
    sf.write(tmp_path / "clip.wav", x, rate, subtype="FLOAT")
    monkeypatch.setattr("selfverify.scoring.decoding.BLOCK", 1_000)
    opened = open_audio(tmp_path / "clip.wav")
    expected = x if rate == RATE else soxr.resample(x, rate, RATE)
    np.testing.assert_allclose(opened.audio, expected, atol=1e-4)
    assert opened.rms_db == pytest.approx(rms_db(x), abs=1e-4)


def test_of_an_endless_file_the_first_part_is_heard_and_all_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "MAX_HEARD_S", 2.0)
    sf.write(tmp_path / "clip.wav", np.full(5 * RATE, 0.1), RATE)
    opened = open_audio(tmp_path / "clip.wav")
    assert (len(opened.audio), opened.duration_s) == (2 * RATE, 5.0)
    assert opened.preparation == "the first 2 s heard alone"


@settings(max_examples=15, deadline=None)
@given(before=st.integers(0, 3 * RATE), after=st.integers(0, 3 * RATE), exponent=st.integers(-6, 0))
def test_silence_around_and_gain_change_nothing_that_is_heard(speech, before, after, exponent):
    audio = speech[1]
    shown, speech_s = prepare(audio)
    # Powers of two, since those alone scale floats exactly.
    other, other_s = prepare(np.pad(audio, (before, after)) * np.float32(2.0**exponent))
    np.testing.assert_array_equal(shown, other)
    assert speech_s == other_s


def test_voice_activity_is_asked_as_the_study_asks():
    assert preparation.VOICE == voice_activity._OPTIONS


def test_noise_after_speech_is_not_heard(speech, rng):
    audio = speech[1] / np.abs(speech[1]).max()
    # 34 dB below the peak: above what passes for silence.
    noise = 0.02 * rng.standard_normal(3 * RATE)
    shown, _ = prepare(np.concatenate([audio, noise]).astype(np.float32))
    assert len(shown) / RATE < len(audio) / RATE + MARGIN_S


def test_what_is_shown_of_silence_noise_and_one_sample(rng):
    for silence in (0.0, 1e-40):  # which no factor in float32 brings to `PEAK`
        found = prepare(np.full(RATE, silence, np.float32))
        assert found == (pytest.approx(np.zeros(0)), 0.0)
    noise = rng.standard_normal(RATE).astype(np.float32)
    assert prepare(noise)[1] == 0.0
    assert len(prepare(np.ones(1, np.float32))[0]) == 2 * round(EDGE_S * RATE) + 1
    assert np.abs(prepare(noise)[0]).max() == pytest.approx(PEAK)


@pytest.mark.parametrize(
    ("peak", "shown"), [(1.001, "less than 0.1 dB"), (2.0, "6.0 dB"), (2.0**23, "138.5 dB")]
)
def test_how_far_a_file_is_beyond_full_scale_is_said(tmp_path, peak, shown):
    tone = peak * np.sin(np.linspace(0, 2_000, RATE))
    sf.write(tmp_path / "clip.wav", tone / np.abs(tone).max() * peak, RATE, subtype="FLOAT")
    assert f"{shown} beyond full scale" in open_audio(tmp_path / "clip.wav").preparation
