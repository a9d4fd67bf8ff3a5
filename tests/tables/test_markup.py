import pandas as pd

from outputs import table_files
from selfverify.results.markup import counts_with_intervals, write_shown


def test_cells_stay_as_they_are_and_the_note_follows(tmp_path):
    table = pd.DataFrame({"failure_mode": ["empty"], "share": ["0.50 %"], "n": [1_000_000]})
    write_shown(table, "Of all.", table_files(tmp_path))
    heading, _, row, *rest = (tmp_path / "t.md").read_text().splitlines()
    assert [cell.strip() for cell in heading.split("|")[1:-1]] == ["failure mode", "share", "n"]
    assert [cell.strip() for cell in row.split("|")[1:-1]] == ["empty", "0.50 %", "1000000"]
    assert rest == ["", "Of all."]
    assert (tmp_path / "t.tex").read_text().splitlines() == [
        "% Of all.",
        r"\begin{tabular}{llr}",
        r"\toprule",
        r"failure mode & share & n \\",
        r"\midrule",
        r"empty & 0.50 \% & 1000000 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_counts_are_shown_with_their_intervals():
    table = pd.DataFrame({"a_k": [1], "n": [8], "a_low": [0.003], "a_high": [0.527]})
    assert counts_with_intervals(table, "a_") == ["1/8 [0.3%, 52.7%]"]
