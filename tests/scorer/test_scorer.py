"""Failures made on purpose: what each is, and what of them needs no recogniser to be found."""

import numpy as np
import pandas as pd
import pytest
from scripts.results.sweep_thresholds import sweep
from scripts.scorer.corrupt_references import corrupt_references
from scripts.scorer.table_scorer import table_scorer

from outputs import table_files
from selfverify.audio.clips import describe_clip
from selfverify.errors import InputError
from selfverify.metric.content import content_error
from selfverify.metric.corruption import (
    KINDS,
    NOISE_DB,
    RUNAWAY_S,
    SPEED,
    Source,
    speech_span,
    word_boundaries,
)
from selfverify.metric.taxonomy import Evidence, judge
from selfverify.prompts.mini import make_prompt_set
from selfverify.storage.records import Clip, FailureMode
from selfverify.storage.tables import read_records, write_records
from thresholds import THRESHOLDS

RATE = 16_000
NUM_WORDS = 4


def beeps(num_words: int) -> Source:
    """Words of .3 s, each a tone of its own pitch, .1 s of silence between and around."""
    time = np.arange(round(0.3 * RATE)) / RATE
    gap = np.zeros(round(0.1 * RATE), np.float32)
    tones = [np.sin(2 * np.pi * 300 * (k + 1) * time).astype(np.float32) for k in range(num_words)]
    audio = np.concatenate([gap, *[part for tone in tones for part in (tone, gap)]])
    return Source(audio, RATE, ("word",) * num_words)


def test_word_boundaries_are_in_the_gaps():
    bounds = word_boundaries(beeps(NUM_WORDS)) / RATE
    assert bounds[0] == pytest.approx(0.1)
    assert bounds[-1] == pytest.approx(1.6)
    assert len(bounds) == NUM_WORDS + 1
    for k, bound in enumerate(bounds[1:-1]):
        assert bound == pytest.approx(0.45 + 0.4 * k, abs=0.051)


@pytest.mark.parametrize(
    ("kind", "duration_s"),
    [
        ("empty", 0.0),
        ("silence", 1.7),
        ("noise", 1.7),
        ("tail_cut_30", 1.15),
        ("tail_cut_50", 0.85),
        ("tail_cut_70", 0.55),
        ("runaway", RUNAWAY_S),
        ("other_inserted", 1.7 + 1.9),
        ("other_instead", 2.1),
        ("sped_up", 1.7 / SPEED),
    ],
)
def test_each_kind_lasts_as_long_as_it_should(kind, duration_s, rng):
    audio = KINDS[kind].corrupt(beeps(NUM_WORDS), beeps(5), rng)
    assert len(audio) / RATE == pytest.approx(duration_s, abs=0.01)


@pytest.mark.parametrize(("kind", "times"), [("phrase_twice", 2), ("phrase_four_times", 4)])
def test_a_repeated_phrase_has_three_words_and_nothing_else_moves(kind, times, rng):
    source = beeps(NUM_WORDS)
    audio = KINDS[kind].corrupt(source, source, rng)
    bounds = word_boundaries(source)
    added = {round((times - 1) * (bounds[k + 3] - bounds[k])) for k in (0, 1)}
    assert len(audio) - len(source.audio) in added
    start, end = speech_span(source.audio, RATE)
    assert (audio[:start] == source.audio[:start]).all()
    assert (audio[end - len(source.audio) :] == source.audio[end:]).all()


def test_noise_is_as_loud_as_it_says(rng):
    audio = KINDS["noise"].corrupt(beeps(NUM_WORDS), beeps(5), rng)
    assert describe_clip("u", 0, audio, RATE).rms_db == pytest.approx(NOISE_DB, abs=0.2)


UTTERANCES = make_prompt_set("standard", num_utterances=2, seed=1, conflict=lambda _: None)


@pytest.fixture
def corrupted(tmp_path, speech):
    """Two utterances of the mini voice, corrupted in every way: paths of prompts and audio."""
    clips = [describe_clip(u.utterance_id, 0, speech[1], RATE) for u in UTTERANCES]
    write_records(UTTERANCES, tmp_path / "prompts.parquet")
    write_records(clips, tmp_path / "references.parquet")
    corrupt_references(
        references=tmp_path / "references.parquet", prompts=tmp_path / "prompts.parquet",
        num_prompts=2, seed=1, output=tmp_path / "corrupted.parquet",
    )  # fmt: skip
    return tmp_path / "corrupted.parquet"


def judge_as_if_heard_right(clip: Clip):
    utterance = next(u for u in UTTERANCES if u.utterance_id == clip.utterance_id)
    error = content_error(utterance.spoken, utterance.spoken[0])
    return judge(
        Evidence(clip.stop_reason, clip.duration_s, clip.speech_s, utterance.expected_s, error,
                 clip.rms_db),
        THRESHOLDS,
    )  # fmt: skip


def test_empty_silent_and_endless_clips_fail_even_if_the_recogniser_writes_the_text(corrupted):
    kinds = pd.read_parquet(corrupted, columns=["kind"])["kind"]
    clips = read_records(Clip, corrupted)
    assert len(clips) == len(UTTERANCES) * len(KINDS)
    for kind, clip in zip(kinds, clips, strict=True):
        if kind in ("empty", "silence", "noise", "runaway"):
            assert judge_as_if_heard_right(clip).failure_mode in KINDS[kind].expected, kind
        if kind == "sped_up":
            assert judge_as_if_heard_right(clip).failure_mode is FailureMode.OK


def test_a_lone_utterance_has_no_other_to_be_swapped_with(corrupted, tmp_path):
    with pytest.raises(InputError, match="lower num_shards"):
        corrupt_references(
            references=tmp_path / "references.parquet", prompts=tmp_path / "prompts.parquet",
            num_prompts=1, seed=1, output=tmp_path / "again.parquet",
        )  # fmt: skip


def test_the_table_counts_what_is_flagged_and_what_is_named_right(corrupted, tmp_path):
    rows = pd.read_parquet(corrupted, columns=["utterance_id", "candidate_index", "kind"])
    modes = rows["kind"].map({"tail_cut_50": "early_termination", "runaway": "empty"}).fillna("ok")
    for prefix in ("", "verifier_"):
        rows[f"{prefix}failure_mode"] = modes
        rows[f"{prefix}is_catastrophic"] = modes != "ok"
    rows.drop(columns="kind").to_parquet(tmp_path / "verdicts.parquet")
    clean = rows[rows["kind"] == "sped_up"]
    clean.to_parquet(tmp_path / "clean.parquet")
    table_scorer(
        audio=[corrupted], corrupted=[tmp_path / "verdicts.parquet"],
        clean=[tmp_path / "clean.parquet"], files=table_files(tmp_path),
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "t.csv").query("recogniser == 'verifier'").set_index("kind")
    counts = table[["n", "flagged_k", "right_class_k"]]
    assert counts.loc["tail_cut_50"].tolist() == [2, 2, 2]
    assert counts.loc["runaway"].tolist() == [2, 2, 0]
    assert counts.loc["clean"].tolist() == [2, 0, 2]
    assert table.loc["clean", "flagged_high"] == pytest.approx(1 - 0.025**0.5)  # never [0, 0]
    assert "| verifier" in (tmp_path / "t.md").read_text()


def test_the_sweep_moves_content_alone_and_leaves_pipeline_errors_out():
    flags = {f"flag_{mode.value}": False for mode in FailureMode if mode is not FailureMode.OK}
    flags["verifier_flag_pipeline_error"] = False
    verdicts = pd.DataFrame(
        [
            {"utterance_id": "a", "cer": 0.55} | flags,
            {"utterance_id": "b", "cer": 0.1} | flags | {"flag_runaway": True},
            {"utterance_id": "c", "cer": 0.35} | flags,
            {"utterance_id": "d", "cer": float("nan")} | flags | {"flag_pipeline_error": True},
        ]
    ).assign(candidate_index=0)
    selected = pd.DataFrame({"utterance_id": list("abcd"), "best_of_1": 0})
    table = sweep(verdicts, selected, [0.3, 0.5, 0.7])
    assert table[["k", "n"]].to_numpy().tolist() == [[3, 3], [2, 3], [1, 3]]
