"""What `selfverify score` writes, where it cannot, and what an earlier run left there."""

import fcntl
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import soundfile as sf

from selfverify import score_manifest
from selfverify.asr.base import Hypothesis, Recogniser
from selfverify.errors import InputError
from selfverify.scoring import hearing, run
from selfverify.scoring.command import score
from selfverify.scoring.hearing import Heard, read_finished
from selfverify.scoring.manifest import read_manifest
from selfverify.scoring.reports import NO_VERDICTS, write_junit, write_markdown
from selfverify.scoring.rows import BadRow

HEARD = Heard("key", 1.0, 1.0, -20.0, "half past ten")


class Double(Recogniser):
    """Hears nothing; its clips are silent."""

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        raise AssertionError("a clip without speech was shown")

    def _long(self, clip: np.ndarray) -> Hypothesis:
        raise AssertionError("a clip without speech was shown")


@pytest.fixture(autouse=True)
def _double(monkeypatch):
    monkeypatch.setattr(run, "load_listener", lambda *_: Double())


@pytest.fixture
def manifest(tmp_path) -> Path:
    sf.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)
    (tmp_path / "m.csv").write_text("audio,text\nsilence.wav,Yes.\n")
    return tmp_path / "m.csv"


def test_folders_of_reports_are_made(manifest, tmp_path):
    junit, markdown = tmp_path / "a" / "b" / "r.xml", tmp_path / "c" / "p.md"
    score(manifest, junit=junit, markdown=markdown)
    assert ElementTree.parse(junit).getroot().get("failures") == "1"
    assert "silence" in markdown.read_text()


@pytest.mark.parametrize(
    ("option", "place", "message"),
    [
        ("junit", "m.csv/r.xml", "m.csv/r.xml cannot be written .* a file stands where a folder"),
        ("junit", ".", "that is a folder; name a file in it"),
        ("markdown", "x" * 300, "cannot be written .File name too long.; choose another place"),
        ("out", "m.csv/v.csv", "m.csv/v.csv cannot be written .* a file stands where a folder"),
        ("out", "folder.csv", "that is a folder; name a file in it"),
        ("out", f"{'x' * 250}.csv", "cannot be written .File name too long.; choose another place"),
    ],
)
def test_a_place_where_nothing_can_be_written_is_told_before_anything_listens(
    manifest, tmp_path, monkeypatch, option, place, message
):
    (tmp_path / "folder.csv").mkdir()
    monkeypatch.setattr(run, "_hear", None)
    with pytest.raises(InputError, match=message) as error:
        score(manifest, **{option: tmp_path / place})
    assert "\n" not in str(error.value)


def test_a_report_that_is_there_is_replaced_and_may_be_no_plain_file(manifest, tmp_path):
    (tmp_path / "r.xml").write_text("an earlier run's")
    score(manifest, junit=tmp_path / "r.xml", markdown=Path("/dev/null"))
    assert ElementTree.parse(tmp_path / "r.xml").getroot().get("tests") == "1"


def test_a_run_that_scored_nothing_leaves_no_verdicts_of_an_earlier_one(manifest, tmp_path):
    out, junit, markdown = tmp_path / "v.csv", tmp_path / "r.xml", tmp_path / "p.md"
    score(manifest, out=out)
    assert {"v.csv", "v.made_by.json"} <= {path.name for path in tmp_path.iterdir()}
    manifest.write_text("audio,text\ngone.wav,Yes.\nsilence.wav,\n")
    with pytest.raises(InputError, match=r"none of 2 rows .*; row 1: gone\.wav: no such file"):
        score(manifest, out=out, junit=junit, markdown=markdown)
    left = {path.name for path in tmp_path.iterdir()} - {"silence.wav", "m.csv", "r.xml", "p.md"}
    assert left == {"v.bad_rows.csv"}
    suite = ElementTree.parse(junit).getroot()
    assert [suite.get(name) for name in ("tests", "errors", "failures")] == ["2", "2", "0"]
    assert [case[0].get("message") for case in suite] == ["no such file", "no text"]
    assert "none of 2 rows" in markdown.read_text()


def test_a_clip_that_cannot_be_prepared_is_a_bad_row(manifest, monkeypatch):
    sf.write(manifest.with_name("other.wav"), np.full(16_000, 0.1), 16_000)
    manifest.write_text("audio,text\nother.wav,Yes.\nsilence.wav,Yes.\n")

    def prepare(audio: np.ndarray) -> tuple[np.ndarray, float]:
        if audio.any():
            raise InputError("no numbers")
        return audio[:0], 0.0

    monkeypatch.setattr(hearing, "prepare", prepare)
    found = score_manifest(manifest)
    assert list(found.verdicts["row"]) == [2]
    assert found.bad_rows == (BadRow(1, "other.wav", "no numbers"),)


def test_a_second_run_with_the_same_output_is_refused_while_the_first_goes_on(manifest, tmp_path):
    out, partial = tmp_path / "v.csv", tmp_path / "v.csv.partial.jsonl"
    with partial.open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(InputError, match=r"v\.csv: another run is writing it; wait for that"):
            score_manifest(manifest, out)
        assert partial.exists()
        score_manifest(manifest, tmp_path / "other.csv")
    score_manifest(manifest, out)
    assert list(pd.read_csv(out)["failure_mode"]) == ["silence"]
    assert not partial.exists()


def test_a_run_whose_resume_file_is_taken_away_ends_well(manifest, tmp_path, monkeypatch):
    hear = run._hear

    def hear_and_remove(*arguments):
        found = hear(*arguments)
        (tmp_path / "v.csv.partial.jsonl").unlink()
        return found

    monkeypatch.setattr(run, "_hear", hear_and_remove)
    score_manifest(manifest, tmp_path / "v.csv")
    assert (tmp_path / "v.csv").exists()


def test_an_option_found_wrong_late_leaves_no_empty_resume_file(manifest, tmp_path, monkeypatch):
    def refuse(*_):
        raise InputError("no such model")

    monkeypatch.setattr(run, "load_listener", refuse)
    with pytest.raises(InputError, match="no such model"):
        score_manifest(manifest, tmp_path / "v.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"silence.wav", "m.csv"}


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow beyond ten bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: hearing._keep(HEARD, path),
        lambda path: write_junit(NO_VERDICTS, [], path),
        lambda path: write_markdown(NO_VERDICTS, "summary", path),
    ],
)
def test_a_full_disk_is_told_in_one_line(tmp_path, write):
    with full_disk(), pytest.raises(InputError, match=r"file cannot be written .* free some space"):
        write(tmp_path / "file")


def test_a_run_goes_on_after_a_full_disk(tmp_path):
    path = tmp_path / "p.jsonl"
    with full_disk(), pytest.raises(InputError):
        hearing._keep(HEARD, path)
    assert read_finished(path) == {}
    hearing._keep(HEARD, path)
    assert [heard.hypothesis for heard in read_finished(path).values()] == ["half past ten"]


@pytest.mark.parametrize("line", ["[]", "{", '{"key": "of another version"}'])
def test_a_resume_file_that_is_none_is_named_with_the_cure(tmp_path, line):
    (tmp_path / "p.jsonl").write_text(f"{line}\n")
    with pytest.raises(InputError, match=r"p\.jsonl: not what a killed run left; remove it"):
        read_finished(tmp_path / "p.jsonl")


@pytest.mark.parametrize("name", ["v.csv", "v.bad_rows.csv"])
def test_a_manifest_is_never_written_over(manifest, tmp_path, name):
    table = manifest.rename(tmp_path / name)
    content = table.read_text()
    with pytest.raises(InputError, match="would be overwritten; give another name"):
        score_manifest(table, tmp_path / "v.csv")
    assert table.read_text() == content


def test_a_gate_counts_clips_that_were_never_written_against_it(manifest, tmp_path):
    rows = "silence.wav,Yes.\n" * 3 + "gone.wav,Yes.\n" * 2
    manifest.write_text(f"audio,text\n{rows}")
    with pytest.raises(SystemExit) as stop:
        score(manifest, max_rate=0.7, confidence=0.5, out=tmp_path / "v.csv")
    assert stop.value.code == 2  # 3 of 5, or 5 of 5


def test_a_table_is_read_in_one_go(manifest):
    rows = "silence.wav,Yes.\n" * 2000
    manifest.write_text(f'audio,text\n{rows}silence.wav,"a\nb"\nsilence.wav,"no" end\n{rows}')
    found, bad = read_manifest(manifest)
    assert len(found) == 4001
    assert [(one.row, one.reason) for one in bad] == [
        (2002, "a quote is not closed, or text follows a closed one")
    ]
