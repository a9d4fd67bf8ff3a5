import json
import re

import numpy as np
import pandas as pd
import pytest

from selfverify.cli import main
from selfverify.errors import InputError
from selfverify.listening.building import build_pairs
from selfverify.listening.estimates import rogan_gladen
from selfverify.listening.frame import allocate
from selfverify.listening.merging import merge
from selfverify.listening.ratings import FORMAT


def simulated_file(page, key, folder, rater, name=None, **changes):
    """A file of a simulated rater who hears what the recognisers flag."""
    study = re.search(r'"id": "([0-9a-f]{64})"', page)
    assert study
    answers = {
        row["trial_id"]: {
            "sha256": [row["sha256"]],
            "seconds": 1,
            "answer": {
                "says": "no" if row["verifier_flag"] or row["kind"] == "catch" else "yes",
                "defects": [],
                "publish": "no",
            },
        }
        for row in key.to_dict("records")
    }
    path = folder / f"{rater}-{len(list(folder.iterdir()))}.json"
    file = {"format": FORMAT, "study": study[1], "rater": name or rater, "simulated": True}
    path.write_text(json.dumps(file | {"answers": answers} | changes))
    return path


def test_texts_are_escaped_wherever_the_page_has_them(built_page):
    assert "<b>" not in re.sub(r"<p>.*?</p>", "", built_page[0], flags=re.DOTALL)
    assert built_page[0].count("</script>") == 2


def test_two_simulated_raters_who_hear_what_is_flagged_confirm_the_naive_rate(built_page, tmp_path):
    page, key, path = built_page
    files = [simulated_file(page, key, tmp_path, rater) for rater in ("s1", "s2")]
    assert merge(path, files, tmp_path / "out").startswith("SIMULATED")
    table = pd.read_csv(tmp_path / "out/rates.csv")
    assert np.allclose(table["naive"], 0.25)
    assert np.allclose(table["corrected"], 0.25)
    assert table["simulated"].all()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"study": "other"}, "of another test"), ({"format": "x"}, "not answers of this kind"),
     ({"name": "s1"}, "is in"), ({"name": " "}, "no rater or no answers"),
     ({"answers": []}, "no rater or no answers")],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_and_the_rest_merged(
    built_page, tmp_path, changes, reason
):
    page, key, path = built_page
    good = simulated_file(page, key, tmp_path, "s1")
    bad = simulated_file(page, key, tmp_path, "s2", **changes)
    merge(path, [good, bad], tmp_path / "out")
    refused = pd.read_csv(tmp_path / "out/refused.csv")
    assert list(refused["file"]) == [str(bad)]
    assert reason in refused["reason"][0]


def test_an_answer_on_replaced_audio_is_refused_alone(built_page, tmp_path):
    page, key, path = built_page
    file = simulated_file(page, key, tmp_path, "s1")
    content = json.loads(file.read_text())
    content["answers"][key["trial_id"][0]]["sha256"] = ["0" * 64]
    file.write_text(json.dumps(content))
    merge(path, [file], tmp_path / "out")
    refused = pd.read_csv(tmp_path / "out/refused.csv")
    assert list(refused["trial_id"]) == [key["trial_id"][0]]


def test_a_file_that_answers_a_trial_twice_is_refused(built_page, tmp_path):
    page, key, path = built_page
    good, bad = (simulated_file(page, key, tmp_path, rater) for rater in ("s1", "s2"))
    first = json.dumps(key["trial_id"][0])
    bad.write_text(bad.read_text().replace('"answers": {', f'"answers": {{{first}: {{}}, ', 1))
    merge(path, [good, bad], tmp_path / "out")
    refused = pd.read_csv(tmp_path / "out/refused.csv")
    assert list(refused["file"]) == [str(bad)]
    assert refused["reason"][0].startswith(f"{key['trial_id'][0]} stands twice")


def test_the_command_line_merges_by_two_words(built_page, tmp_path, monkeypatch, capsys):
    page, key, path = built_page
    file, out = simulated_file(page, key, tmp_path, "s1"), tmp_path / "out"
    monkeypatch.setattr(
        "sys.argv", ["selfverify", "listen", "merge", str(path), str(file), "--out", str(out)]
    )
    main()
    assert capsys.readouterr().out.startswith("SIMULATED")
    assert (out / "rates.csv").is_file()


def test_a_key_that_has_a_trial_twice_is_refused(built_page, tmp_path):
    page, key, path = built_page
    pd.concat([key, key.head(1)]).to_csv(path, index=False)
    with pytest.raises(InputError, match="a trial stands twice"):
        merge(path, [simulated_file(page, key, tmp_path, "s1")], tmp_path / "out")


def test_the_table_of_what_was_not_merged_says_by_which_rater(built_page, tmp_path):
    page, key, path = built_page
    file = simulated_file(page, key, tmp_path, "s1")
    content = json.loads(file.read_text())
    del content["answers"][key["trial_id"][0]]
    file.write_text(json.dumps(content))
    assert f"not merged: {file} by s1: 1 of {len(key)}" in merge(path, [file], tmp_path / "out")
    assert list(pd.read_csv(tmp_path / "out/refused.csv")["rater"]) == ["s1"]


def test_a_rater_who_misses_the_catch_trials_leaves_nobody(built_page, tmp_path):
    page, key, path = built_page
    file = simulated_file(page, key.assign(kind="clip", verifier_flag=False), tmp_path, "s1")
    with pytest.raises(InputError, match="catch trials failed"):
        merge(path, [file], tmp_path / "out")


def test_pairs_have_the_same_text_and_pass(frame):
    _, key = build_pairs(frame, ("x", "y"), 10, "pairs", seed=1)
    assert len(key) == 10
    assert {*key["system_a"], *key["system_b"]} == {"x", "y"}


def test_what_a_small_stratum_lacks_goes_to_the_others():
    assert list(allocate(np.array([2, 100]), 10)) == [2, 8]


def test_rogan_gladen_undoes_known_errors():
    assert rogan_gladen(0.2 * 0.9 + 0.8 * 0.1, np.array(0.9), np.array(0.9)) == pytest.approx(0.2)
