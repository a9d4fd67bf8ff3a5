"""The table of flips: what counts as one, and a clean clip that has none."""

import pandas as pd
from scripts.benchmarks.table_changes import _flips, _shown, table_changes

from selfverify.audio.clips import describe_clip
from selfverify.results.markup import TableFiles
from selfverify.scoring.changes import AS_IT_IS, CHANGES
from selfverify.storage.tables import write_records


def verdict(clip: str, change: str, decision: str, cer: float) -> dict[str, object]:
    return {"id": f"{clip}/{change}", "decision": decision, "failure_mode": "", "cer": cer,
            "hypothesis": ""}  # fmt: skip


def test_a_flip_is_another_decision_than_on_the_same_clip_as_it_is():
    flips = _flips([
        verdict("a 0", "half as loud", "fail", 0.6), verdict("a 0", AS_IT_IS, "pass", 0.4),
        verdict("a 1", "half as loud", "fail", 0.6), verdict("a 1", AS_IT_IS, "fail", 0.1),
    ])  # fmt: skip
    assert [flip["is_flip"] for flip in flips] == [True, False, False, False]
    assert [flip["is_clear"] for flip in flips] == [False, False, True, True]
    rows = {row["change"]: row for row in _shown([f for f in flips if f["change"] != AS_IT_IS])}
    assert rows["half as loud"]["flips"].startswith("1/2 = 50.0%")
    assert rows["all"]["of clear clips"].startswith("0/1 = 0.0%")


def test_a_clean_clip_is_changed_in_every_way_and_never_flips(tmp_path, speech):
    text, samples = speech
    path = tmp_path / "audio" / "reference" / "hard" / "000.parquet"
    path.parent.mkdir(parents=True)
    write_records([describe_clip("u1", 0, samples, 16_000)], path)
    prompts = tmp_path / "prompts.parquet"
    pd.DataFrame({"utterance_id": ["u1"], "text": [text]}).to_parquet(prompts)
    files = TableFiles(*(tmp_path / f"table.{end}" for end in ("csv", "md", "tex")))
    table_changes(audio=[path], prompts=prompts, num_clips=1, recogniser="moonshine", files=files)
    flips = pd.read_csv(files.csv)
    assert sorted(flips["change"]) == sorted(CHANGES)
    assert flips["is_flip"].tolist() == [False] * len(CHANGES)
    assert "0/16 = 0.0%" in files.markdown.read_text()
