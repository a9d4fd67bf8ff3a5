"""What is kept is the verifier's choice, what fails is each evaluator's."""

import pandas as pd
from scripts.tables.table_evaluators import table_evaluators

from selfverify.results.markup import TableFiles


def judged(folder, fails):
    """Verdicts of two utterances with two candidates each."""
    path = folder / "a" / "hard.parquet"
    path.parent.mkdir(parents=True)
    pd.DataFrame(
        {
            "utterance_id": ["u", "u", "v", "v"],
            "candidate_index": [0, 1, 0, 1],
            "is_catastrophic": [mode == "silence" for mode in fails],
            "flag_pipeline_error": [mode == "pipeline_error" for mode in fails],
        }
    ).to_parquet(path)
    return path


def test_each_evaluator_counts_the_same_choice(tmp_path):
    one = judged(tmp_path / "one", ["silence", "ok", "silence", "ok"])
    other = judged(tmp_path / "other", ["silence", "silence", "pipeline_error", "ok"])
    selected = tmp_path / "selected.parquet"
    kept = {"utterance_id": ["u", "v"], "best_of_1": [0, 0], "best_of_2": [1, 1]}
    pd.DataFrame(kept).to_parquet(selected)
    files = TableFiles(*(tmp_path / f"table.{end}" for end in ("csv", "md", "tex")))
    table_evaluators(
        verdicts=[one, other], evaluators=["ctc", "hubert"], selected=[selected], best_of=[1, 2],
        files=files,
    )  # fmt: skip
    table = pd.read_csv(files.csv)
    assert table[["evaluator", "best_of", "k", "n"]].values.tolist() == [
        ["ctc", 1, 2, 2], ["ctc", 2, 0, 2], ["hubert", 1, 1, 1], ["hubert", 2, 1, 1],
    ]  # fmt: skip
    assert "hubert" in files.markdown.read_text()
