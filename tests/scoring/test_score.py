"""`selfverify score`: anyone's audio in any format, damaged clips, bad rows, a killed run."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
import soxr
import yaml

from repository import ROOT
from selfverify.audio.pace import Pace, expected_seconds
from selfverify.errors import InputError
from selfverify.metric.content import ContentError
from selfverify.metric.taxonomy import Evidence, Thresholds
from selfverify.scoring.command import score
from selfverify.scoring.hearing import read_finished
from selfverify.scoring.manifest import read_manifest
from selfverify.scoring.opening import open_audio
from selfverify.scoring.verdicts import hangs_on_duration
from selfverify.storage.records import StopReason

OTHER = "Nobody had expected the heavy rain that evening."
RATE = 16_000


def write_manifest(path: Path, rows: list[dict]) -> Path:
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), restval="")
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory, speech):
    """One sentence as anyone may have it, and damaged."""
    folder = tmp_path_factory.mktemp("clips")
    _, audio = speech
    stereo = np.stack([audio, 0.5 * audio], axis=1)
    cd = soxr.resample(audio, RATE, 44_100)
    for name, samples, rate in [
        ("whole.wav", audio, RATE), ("stereo.flac", stereo, RATE), ("cd.mp3", cd, 44_100),
        ("cd.ogg", cd, 44_100), ("silence.wav", np.zeros(2 * RATE), RATE),
        ("nothing.wav", audio[:0], RATE), ("cut.wav", audio[: len(audio) * 2 // 5], RATE),
        ("runaway.wav", np.pad(audio, (0, 12 * RATE)), RATE),
    ]:  # fmt: skip
        sf.write(folder / name, samples, rate)
    sf.write(folder / "infinite.wav", np.array([0.1, np.inf]), RATE, subtype="FLOAT")
    (folder / "noise.mp3").write_bytes(b"no audio at all")
    return folder


@pytest.fixture(scope="session")
def scored(folder, speech):
    """The verdicts on whole, damaged and unreadable clips, by row; the summary; the bad rows."""
    text, _ = speech
    files = ["whole.wav", "stereo.flac", "cd.mp3", "cd.ogg", "silence.wav", "nothing.wav",
             "cut.wav", "runaway.wav", "noise.mp3", "infinite.wav"]  # fmt: skip
    rows = [{"audio": name, "text": text, "system": "mine"} for name in files]
    rows.append({"audio": "whole.wav", "text": OTHER, "system": "other"})
    manifest = write_manifest(folder / "all.csv", rows)
    done = command(manifest)
    assert done.returncode == 0, done.stderr
    verdicts = pd.read_csv(folder / "all.verdicts.csv", keep_default_na=False).set_index("row")
    return verdicts, done.stdout, pd.read_csv(folder / "all.verdicts.bad_rows.csv").set_index("row")


def command(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "selfverify.cli", "score", *map(str, arguments)],
        capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "mode"),
    [(1, "ok"), (2, "ok"), (3, "ok"), (4, "ok"), (5, "silence"), (6, "empty"),
     (7, "early_termination"), (8, "runaway"), (11, "content_collapse")],
)  # fmt: skip
def test_the_failure_is_named_in_any_format(scored, row, mode):
    verdict = scored[0].loc[row]
    assert verdict["failure_mode"] == mode
    assert verdict["is_catastrophic"] == (mode != "ok")


def test_the_table_says_what_was_measured_and_why(scored, speech):
    verdicts, _, _ = scored
    assert {"id", "text", "speech_s", "rms_db", "wer", "flag_runaway"} < set(verdicts.columns)
    np.testing.assert_allclose(
        verdicts.loc[[1, 2, 4], "duration_s"], len(speech[1]) / RATE, atol=0.01
    )
    assert verdicts.loc[1, "cer"] < 0.1
    assert "blankets" in verdicts.loc[1, "hypothesis"]
    assert verdicts.loc[5, "hypothesis"] == ""  # never shown to the recogniser
    assert set(verdicts["expected_from"]) == {"text"}
    assert verdicts.index[verdicts["hangs_on_duration"]].tolist() == [8]


def test_the_summary_counts_by_system_and_mode_with_exact_intervals(scored):
    cells = dict(re.findall(r"^ *(\S.*?)  +(\d.*)$", scored[1], re.MULTILINE))
    assert cells["catastrophic failures"] == "5/9 = 55.6% [21.2%, 86.3%]"
    assert cells["mine"].startswith("4/8 ")
    assert cells["other"].startswith("1/1 ")
    assert cells["silence"] == "1/9 = 11.1% [0.3%, 48.2%]"
    assert "1 of them by the expected duration alone, 1 estimated from the text: row 8" in scored[1]


def test_rows_that_cannot_be_heard_are_in_no_rate(scored):
    _, summary, bad = scored
    assert list(bad.index) == [9, 10]
    assert "unreadable audio" in bad.loc[9, "reason"]
    assert "no finite numbers" in bad.loc[10, "reason"]
    assert "not scored, in no rate: 2" in summary
    assert "row 9: noise.mp3: unreadable audio" in summary


def test_a_killed_run_goes_on_and_hears_nothing_twice(folder, tmp_path, speech):
    text, audio = speech
    rows = []
    for i in range(4):
        sf.write(tmp_path / f"{i}.wav", audio * (1 - 0.1 * i), RATE)
        rows.append({"audio": f"{i}.wav", "text": text})
    manifest = write_manifest(tmp_path / "m.csv", rows)
    out, partial = tmp_path / "v.csv", tmp_path / "v.csv.partial.jsonl"
    arguments = [manifest, "--out", out, "--batch-size", 1]
    run = subprocess.Popen(
        [sys.executable, "-m", "selfverify.cli", "score", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while run.poll() is None and not (partial.exists() and partial.read_text().count("\n")):
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not out.exists()
    before = [json.loads(line) for line in partial.read_text().splitlines() if line.endswith("}")]
    # What is in the file is believed, so a word put there shows that the clip was not heard again.
    marked = [heard | {"hypothesis": "zebra"} for heard in before]
    torn = '{"key": "0'
    partial.write_text("".join(json.dumps(heard) + "\n" for heard in marked) + torn)

    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    assert f"going on after {len(before)} clips" in done.stderr
    heard = pd.read_csv(out)["hypothesis"].tolist()
    assert heard.count("zebra") == len(before) > 0
    assert all("blankets" in text for text in heard if text != "zebra")
    assert not partial.exists()


def test_what_another_recogniser_heard_is_not_taken_over(folder, tmp_path, speech):
    manifest = write_manifest(
        tmp_path / "m.jsonl", [{"audio": str(folder / "whole.wav"), "text": speech[0]}]
    )
    partial = tmp_path / "v.parquet.partial.jsonl"
    stale = {"key": "0" * 64, "duration_s": 1, "speech_s": 1, "rms_db": 0, "hypothesis": "zebra"}
    partial.write_text(json.dumps(stale) + "\n")
    score(manifest, out=tmp_path / "v.parquet")
    verdict = pd.read_parquet(tmp_path / "v.parquet").iloc[0]
    assert "blankets" in verdict["hypothesis"]
    assert verdict["failure_mode"] == "ok"


def test_thresholds_come_from_a_studys_parameters(folder, tmp_path, speech, params):
    manifest = write_manifest(
        tmp_path / "m.csv", [{"audio": str(folder / "cut.wav"), "text": speech[0]}]
    )
    lenient = {"max_cer": 1.0, "early_min_words": 99}
    study = tmp_path / "params.yaml"
    study.write_text(yaml.safe_dump(params | {"metric": params["metric"] | lenient}))
    score(manifest, params=study)
    assert pd.read_csv(tmp_path / "m.verdicts.csv")["failure_mode"].tolist() == ["minor"]
    with pytest.raises(InputError, match="leave one out"):
        score(manifest, params=study, thresholds=Thresholds(max_cer=0.9))


def test_the_defaults_are_those_of_the_study(params):
    assert asdict(Thresholds()) | {"language": "en"} == params["metric"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_kind_of_table_gives_the_same_rows(folder, suffix):
    spoken = "ten thirty|half past ten" if suffix == ".csv" else ["ten thirty", "half past ten"]
    rows = [
        {"audio": "whole.wav", "text": "10:30, NA", "spoken": spoken, "id": "a"},
        {"audio": "whole.wav", "text": "null", "spoken": "" if suffix == ".csv" else [], "id": ""},
    ]
    (first, second), bad = read_manifest(write_manifest(folder / f"kinds{suffix}", rows))
    assert not bad
    assert first.readings == ("ten thirty", "half past ten", "10:30, NA")
    assert (first.id, second.id, second.row) == ("a", "whole.wav", 2)
    assert second.readings == ("null",)
    assert second.path == folder / "whole.wav"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"audio": "gone.wav"}, "no such file"),
        ({"audio": ""}, "no audio"),
        ({"text": " "}, "no text"),
        ({"text": "…!"}, "no word that can be compared"),
        ({"expected_s": "-1"}, "expected_s '-1' gives no number of seconds above 0"),
        ({"expected_s": "soon"}, "expected_s 'soon' gives no number"),
        ({"reference_audio": "gone.wav"}, "reference_audio 'gone.wav' gives no number"),
        ({"reference_audio": "nothing.wav"}, "reference_audio 'nothing.wav' gives no number"),
    ],
)
def test_a_bad_row_is_told_by_number_and_the_rest_is_kept(folder, row, reason):
    good = {"audio": "whole.wav", "text": "Yes.", "expected_s": "", "reference_audio": ""}
    rows, bad = read_manifest(write_manifest(folder / "bad.csv", [good, good | row, good]))
    assert [r.row for r in rows] == [1, 3]
    assert [b.row for b in bad] == [2]
    assert reason in bad[0].reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("m.csv", "audio,text\nwhole.wav,Yes, no.\n", "quote a text with commas"),
        ("m.csv", "audio,text\nwhole.wav\n", "no text"),
        ("m.jsonl", '{"audio": "whole.wav", "text": "Yes."}\n{"audio"\n', "not a JSON object"),
        ("m.jsonl", '{"audio": "whole.wav", "text": ["Yes."]}\n', "text is list, not a string"),
    ],
)
def test_a_row_of_the_wrong_shape_is_a_bad_row(folder, name, content, reason):
    (folder / name).write_text(content)
    _, bad = read_manifest(folder / name)
    assert [reason in b.reason for b in bad] == [True]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.csv", "audio,text,text\na,b,c\n", r"two columns are named 'text'"),
        ("m.csv", "audio_path,text\na,b\n", r"no column 'audio'; there are: audio_path, text; "
                                            r"did you mean 'audio_path'\?"),
        ("m.csv", "audio,text\n", "m.csv: no rows"),
        ("m.txt", "a", "a manifest is a folder or a table of kind .csv, .jsonl, .parquet"),
        ("m.parquet", "a", "m.parquet: not a .parquet table"),
        ("m.csv", "audio,text\ngone.wav,Yes.\n", "none of 1 rows can be scored; row 1: gone.wav: "
                                                 "no such file"),
    ],
)  # fmt: skip
def test_a_manifest_without_a_row_to_score_ends_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message) as error:
        score(tmp_path / name)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir() if "bad_rows" not in path.name] == [name]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"out": "v.txt"}, "--out v.txt: verdicts are written as .csv or .parquet"),
        ({"out": "m.csv"}, "would be overwritten; give another name"),
        ({"batch_size": 0}, "at least 1"),
        ({"model": "tiny-ish"}, "--model tiny-ish: Invalid model size"),
        ({"model": "package:no_such/model"}, "the package no_such is not installed"),
        ({"recogniser": "fast-whisper"}, "did you mean faster-whisper"),
        ({"params": Path("gone.yaml")}, "gone.yaml"),
    ],
)
def test_options_that_make_no_sense_are_told_in_one_line(
    folder, tmp_path, monkeypatch, options, message
):
    monkeypatch.chdir(tmp_path)
    write_manifest(Path("m.csv"), [{"audio": str(folder / "whole.wav"), "text": "Yes."}])
    if "out" in options:
        options = options | {"out": Path(options["out"])}
    with pytest.raises(InputError, match=message) as error:
        score(Path("m.csv"), **options)
    assert "\n" not in str(error.value)


def test_the_expected_duration_is_whoevers_says_so_first(folder):
    row = {"audio": "whole.wav", "text": "Yes."}
    rows = [
        row | {"expected_s": "2.5", "reference_audio": "silence.wav"},
        row | {"reference_audio": "silence.wav"},
        row,
    ]
    read, _ = read_manifest(write_manifest(folder / "m.jsonl", rows))
    assert [(r.expected_s, r.expected_from) for r in read] == [
        (2.5, "expected_s"), (2.0, "reference_audio"), (None, "text"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "num_letters"), [("Yes, no!", 5), ("", 0), ("10:30", 16), ("Ça va", 4)]
)
def test_letters_and_digits_take_time(text, num_letters):
    assert expected_seconds(text, Pace(1.0, 0.5)) == 1.0 + 0.5 * num_letters


RIGHT = Evidence(StopReason.EOS, 2.4, 2.1, 2.4, ContentError(0.0, 0.0, 5, 5, 0))
CUT = replace(RIGHT, speech_s=0.9, error=ContentError(0.45, 0.6, 2, 5, 3, num_hits=2))
WRONG = ContentError(0.9, 1.0, 4, 5, 0)


@pytest.mark.parametrize(
    ("evidence", "hangs"),
    [
        (RIGHT, False),
        (replace(RIGHT, duration_s=7.0), True),
        (replace(RIGHT, duration_s=7.0, error=WRONG), False),
        (CUT, True),
        (replace(CUT, error=ContentError(0.6, 0.6, 2, 5, 3)), False),
        (replace(RIGHT, speech_s=0.2), False),  # no speech whatever was expected
        (replace(RIGHT, expected_s=30.0), True),  # less than a tenth of what was expected
    ],
)
def test_a_failure_hangs_on_duration_if_another_expectation_would_undo_it(evidence, hangs):
    assert hangs_on_duration(evidence, Thresholds()) is hangs


def test_channels_are_averaged(folder, speech):
    opened = open_audio(folder / "stereo.flac")
    assert opened.preparation == "mean of 2 channels"
    np.testing.assert_allclose(opened.audio, 0.75 * speech[1], atol=1e-4)


def test_a_torn_line_is_cut_off(tmp_path):
    path = tmp_path / "p.jsonl"
    whole = {"key": "k", "duration_s": 1.0, "speech_s": 1.0, "rms_db": -9.0, "hypothesis": "a",
             "preparation": "mean of 2 channels",
             "avg_logprob": -0.1}  # fmt: skip
    path.write_text(json.dumps(whole) + '\n{"key": "x", "dura')
    assert [asdict(heard) for heard in read_finished(path).values()] == [whole]
    assert path.read_text() == json.dumps(whole) + "\n"


def test_help_waits_for_nothing_heavy():
    heavy = "{'torch', 'pandas', 'scipy', 'faster_whisper', 'transformers'}"
    code = f"import sys, selfverify.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
