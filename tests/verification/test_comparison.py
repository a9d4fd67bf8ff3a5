"""What is printed is what the records say, and who finds out if it is not."""

from pathlib import Path

import pandas as pd
import pytest

from repository import ROOT
from selfverify.errors import InputError
from selfverify.verification.comparison import (
    difference,
    num_tables,
    refresh_tables,
    stale_tables,
)
from selfverify.verification.recomputation import recompute
from selfverify.versioning.records import JobRecord

TABLE = "| system | rate |\n|---|---|\n| a | 5/40 |\n"
README = "Rates:\n\n<!-- t.md -->\n| system | rate |\n|---|---|\n| a | 4/40 |\n<!-- end -->\nSo.\n"


def test_a_stale_table_is_found_and_refreshed(tmp_path):
    (tmp_path / "t.md").write_text(f"{TABLE}\nA note.\n")
    (tmp_path / "README.md").write_text(README)
    (problem,) = stale_tables(tmp_path / "README.md", tmp_path)
    assert "the table from t.md is not what that file says" in problem
    fresh = refresh_tables(README, tmp_path)
    assert fresh == README.replace("4/40", "5/40")
    (tmp_path / "README.md").write_text(fresh)
    assert stale_tables(tmp_path / "README.md", tmp_path) == []


def test_a_table_whose_file_is_missing_is_named(tmp_path):
    (tmp_path / "README.md").write_text(README)
    (problem,) = stale_tables(tmp_path / "README.md", tmp_path)
    assert problem.endswith("t.md, whose table it shows, is missing")
    with pytest.raises(InputError, match=r"t\.md is missing, whose table a page shows; make it"):
        refresh_tables(README, tmp_path)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("n,k\n8,1\n", None),
        ("n,k\n8,2\n", "line 2: '8,2' is printed, the records say '8,1'"),
        ("n,k\n", "line 2: None is printed, the records say '8,1'"),
        (None, "is missing"),
    ],
)
def test_the_first_line_that_differs_is_named(tmp_path, printed, said):
    pd.DataFrame({"n": [8], "k": [1]}).to_csv(tmp_path / "new.csv", index=False)
    if printed is not None:
        (tmp_path / "old.csv").write_text(printed)
    found = difference(tmp_path / "old.csv", tmp_path / "new.csv")
    assert found is None if said is None else said in str(found)


def job(command, *outputs):
    return JobRecord("r", outputs, {}, (), "", f"{command} 2>&1 | tee l.log >&2", "", 0.0, 0.0)


def test_a_job_is_repeated_elsewhere_and_its_outputs_compared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in.txt").write_text("1\n")
    Path("out.csv").write_text("1\n")
    copy = job("cp in.txt out.csv", "out.csv")
    assert recompute(copy) == []
    Path("in.txt").write_text("2\n")
    assert recompute(copy) == ["out.csv, line 1: '1' is printed, the records say '2'"]
    assert Path("out.csv").read_text() == "1\n"  # untouched
    Path("in.txt").unlink()
    (problem,) = recompute(copy)
    assert problem.startswith("out.csv cannot be made again: cp: ")
    assert not Path("l.log").exists()


def test_a_table_may_show_the_rows_of_one_word_alone(tmp_path):
    (tmp_path / "t.md").write_text(f"{TABLE}| b | 1/40 |\n")
    page = README.replace("<!-- t.md -->", "<!-- t.md: b -->")
    fresh = refresh_tables(page, tmp_path)
    assert fresh == page.replace("| a | 4/40 |", "| b | 1/40 |")


def test_readme_and_docs_show_tables_and_all_are_what_their_files_say():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert sum(num_tables(page.read_text()) for page in pages) >= 5
    assert [problem for page in pages for problem in stale_tables(page, ROOT)] == []
