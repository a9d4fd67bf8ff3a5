import json
import re

import numpy as np
import pandas as pd
import pytest

from selfverify.cli import main
from selfverify.errors import InputError
from selfverify.listening.building import build_pairs, key_path, write_test
from selfverify.listening.checksum import checksum
from selfverify.listening.estimates import rogan_gladen
from selfverify.listening.frame import allocate
from selfverify.listening.merging import merge


def refused(folder):
    return pd.read_csv(folder / "out/refused.csv", keep_default_na=False)


def change(file, edit, *, seal=True):
    """Changes the content of an exported file, as the page would have or by hand."""
    content = json.loads(file.read_text())
    edit(content)
    if seal:
        content["checksum"] = checksum(content)
    file.write_text(json.dumps(content))


def test_texts_are_escaped_wherever_the_page_has_them(built_page):
    assert "<b>" not in re.sub(r"<p>.*?</p>", "", built_page[0], flags=re.DOTALL)
    assert "<i>" not in built_page[0]
    assert built_page[0].count("</script>") == 2


def test_two_simulated_raters_who_hear_what_is_flagged_confirm_the_naive_rate(
    built_page, simulated_file, tmp_path
):
    page, key, path = built_page
    files = [simulated_file(page, key, rater) for rater in ("s1", "s2")]
    assert merge(path, files, tmp_path / "out").startswith("SIMULATED")
    table = pd.read_csv(tmp_path / "out/rates.csv")
    assert np.allclose(table["naive"], 0.25)
    assert np.allclose(table["corrected"], 0.25)
    assert table["simulated"].all()
    agreement = pd.read_csv(tmp_path / "out/agreement.csv")
    assert np.allclose(agreement[["value", "low", "high"]], 1.0)
    raters = pd.read_csv(tmp_path / "out/raters.csv")
    assert np.allclose(raters["minutes"], len(key) / 2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"study": "other"}, "of another test"), ({"format": "x"}, "not answers of this kind"),
     ({"rater": " S1"}, "is in"), ({"rater": " "}, "no rater or no answers"),
     ({"answers": []}, "no rater or no answers")],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_and_the_rest_merged(
    built_page, simulated_file, tmp_path, changes, reason
):
    page, key, path = built_page
    good = simulated_file(page, key, "s1")
    bad = simulated_file(page, key, **{"rater": "s2"} | changes)
    merge(path, [good, bad], tmp_path / "out")
    assert list(refused(tmp_path)["file"]) == [str(bad)]
    assert reason in refused(tmp_path)["reason"][0]
    assert list(pd.read_csv(tmp_path / "out/raters.csv")["rater"]) == ["s1"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda file: file.update(simulated=False),
        lambda file: file.update(rater="s3"),
        lambda file: file.pop("checksum"),
        lambda file: next(iter(file["answers"].values()))["answer"].update(says="minor"),
        lambda file: next(iter(file["answers"].values())).update(answer=None),
        lambda file: file["answers"].popitem(),
        lambda file: file["answers"].update(new={}),
    ],
)
def test_a_file_that_was_changed_by_hand_is_refused_whole(
    built_page, simulated_file, tmp_path, edit
):
    page, key, path = built_page
    good, bad = (simulated_file(page, key, rater) for rater in ("s1", "s2"))
    change(bad, edit, seal=False)
    merge(path, [good, bad], tmp_path / "out")
    assert list(refused(tmp_path)["file"]) == [str(bad)]
    assert refused(tmp_path)["reason"][0].startswith("written or changed by hand")


def test_a_file_that_is_no_json_is_refused_and_the_rest_merged(
    built_page, simulated_file, tmp_path
):
    page, key, path = built_page
    good, bad = simulated_file(page, key, "s1"), tmp_path / "bad.json"
    bad.write_text("{")
    merge(path, [good, bad, tmp_path / "missing.json"], tmp_path / "out")
    assert list(refused(tmp_path)["file"]) == [str(bad), str(tmp_path / "missing.json")]
    assert set(refused(tmp_path)["reason"].str[:24]) == {"not a readable JSON file"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"sha256": ["0" * 64]}, "given on other audio"), ({"seconds": "?"}, "no time"),
     ({"answer": {"says": "perhaps", "defects": [], "publish": "no"}}, "says cannot be"),
     ({"answer": {"says": "no"}}, "answers ['says'] instead of")],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_refused_alone(
    built_page, simulated_file, tmp_path, changes, reason
):
    page, key, path = built_page
    file, trial = simulated_file(page, key, "s1"), key["trial_id"][0]
    change(file, lambda content: content["answers"][trial].update(changes))
    merge(path, [file], tmp_path / "out")
    assert list(refused(tmp_path)["trial_id"]) == [trial]
    assert refused(tmp_path)["reason"][0].startswith(reason)


def test_a_key_of_replaced_audio_refuses_every_file(built_page, simulated_file, tmp_path):
    page, key, path = built_page
    file = simulated_file(page, key, "s1")
    key.assign(sha256=["0" * 64, *key["sha256"][1:]]).to_csv(path, index=False)
    with pytest.raises(InputError, match="its key or audio was replaced"):
        merge(path, [file], tmp_path / "out")
    assert list(refused(tmp_path)["file"]) == [str(file)]


def test_a_file_that_answers_a_trial_twice_is_refused(built_page, simulated_file, tmp_path):
    page, key, path = built_page
    good, bad = (simulated_file(page, key, rater) for rater in ("s1", "s2"))
    first = json.dumps(key["trial_id"][0])
    bad.write_text(bad.read_text().replace('"answers": {', f'"answers": {{{first}: {{}}, ', 1))
    merge(path, [good, bad], tmp_path / "out")
    assert list(refused(tmp_path)["file"]) == [str(bad)]
    assert refused(tmp_path)["reason"][0].startswith(f"{key['trial_id'][0]} stands twice")


def test_the_command_line_merges_by_two_words(
    built_page, simulated_file, tmp_path, monkeypatch, capsys
):
    page, key, path = built_page
    file, out = simulated_file(page, key, "s1"), tmp_path / "out"
    monkeypatch.setattr(
        "sys.argv", ["selfverify", "listen", "merge", str(path), str(file), "--out", str(out)]
    )
    main()
    assert capsys.readouterr().out.startswith("SIMULATED")
    assert (out / "rates.csv").is_file()


def test_a_key_that_has_a_trial_twice_is_refused(built_page, simulated_file, tmp_path):
    page, key, path = built_page
    pd.concat([key, key.head(1)]).to_csv(path, index=False)
    with pytest.raises(InputError, match="a trial stands twice"):
        merge(path, [simulated_file(page, key, "s1")], tmp_path / "out")


def test_half_a_session_is_merged_and_said_to_be_half(built_page, simulated_file, tmp_path):
    page, key, path = built_page
    file = simulated_file(page, key, "s1")
    missing = key["trial_id"][key["kind"] == "clip"].iloc[:5]
    change(file, lambda content: [content["answers"].pop(trial) for trial in missing])
    assert f"not merged: {file} by s1: 5 of {len(key)}" in merge(path, [file], tmp_path / "out")
    assert list(refused(tmp_path)["rater"]) == ["s1"]
    rates = pd.read_csv(tmp_path / "out/rates.csv").query("system == 'all'")
    assert set(rates["num_clips"]) == {len(key) - 2 - 5}


@pytest.mark.parametrize("says", ["yes", "minor", "no"])
def test_a_rater_who_always_says_the_same_is_excluded_and_the_others_stay(
    built_page, simulated_file, tmp_path, says
):
    page, key, path = built_page
    files = [simulated_file(page, key, "s1"), simulated_file(page, key, "s2", says)]
    merge(path, files, tmp_path / "out")
    raters = pd.read_csv(tmp_path / "out/raters.csv").set_index("rater")
    assert raters["kept"].to_dict() == {"s1": True, "s2": False}
    assert set(pd.read_csv(tmp_path / "out/agreement.csv")["num_raters"]) == {1}


def test_a_rater_who_misses_the_checks_leaves_nobody(built_page, simulated_file, tmp_path):
    page, key, path = built_page
    with pytest.raises(InputError, match="catch trials failed"):
        merge(path, [simulated_file(page, key, "s1", "no")], tmp_path / "out")


def test_pairs_have_the_same_text_and_pass_and_their_checks_exclude(
    frame, checks, simulated_file, tmp_path
):
    page, key = build_pairs(frame, checks, ("x", "y"), 10, "pairs", seed=1)
    pairs = key[key["kind"] == "pair"]
    assert len(pairs) == 10
    assert {*pairs["system_a"], *pairs["system_b"]} == {"x", "y"}
    assert set(key["expected"][key["kind"] == "catch"]) <= {"a", "b"}
    write_test(page, key, tmp_path / "pairs.html")
    files = [simulated_file(page, key, "s1"), simulated_file(page, key, "s2", "tie")]
    merge(key_path(tmp_path / "pairs.html"), files, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/preferences.csv").iloc[0]
    assert (table["wins"], table["losses"], table["ties"]) == (0, 0, 10)
    assert table["p_value"] == 1
    assert list(pd.read_csv(tmp_path / "out/raters.csv")["kept"]) == [True, False]


def test_shares_go_by_the_square_root_of_the_size_and_a_small_stratum_is_heard_whole():
    assert list(allocate(np.array([100, 10_000]), 22)) == [3, 19]
    assert list(allocate(np.array([100, 10_000]), 110)) == [10, 100]
    assert list(allocate(np.array([2, 100]), 10)) == [2, 8]
    with pytest.raises(InputError, match="ask for 6"):
        allocate(np.array([100, 100]), 5)


def test_rogan_gladen_undoes_known_errors():
    assert rogan_gladen(0.2 * 0.9 + 0.8 * 0.1, np.array(0.9), np.array(0.9)) == pytest.approx(0.2)


def test_a_system_some_of_whose_clips_nobody_rated_has_no_rate(
    built_page, simulated_file, tmp_path
):
    page, key, path = built_page
    clips = key[key["kind"] == "clip"]
    left = clips[clips["level"] == clips["level"].iloc[0]]["trial_id"].tolist()

    def leave_out(content):
        content["answers"] = {k: v for k, v in content["answers"].items() if k not in left}

    file = simulated_file(page, key, "s1")
    change(file, leave_out)
    assert "no rate of" in merge(path, [file], tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/rates.csv").set_index("system")
    unheard = {*clips[clips["trial_id"].isin(left)]["system"], "all"}
    assert table.loc[table.index.isin(unheard), ["naive", "corrected"]].isna().all(axis=None)
    assert table.loc[~table.index.isin(unheard), ["naive", "corrected"]].notna().all(axis=None)
