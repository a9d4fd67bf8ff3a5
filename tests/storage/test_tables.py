import dataclasses

import numpy as np
import pandas as pd
import pytest

from selfverify.audio.clips import describe_clip
from selfverify.audio.samples import SILENCE_DB, decode_flac, encode_flac, rms_db
from selfverify.storage.records import Candidate, Clip, StopReason, Utterance
from selfverify.storage.tables import (
    atomic_path,
    read_records,
    read_shard,
    write_csv,
    write_records,
    write_table,
)

UTTERANCE = Utterance("u-1", "Hello.", ("Hello", "hullo"), "x", "standard", 1, 0.5)
CANDIDATE = Candidate("u-1", 0, 7, [3, 4], [[1, 2]], StopReason.EOS, 2, "abc")


def test_records_survive_the_file(tmp_path):
    write_records([CANDIDATE], tmp_path / "c.parquet")
    assert read_records(Candidate, tmp_path / "c.parquet") == [CANDIDATE]


def test_shards_are_even_and_lose_nothing(tmp_path):
    rows = [dataclasses.replace(UTTERANCE, utterance_id=f"u-{i}") for i in range(7)]
    write_records(rows, tmp_path / "u.parquet")
    parts = [read_shard(Utterance, tmp_path / "u.parquet", shard, 3) for shard in range(3)]
    assert [len(part) for part in parts] == [2, 2, 3]
    ids = [row.utterance_id for part in parts for row in part]
    assert ids == [row.utterance_id for row in rows]


def test_equal_rows_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_records([UTTERANCE], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_tables_are_plain_parquet_with_lists(tmp_path):
    write_records([UTTERANCE], tmp_path / "u.parquet")
    row = pd.read_parquet(tmp_path / "u.parquet").iloc[0]
    assert list(row["spoken"]) == ["Hello", "hullo"]


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    path = tmp_path / "deep" / "t.csv"
    with pytest.raises(RuntimeError, match="half way"), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("half way")
    assert list(path.parent.iterdir()) == []


def test_a_writer_that_fails_keeps_the_old_file(tmp_path):
    path = tmp_path / "t.csv"
    write_csv(pd.DataFrame({"k": [1]}), path)
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert path.read_text() == "k\n1\n"


def test_csv_numbers_have_six_digits(tmp_path):
    write_csv(pd.DataFrame({"rate": [1 / 3]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "rate\n0.333333\n"


def test_audio_column_is_what_hugging_face_datasets_reads(tmp_path, rng):
    flac = encode_flac(rng.uniform(-0.5, 0.5, 800).astype(np.float32), 16_000)
    write_table(pd.DataFrame({"audio": [{"bytes": flac, "path": None}]}), tmp_path / "a.parquet")
    (audio,) = pd.read_parquet(tmp_path / "a.parquet")["audio"]
    assert audio == {"bytes": flac, "path": None}


def test_flac_keeps_samples_to_sixteen_bits(rng):
    audio = rng.uniform(-1, 1, 1000).astype(np.float32)
    decoded, sample_rate = decode_flac(encode_flac(audio, 24_000))
    assert sample_rate == 24_000
    assert np.abs(decoded - audio).max() < 2**-14


def test_flac_clips_what_is_too_loud():
    decoded, _ = decode_flac(encode_flac(np.array([3.0, -3.0], np.float32), 16_000))
    assert decoded == pytest.approx([1.0, -1.0], abs=2**-14)


def test_flac_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no samples"):
        encode_flac(np.zeros(0, np.float32), 16_000)


def test_an_empty_candidate_has_no_audio_but_a_row(tmp_path):
    write_records(
        [describe_clip("u-1", 0, np.zeros(0, np.float32), 16_000)], tmp_path / "a.parquet"
    )
    (clip,) = read_records(Clip, tmp_path / "a.parquet")
    assert clip.audio is None
    assert (clip.duration_s, clip.speech_s, clip.rms_db) == (0.0, 0.0, SILENCE_DB)


@pytest.mark.parametrize(
    ("audio", "level"),
    [
        (np.ones(10), 0.0),
        (np.full(10, 0.1), -20.0),
        (np.zeros(10), SILENCE_DB),
        (np.zeros(0), SILENCE_DB),
    ],
)
def test_level_is_relative_to_full_scale(audio, level):
    assert rms_db(audio.astype(np.float32)) == pytest.approx(level, abs=1e-4)
