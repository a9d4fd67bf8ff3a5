"""From verdicts to figures and tables, on a study of three utterances."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from scripts.figures.plot_failure_by_category import plot_failure_by_category
from scripts.figures.plot_failure_by_draws import plot_failure_by_draws
from scripts.figures.plot_failure_by_n import plot_failure_by_n
from scripts.figures.plot_failure_modes import plot_failure_modes, shares_of_modes
from scripts.listening.audio_examples import audio_examples, choose
from scripts.results.tabulate_failures import tabulate_failures
from scripts.tables.table_asr_agreement import table_asr_agreement
from scripts.tables.table_best_of_n import table_best_of_n
from scripts.tables.table_floors import table_floors
from scripts.verdicts.judge_candidates import judge_candidates
from scripts.verdicts.select_best_of_n import select_best_of_n

from selfverify.audio.clips import describe_clip
from selfverify.errors import InputError
from selfverify.metric.taxonomy import RULES
from selfverify.prompts.mini import make_prompt_set
from selfverify.prompts.overlap import apart_from
from selfverify.results.figure_style import FAILURE_MODES
from selfverify.results.judged_pools import read_pools
from selfverify.results.markup import TableFiles
from selfverify.statistics.best_of_n import failures_of_best
from selfverify.storage.records import StopReason, Transcript, Verdict
from selfverify.storage.tables import read_records, write_records
from thresholds import THRESHOLDS

UTTERANCES = make_prompt_set("standard", num_utterances=3, seed=1, conflict=apart_from())


@pytest.fixture
def prompts(tmp_path):
    write_records(UTTERANCES, tmp_path / "prompts.parquet")
    return tmp_path / "prompts.parquet"


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
            f"{prefix}flag_{mode}" for mode in (*RULES, "pipeline_error")
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


def test_without_a_verifier_its_columns_are_absent(judged, prompts, tmp_path):
    alone = tmp_path / "verdicts" / "mini-llasa-sft-1" / "standard.parquet"
    judge_candidates(
        prompts=prompts, audio=[tmp_path / "audio.parquet"], verifier=[],
        evaluator=[tmp_path / "evaluator.parquet"], thresholds=THRESHOLDS, output=alone,
    )  # fmt: skip
    both, table = pd.read_parquet(judged), pd.read_parquet(alone)
    assert table.equals(both[[name for name in both if not name.startswith("verifier_")]])
    pools = read_pools(alone, min_size=2)
    assert pools.num_failed.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="a score is not a number"):
        failures_of_best(pools.scores, pools.fails, 2)


def test_a_broken_verifier_costs_no_prompt_where_it_decides_nothing(judged):
    table = pd.read_parquet(judged)
    table.loc[0, ["verifier_flag_pipeline_error", "verifier_cer"]] = [True, float("nan")]
    table.to_parquet(judged)
    assert len(read_pools(judged, min_size=2).fails) == 2
    kept = read_pools(judged, min_size=2, by_evaluator_alone=True)
    assert len(kept.fails) == 3
    assert np.isinf(kept.scores[0, 0])


@pytest.fixture
def results(judged, tmp_path):
    selected = tmp_path / "selected" / "mini-llasa" / "standard.parquet"
    select_best_of_n(verdicts=judged, best_of=[1, 2], output=selected)
    names = ("rates", "modes", "categories", "agreements", "metrics")
    paths = {name: tmp_path / f"{name}.csv" for name in names}
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
    table_best_of_n(
        rates=results[1]["rates"],
        systems=["mini-llasa"],
        files=TableFiles(csv, markdown, tmp_path / "t.tex"),
    )
    heading, _, row = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in markdown.read_text().splitlines()[:3]
    )
    assert heading == ["system", "prompt set", "single shot", "best of 2"]
    assert row[2:] == ["2/3 = 66.7% [9.4%, 99.2%]", "1/3 = 33.3% [0.8%, 90.6%]"]
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


def test_a_category_has_what_selection_keeps_and_what_it_cannot_help(results):
    row = pd.read_csv(results[1]["categories"]).iloc[0]
    assert (row["category"], row["best_of"], row["n"]) == ("standard", 2, 3)
    assert row["single_rate"] == pytest.approx(3 / 6)
    assert (row["k"], row["never_k"]) == (1, 1)


PLOTS = {
    "modes": (plot_failure_modes, {"voices": ["mini-llasa"]}),
    "categories": (plot_failure_by_category, {"systems": ["mini-llasa"]}),
    "rates": (plot_failure_by_draws, {"systems": ["mini-llasa"]}),
}


@pytest.mark.parametrize("table", PLOTS)
def test_figures_say_what_they_draw_and_rebuild_to_the_byte(results, tmp_path, table):
    plot, shown = PLOTS[table]
    files = [{kind: tmp_path / f"{copy}.{kind}" for kind in ("csv", "pdf", "png")} for copy in "ab"]
    for paths in files:
        plot(**{table: results[1][table]}, **shown, **paths)
    for kind, path in files[0].items():
        assert path.read_bytes() == files[1][kind].read_bytes()
    drawn = pd.read_csv(files[0]["csv"])
    assert set(drawn["system"]) == {"mini-llasa"}
    assert len(drawn) == {"modes": len(FAILURE_MODES), "categories": 1, "rates": 2}[table]


def test_bars_of_failure_modes_add_up_to_the_failures(results):
    table = shares_of_modes(pd.read_csv(results[1]["modes"]), ["mini-llasa"])
    assert table.set_index("failure_mode")["k"].to_dict() == dict.fromkeys(FAILURE_MODES, 0) | {
        "silence": 1, "content_collapse": 2,
    }  # fmt: skip
    assert set(table["n"]) == {6}


def test_the_figure_draws_what_the_table_says(results):
    import matplotlib.pyplot as plt
    from scripts.figures.plot_failure_by_n import draw_system

    table = pd.read_csv(results[1]["rates"])
    _, axis = plt.subplots()
    chosen_for_failures = table.assign(prompt_set="adversarial", rate=1.0)  # not for this figure
    style = {"color": "#000000", "marker": "o"}
    draw_system(axis, pd.concat([table, chosen_for_failures]), {"standard": 0.25}, style)
    curve, floor = axis.get_lines()[0], axis.get_lines()[-1]
    assert curve.get_xydata().tolist() == table[["best_of", "rate"]].to_numpy().tolist()
    assert set(floor.get_ydata()) == {0.25}
    assert not any(set(line.get_ydata()) == {1} for line in axis.get_lines())
    plt.close("all")


@pytest.mark.parametrize(
    ("is_failure", "examples"),
    # Utterance b has both kinds, so it comes first; a only passes, c only fails.
    [(True, ["b1", "c0"]), (False, ["b0", "a0"])],
)
def test_examples_are_of_the_kind_wanted_from_utterances_with_both_first(is_failure, examples):
    fails = {"a": [False, False], "b": [False, True], "c": [True, True]}
    table = pd.DataFrame(
        [
            {"utterance_id": name, "candidate_index": index, "is_catastrophic": fail}
            for name, pool in fails.items()
            for index, fail in enumerate(pool)
        ]
    )
    chosen = choose(table, is_failure, 2)
    assert [f"{row['utterance_id']}{row['candidate_index']}" for row in chosen] == examples


def test_examples_fill_up_with_the_other_kind_and_say_so(judged, prompts, tmp_path):
    passing, failing = ([tmp_path / f"{kind}_{i}.flac" for i in range(3)] for kind in "pf")
    audio_examples(
        verdicts=[judged], audio=[tmp_path / "audio.parquet"], prompts=[prompts],
        passing=passing, failing=failing, index=tmp_path / "index.csv",
    )  # fmt: skip
    index = pd.read_csv(tmp_path / "index.csv").set_index("file")
    assert index.loc["p_0.flac", ["utterance_id", "candidate_index"]].tolist() == [
        UTTERANCES[1].utterance_id, 1,
    ]  # fmt: skip
    assert index["failure_mode"].tolist() == [
        "ok", "ok", "content_collapse", "silence", "content_collapse", "ok",
    ]  # fmt: skip
    for path in [*passing, *failing]:
        assert sf.info(path).samplerate == 16_000
    with pytest.raises(InputError, match="3 utterances have sound, 4 examples are wanted"):
        choose(pd.read_parquet(judged), is_failure=True, num_examples=4)


def test_the_floors_say_failures_and_mean_errors(judged, tmp_path):
    csv, markdown = tmp_path / "floors.csv", tmp_path / "floors.md"
    table_floors(verdicts=[judged], files=TableFiles(csv, markdown, tmp_path / "t.tex"))
    row = pd.read_csv(csv).iloc[0]
    verdicts = pd.read_parquet(judged)
    assert (row["k"], row["n"]) == (3, 6)
    assert row["mean_wer"] == pytest.approx(verdicts["wer"].mean(), abs=1e-5)
    assert "| mini-llasa | standard" in markdown.read_text()
    assert "3/6 [11.8%, 88.2%]" in markdown.read_text()


def test_the_agreement_table_has_every_failure_mode_that_occurs(judged, tmp_path):
    csv, markdown = tmp_path / "agreement.csv", tmp_path / "agreement.md"
    table_asr_agreement(verdicts=[judged], files=TableFiles(csv, markdown, tmp_path / "t.tex"))
    table, verdicts = pd.read_csv(csv), pd.read_parquet(judged)
    modes = set(verdicts["failure_mode"]) | set(verdicts["verifier_failure_mode"])
    assert set(table["failure_mode"]) == modes - {"ok"} | {"any"}
    alike = verdicts["is_catastrophic"] == verdicts["verifier_is_catastrophic"]
    assert (table.iloc[0]["k"], table.iloc[0]["n"]) == (alike.sum(), 6)
    assert "Agreement is no accuracy" in markdown.read_text()
