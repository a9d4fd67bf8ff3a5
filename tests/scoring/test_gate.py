"""The gate and `compare`: answers and exit statuses, never an average."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
import torch

from repository import ROOT
from selfverify.audio.pace import Pace
from selfverify.errors import InputError
from selfverify.metric.taxonomy import Thresholds
from selfverify.scoring.comparison import compare_verdicts, in_words, read_verdicts
from selfverify.scoring.decisions import decide
from selfverify.scoring.fingerprint import _code, short, weights_hash
from selfverify.scoring.gate import Answer, ask_gate, lower_bound, upper_bound
from selfverify.scoring.options import ScoreOptions
from selfverify.scoring.reports import write_junit, write_markdown
from selfverify.scoring.rows import BadRow
from selfverify.storage.records import FailureMode, Verdict


def decisions(num_failed: int, num_clips: int, num_not_judged: int = 0) -> list[str]:
    passed = num_clips - num_failed - num_not_judged
    return ["fail"] * num_failed + ["not judged"] * num_not_judged + ["pass"] * passed


@pytest.mark.parametrize(
    ("num_failed", "num_clips", "num_not_judged", "answer"),
    [
        (0, 149, 0, Answer.BELOW),  # 1 - .05**(1/149) = 1.99 %
        (0, 148, 0, Answer.CANNOT_TELL),
        (0, 149, 1, Answer.CANNOT_TELL),  # it may be a failure
        (2, 12, 0, Answer.ABOVE),
        (1, 12, 0, Answer.CANNOT_TELL),
        (2, 12, 10, Answer.ABOVE),  # even if all others pass
        (0, 12, 12, Answer.CANNOT_TELL),
        (12, 12, 0, Answer.ABOVE),
    ],
)
def test_the_gate_answers_what_is_shown(num_failed, num_clips, num_not_judged, answer):
    gate = ask_gate(decisions(num_failed, num_clips, num_not_judged), max_rate=0.02)
    assert gate.answer == answer


@pytest.mark.parametrize(("k", "n"), [(0, 20), (1, 20), (7, 40)])
def test_where_it_cannot_tell_it_names_the_least_number_that_would(k, n):
    gate = ask_gate(decisions(k, n), max_rate=0.2)
    assert gate.answer is Answer.BELOW or gate.num_needed is not None
    if gate.answer is Answer.CANNOT_TELL:
        needed = gate.num_needed
        assert upper_bound(round(k / n * needed), needed, 0.95) <= 0.2


def test_a_rate_at_the_limit_is_told_by_no_number_of_clips():
    assert ask_gate(decisions(2, 100), max_rate=0.02).num_needed is None


@pytest.mark.parametrize(("k", "n"), [(0, 30), (3, 30), (30, 30)])
def test_bounds_are_those_of_the_exact_test(k, n):
    from scipy.stats import binomtest

    for side, bound in (("less", upper_bound), ("greater", lower_bound)):
        interval = binomtest(k, n, alternative=side).proportion_ci(0.9, method="exact")
        assert bound(k, n, 0.9) == pytest.approx(interval.high if side == "less" else interval.low)


def test_the_gate_is_wrong_no_more_often_than_it_says():
    """At the limit itself, either answer is wrong: each at most 5 %, over 4,000 studies."""
    rng = np.random.default_rng(1)
    answers = [
        ask_gate(decisions(k, 300), max_rate=0.05).answer for k in rng.binomial(300, 0.0501, 4000)
    ]
    assert answers.count(Answer.BELOW) / 4000 <= 0.06
    assert answers.count(Answer.ABOVE) / 4000 <= 0.06


@pytest.mark.parametrize("limits", [{"max_rate": 2.0}, {"max_rate": 0.1, "confidence": 95.0}])
def test_limits_that_are_no_rates_are_refused(limits):
    with pytest.raises(InputError, match="a number between 0 and 1"):
        ask_gate(["pass"], **limits)


def verdict(is_catastrophic: bool) -> Verdict:
    mode = FailureMode.CONTENT_COLLAPSE if is_catastrophic else FailureMode.OK
    return Verdict(0.0, 0.0, mode, is_catastrophic=is_catastrophic, flags={})


@pytest.mark.parametrize(
    ("fails", "second_fails", "avg_logprob", "decision"),
    [
        (False, None, -0.3, "pass"),
        (False, None, -1.1, "not judged"),
        (True, None, -1.1, "fail"),  # low confidence excuses no failure
        (False, None, np.nan, "pass"),
        (True, True, -0.3, "fail"),
        (False, False, -1.1, "pass"),  # the second one confirms it
        (True, False, -0.3, "not judged"),
        (False, True, -0.3, "not judged"),
    ],
)
def test_a_clip_is_judged_where_the_recogniser_can_be_believed(
    fails, second_fails, avg_logprob, decision
):
    second = None if second_fails is None else verdict(second_fails)
    found, why = decide(
        verdict(fails), second, recogniser="faster-whisper", avg_logprob=avg_logprob
    )
    assert found == decision
    assert bool(why) == (decision == "not judged")


DECISIONS = {True: "fail", False: "pass", None: "not judged"}


def write_verdicts(path: Path, fails: list[bool | None], **made_by: object) -> Path:
    table = pd.DataFrame({
        "row": range(1, len(fails) + 1),
        "id": [f"{path.stem}/{i}.wav" for i in range(len(fails))],
        "text": [f"Text {i}." for i in range(len(fails))],
        "decision": [DECISIONS[fail] for fail in fails],
        "failure_mode": ["silence" if fail else "ok" for fail in fails],
    })  # fmt: skip
    table.to_csv(path, index=False)
    made = {"metric_code": "a", "thresholds": {"max_cer": 0.5}} | made_by
    path.with_name(f"{path.stem}.made_by.json").write_text(json.dumps(made))
    return path


@pytest.mark.parametrize(
    ("fails_a", "fails_b", "answer"),
    [
        ([False] * 200, [False] * 200, Answer.BELOW),
        ([False] * 20, [False] * 20, Answer.CANNOT_TELL),
        ([False] * 20, [True] * 8 + [False] * 12, Answer.ABOVE),  # p = 2 / 2**8
        ([True] * 8 + [False] * 12, [False] * 20, Answer.BELOW),
        ([False] * 20, [True] * 3 + [False] * 17, Answer.CANNOT_TELL),  # p = .25
        ([True, False, False], [False] * 3, Answer.CANNOT_TELL),
        ([True] + [False] * 9, [False] * 10, Answer.CANNOT_TELL),
        ([True, False] + [False] * 148, [False, True] + [False] * 148, Answer.CANNOT_TELL),
        ([True] + [False] * 182, [False] * 183, Answer.BELOW),  # 1 - .025**(1/183) = 2.0 %
    ],
)
def test_compare_answers_what_is_shown(tmp_path, fails_a, fails_b, answer):
    a = write_verdicts(tmp_path / "a.csv", fails_a)
    b = write_verdicts(tmp_path / "b.csv", fails_b)
    found = compare_verdicts(a, b, max_increase=0.02)
    assert found.answer == answer
    assert len(found.changed) == sum(x != y for x, y in zip(fails_a, fails_b, strict=True))
    assert f"over {len(fails_a)} texts" in in_words(found)


def test_an_increase_that_would_not_matter_passes_however_surely_it_is_one(tmp_path):
    a = write_verdicts(tmp_path / "a.csv", [False] * 2000)
    b = write_verdicts(tmp_path / "b.csv", [True] * 12 + [False] * 1988)
    assert compare_verdicts(a, b, max_increase=0.02).answer is Answer.BELOW
    assert compare_verdicts(a, b, max_increase=0.005).answer is Answer.ABOVE


def test_a_row_that_stands_twice_is_refused(tmp_path):
    a = write_verdicts(tmp_path / "a.csv", [False] * 5)
    pd.concat([pd.read_csv(a)] * 2).to_csv(a, index=False)
    with pytest.raises(InputError, match=r"a\.csv: row 1 stands twice"):
        compare_verdicts(a, a, max_increase=0.02)


def test_what_made_another_table_of_the_same_name_is_refused(tmp_path):
    a = write_verdicts(tmp_path / "a.csv", [False] * 5)
    made = json.loads((tmp_path / "a.made_by.json").read_text())
    pd.read_csv(a).assign(made_by=short(made)).to_csv(a, index=False)
    compare_verdicts(a, a, max_increase=0.02)
    (tmp_path / "a.made_by.json").write_text(json.dumps(made | {"metric_code": "b"}))
    with pytest.raises(InputError, match=r"it did not make a\.csv, which says"):
        compare_verdicts(a, a, max_increase=0.02)


def test_what_made_a_table_is_no_number(tmp_path):
    a = write_verdicts(tmp_path / "a.csv", [False] * 5)
    pd.read_csv(a).assign(made_by="0123456789012e45").to_csv(a, index=False)
    assert set(read_verdicts(a)["made_by"]) == {"0123456789012e45"}


def test_the_bound_that_decides_is_printed(tmp_path):
    a = write_verdicts(tmp_path / "a.csv", [True, False] + [False] * 148)
    b = write_verdicts(tmp_path / "b.csv", [False, True] + [False] * 148)
    words = in_words(compare_verdicts(a, b, max_increase=0.02))
    assert "difference +0.0% [-2.0%, +3.7%] over 150 texts" in words


@pytest.mark.parametrize(
    ("fails_a", "fails_b", "answer"),
    [
        ([False] * 100, [False] * 50 + [None] * 50, Answer.CANNOT_TELL),
        ([False] * 100, [False] * 50, Answer.CANNOT_TELL),  # rows of A alone
        ([None] * 50 + [False] * 50, [True] * 50 + [False] * 50, Answer.CANNOT_TELL),
        ([None] * 50 + [False] * 50, [False] * 100, Answer.BELOW),  # no worse, whatever A's are
        ([False] * 100, [None] + [False] * 99, Answer.BELOW),  # 1 of 100: at most 5.4 %
        ([False] * 20 + [True] * 80, [False] * 20 + [None] * 80, Answer.CANNOT_TELL),  # 0 of 20
        ([False] * 50, [True] * 8 + [None] * 42, Answer.ABOVE),
    ],
)
def test_what_is_left_out_is_counted_against_the_new_one(tmp_path, fails_a, fails_b, answer):
    a = write_verdicts(tmp_path / "a.csv", fails_a)
    b = write_verdicts(tmp_path / "b.csv", fails_b)
    found = compare_verdicts(a, b, max_increase=0.1)
    assert found.answer == answer
    assert f"{found.num_left_out} left out" in in_words(found)
    assert "counted against B" in in_words(found)


@pytest.mark.parametrize("max_increase", [2.0, 1.0, 0.0, -0.1, np.nan])
def test_an_increase_that_is_no_share_is_refused(tmp_path, max_increase):
    path = write_verdicts(tmp_path / "a.csv", [False] * 5)
    with pytest.raises(InputError, match=r"--max-increase .*a number between 0 and 1"):
        compare_verdicts(path, path, max_increase=max_increase)


def test_tables_made_otherwise_are_refused_and_it_says_in_what(tmp_path):
    a = write_verdicts(tmp_path / "a.csv", [False] * 5)
    b = write_verdicts(tmp_path / "b.csv", [False] * 5, thresholds={"max_cer": 0.4})
    with pytest.raises(InputError, match=r"thresholds.max_cer: 0.5, 0.4"):
        compare_verdicts(a, b, max_increase=0.02)


def test_tables_of_other_texts_are_refused_with_the_first_that_differs(tmp_path):
    a = write_verdicts(tmp_path / "a.csv", [False] * 5)
    b = write_verdicts(tmp_path / "b.csv", [False] * 5)
    b.write_text(b.read_text().replace("Text 3.", "Another."))
    with pytest.raises(InputError, match=r"row 4: 'Text 3.', 'Another.'"):
        compare_verdicts(a, b, max_increase=0.02)


def test_a_fingerprint_tells_thresholds_and_weights_apart():
    one = ScoreOptions(recogniser="moonshine").fingerprint()
    assert one == ScoreOptions(recogniser="moonshine").fingerprint()
    assert len(one["recognisers"][0]["weights"]) == 64
    assert one != ScoreOptions(recogniser="moonshine", thresholds=Thresholds(0.4)).fingerprint()
    assert one != ScoreOptions().fingerprint()


def test_a_fingerprint_has_what_decides_and_what_the_networks_run_on():
    assert {"taxonomy.py", "decisions.py", "verdicts.py"} <= {path.name for path in _code()}
    assert ScoreOptions().fingerprint()["versions"]["torch"] == torch.__version__


@pytest.mark.parametrize("changed", ["encoder_model.ort", "decoder_model_merged.ort"])
def test_a_fingerprint_has_every_file_of_a_models_weights(changed, tmp_path):
    for name in ("encoder_model.ort", "decoder_model_merged.ort"):
        (tmp_path / name).write_bytes(b"weights")
    before = weights_hash(str(tmp_path))
    (tmp_path / changed).write_bytes(b"others")
    assert weights_hash(str(tmp_path)) != before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ScoreOptions(thresholds=Thresholds(max_cer=50)), r"thresholds\.max_cer: 50 is greater"),
        (
            ScoreOptions(thresholds=Thresholds(max_cer=np.nan)),
            r"thresholds\.max_cer: nan is no number",
        ),
        (
            ScoreOptions(thresholds=Thresholds(runaway_share=np.inf)),
            "runaway_share: inf is no number",
        ),
        (ScoreOptions(pace=Pace(np.nan, 0.06)), r"--pace\.\*: nan s .* are no pace"),
        (ScoreOptions(pace=Pace(1.0, 0.0)), r"--pace\.s-per-letter 0: above 0"),
        (ScoreOptions(language="de"), "hears English alone, not .de.; name a multilingual one"),
        (ScoreOptions(recogniser="ctc"), "--recogniser ctc: no model comes with it"),
        (ScoreOptions(second="faster-whisper"), "that is the first one"),
    ],
)
def test_options_that_would_give_a_wrong_rate_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        options.check()


def test_pages_for_a_ci_name_every_row(tmp_path):
    verdicts = pd.DataFrame({
        "row": [1, 2, 3], "id": ["a", "b", "c"], "system": ["", "", "mine"],
        "text": ["Yes.", "A | b\x00.", "No."], "hypothesis": ["", "<a> & b", "No."],
        "decision": ["fail", "not judged", "pass"], "unsure": ["", "why", ""],
        "failure_mode": ["silence", "ok", "ok"],
    })  # fmt: skip
    write_junit(verdicts, [BadRow(4, "x.wav", "no such file\x01")], tmp_path / "j.xml")
    suite = ElementTree.parse(tmp_path / "j.xml").getroot()
    names = ("tests", "failures", "skipped", "errors")
    assert [suite.get(name) for name in names] == ["4", "1", "1", "1"]
    assert [case[0].tag if len(case) else "pass" for case in suite] == [
        "failure", "skipped", "pass", "error",
    ]  # fmt: skip
    write_markdown(verdicts.assign(decision="fail"), "summary", tmp_path / "s.md")
    assert "| 2 | ok | A \\| b\x00. | <a> & b |" in (tmp_path / "s.md").read_text()


@pytest.fixture
def release(tmp_path, speech):
    """200 texts that were said, and the same with every fifth a silence."""
    text, audio = speech
    sf.write(tmp_path / "whole.wav", audio, 16_000)
    sf.write(tmp_path / "silence.wav", np.zeros(32_000), 16_000)
    for name, bad in (("whole", ()), ("broken", range(0, 200, 5))):
        files = ["silence.wav" if i in bad else "whole.wav" for i in range(200)]
        table = pd.DataFrame({"audio": files, "text": text, "id": map(str, range(200))})
        # Texts are the sample of `compare`; a tag makes them differ without another word.
        table["text"] = [f"{text} <mark{chr(97 + i // 26)}{chr(97 + i % 26)}>" for i in range(200)]
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_a_ci_script_gets_the_status_that_it_asks_for(release):
    script = Path(__file__).parent / "gate.sh"
    done = subprocess.run(
        ["bash", str(script), str(release)], capture_output=True, text=True, check=False,
        env=os.environ | {
            "PYTHONPATH": str(ROOT / "scripts"),
            "SELFVERIFY": f"{sys.executable} -m selfverify.cli",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gate: passed: 0/200 failed, at most 1.49%" in done.stdout
    assert "gate: FAILED: 40/200 failed" in done.stdout
    assert "clips at the same rates would tell" in done.stdout
    assert "compare: B FAILS MORE OFTEN than A" in done.stdout
    assert "thresholds.max_cer: 0.5, 0.4" in done.stderr
    assert ElementTree.parse(release / "broken.xml").getroot().get("failures") == "40"
