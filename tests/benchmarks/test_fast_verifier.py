"""What the table of the fast verifier counts."""

import pandas as pd
from scripts.benchmarks.table_fast_verifier import table_fast_verifier

from selfverify.results.markup import TableFiles


def test_texts_and_verdicts_are_counted_apart(tmp_path):
    rows = pd.DataFrame(
        {
            "hypothesis": ["a", "b", "c", "d"],
            "verifier_hypothesis": ["a", "b", "x", "y"],
            "is_catastrophic": [False, True, True, False],
            "verifier_is_catastrophic": [False, True, True, True],
            "utterance_id": ["u1", "u1", "u2", "u2"],
            "flag_pipeline_error": False,
            "verifier_flag_pipeline_error": False,
        }
    )
    path = tmp_path / "mini-llasa" / "hard.parquet"
    path.parent.mkdir()
    rows.to_parquet(path)
    files = TableFiles(*(tmp_path / f"table.{end}" for end in ("csv", "md", "tex")))
    table_fast_verifier(verdicts=[path], reference="slow", fast="quick", files=files)
    row = pd.read_csv(files.csv).iloc[0].to_dict()
    assert row == {
        "system": "mini-llasa", "prompt_set": "hard", "n": 4, "same_text": 2, "same_verdict": 3,
        "reference_fails": 2, "fast_fails": 3,
    }  # fmt: skip
    assert "3/4 = 75.0%" in files.markdown.read_text()
