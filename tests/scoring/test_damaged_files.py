"""Files and tables as people have them: cancelled channels, open headers, stray quotes."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import soundfile as sf

from selfverify.errors import InputError
from selfverify.scoring.manifest import read_manifest
from selfverify.scoring.opening import Opened, open_audio

RATE = 16000
TONE = (0.3 * np.sin(np.arange(RATE) / 9)).astype(np.float32)


def wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    sf.write(file, samples, RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


def with_sizes(data: bytes, riff: bytes, samples: bytes) -> bytes:
    at = data.index(b"data")
    return data[:4] + riff + data[8 : at + 4] + samples + data[at + 8 :]


@pytest.fixture
def opened(tmp_path) -> Callable[[bytes], Opened]:
    """What a file of these bytes is opened as."""

    def write_and_open(data: bytes) -> Opened:
        (tmp_path / "clip").write_bytes(data)
        return open_audio(tmp_path / "clip")

    return write_and_open


def test_channels_that_cancel_out_leave_the_loudest(opened):
    audio = opened(wav(np.stack([0.5 * TONE, -TONE, 0.5 * TONE], axis=1))).audio
    np.testing.assert_allclose(audio, -TONE, atol=1e-6)


@pytest.mark.parametrize("num_channels", [2, 6, 8])
def test_one_voiced_channel_among_silent_ones_is_averaged_as_ever(opened, num_channels):
    samples = np.zeros((RATE, num_channels), np.float32)
    samples[:, 0] = TONE
    np.testing.assert_allclose(opened(wav(samples)).audio, TONE / num_channels, atol=1e-6)


@pytest.mark.parametrize("size", [bytes(4), b"\xff\xff\xff\xff"])
def test_a_header_that_was_never_closed_is_read_to_the_end(opened, size):
    audio = opened(with_sizes(wav(TONE), size, size)).audio
    np.testing.assert_allclose(audio, TONE, atol=1e-6)


def test_a_file_without_samples_that_says_so_has_none(opened):
    assert len(opened(wav(TONE[:0])).audio) == 0


def test_a_file_cut_short_is_refused(opened):
    with pytest.raises(InputError, match="cut short: 63000 of 64000 bytes"):
        opened(wav(TONE)[:-1000])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "whole.wav").write_bytes(wav(TONE))
    return tmp_path


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1e"])
def test_a_separator_within_a_text_ends_no_line(folder, separator):
    line = '{"audio": "whole.wav", "text": "%s"}\n'
    text = line % f"Yes.{separator}No." + line % "Yes."
    (folder / "m.jsonl").write_text(text, encoding="utf-8")
    rows, bad = read_manifest(folder / "m.jsonl")
    # JSON itself forbids the control characters below U+0020 unescaped: one bad row, not two.
    assert len(rows) + len(bad) == 2
    assert rows[-1].row == 2
    assert bool(bad) == (separator < " ")


@pytest.mark.parametrize("last", ["See you soon.", '"Soon, or later."', '"Soon."'])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quote_that_is_not_closed_costs_its_own_row_alone(folder, last, end):
    texts = ["Hello there.", '"She said hello.', "How are you?", last]
    lines = ["audio,text", *(f"whole.wav,{text}" for text in texts)]
    (folder / "m.csv").write_bytes(end.join([*lines, ""]).encode())
    rows, bad = read_manifest(folder / "m.csv")
    assert [row.row for row in rows] == [1, 3, 4]
    assert [(row.row, "quote" in row.reason) for row in bad] == [(2, True)]


def test_a_quoted_text_of_two_lines_is_one_row(folder):
    (folder / "m.csv").write_text('audio,text\nwhole.wav,"One\ntwo ""three"""\nwhole.wav,Four\n')
    rows, bad = read_manifest(folder / "m.csv")
    assert [row.text for row in rows] == ['One\ntwo "three"', "Four"]
    assert not bad
