"""Files and tables as people have them: cancelled channels, open headers, stray quotes."""

import io
import json
from collections.abc import Callable

import numpy as np
import pytest
import soundfile as sf

from selfverify import score_clip
from selfverify.errors import InputError
from selfverify.scoring import run
from selfverify.scoring.hearing import Heard
from selfverify.scoring.manifest import read_manifest
from selfverify.scoring.opening import Opened, open_audio
from selfverify.scoring.rows import read_record

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


def test_channels_whose_mean_is_too_large_are_refused(opened):
    with pytest.raises(InputError, match="no finite numbers"):
        opened(wav(np.full((RATE, 2), 3e38, np.float32)))


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


WHOLE = {"audio": "whole.wav", "text": "Yes."}
LONG = f"{'x' * 300}.wav"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"text": "Yes \ud83d"}, "text 'Yes \\ud83d' is not UTF-8; write it again"),
        ({"id": "\ud83d"}, "id '\\ud83d' is not UTF-8; write it again"),
        ({"system": "\ud83d"}, "system '\\ud83d' is not UTF-8; write it again"),
        ({"spoken": ["Yes", "\ud83d"]}, "spoken '\\ud83d' is not UTF-8; write it again"),
        ({"audio": "\udcff.wav"}, "audio '\\udcff.wav' is not UTF-8; rename the file"),
        ({"audio": LONG}, "cannot be read: File name too long"),
        ({"reference_audio": LONG}, "no number of seconds above 0: cannot be read: File name too"),
        ({"reference_audio": "."}, "no number of seconds above 0: no such file"),
        ({"spoken": {"a": "b"}}, "spoken is dict, not a string"),
        ({"spoken": [["a"]]}, "spoken is list, not a string"),
    ],
)
def test_a_cell_that_is_no_text_or_file_costs_its_own_row_alone(folder, cells, reason):
    lines = [json.dumps(row) + "\n" for row in (WHOLE | cells, WHOLE)]
    (folder / "m.jsonl").write_text("".join(lines))
    rows, bad = read_manifest(folder / "m.jsonl", trust_language=False)
    assert [row.row for row in rows] == [2]
    assert [(row.row, reason in row.reason) for row in bad] == [(1, True)]
    assert all(f"{row.audio}{row.reason}".encode() for row in bad)  # any file and page can hold it


@pytest.mark.parametrize("spoken", [None, float("nan"), "", [], [None, float("nan"), " "]])
def test_a_missing_reading_is_none(folder, spoken):
    assert read_record(1, WHOLE | {"spoken": spoken}, folder).readings == ("Yes.",)


def test_a_string_given_as_spoken_is_one_reading(folder, monkeypatch):
    heard = Heard("key", 1.0, 1.0, -20.0, "half past ten")
    monkeypatch.setattr(run, "_hear", lambda *_: ([{1: heard}], []))
    assert score_clip(folder / "whole.wav", "Zebra", spoken="half past ten")["cer"] == 0.0


def test_a_path_that_is_not_utf_8_is_scored_by_itself(folder, monkeypatch):
    heard = Heard("key", 1.0, 1.0, -20.0, "yes")
    monkeypatch.setattr(run, "_hear", lambda *_: ([{1: heard}], []))
    path = (folder / "whole.wav").rename(folder / "\udcff.wav")
    assert score_clip(path, "Yes.")["cer"] == 0.0
