"""Tables of the comparison, from small verdicts and trainings: what their rows say."""

import json

import numpy as np
import pandas as pd
import pytest
from scripts.comparison.measure_voice import measure_voice
from scripts.comparison.table_budgets import table_budgets
from scripts.comparison.table_distillation import table_distillation
from scripts.comparison.table_distillation_claims import table_distillation_claims
from scripts.comparison.table_distillation_power import table_distillation_power
from scripts.comparison.table_gain_by_prompt import table_gain_by_prompt
from scripts.comparison.table_guards import _apart, table_guards
from scripts.comparison.table_method_comparison import table_method_comparison
from scripts.comparison.table_sweep import table_sweep

from outputs import table_files
from selfverify.audio.clips import describe_clip
from selfverify.distillation.pools import TrainingCandidate
from selfverify.distillation.power import Sides, power_at, smallest_share
from selfverify.errors import InputError
from selfverify.storage.records import FailureMode, StopReason
from selfverify.storage.tables import write_records
from verdicts import write_verdicts

PRIMARY = ["s=hard=sft=as is", "s=hard=sft=sft-random"]


def write_training(folder, losses, **facts):
    """A training.json as a training leaves it."""
    training = {
        "losses": losses, "beta": 0.1, "num_steps": 60, "batch_size": 16, "num_candidates": 2400,
        "num_prompts": 600, "num_prompts_never_pass": 200, "num_examples": 400, "num_pairs": 300,
        "chosen_frames": 80.0, "rejected_frames": 90.0, "rejected_modes": {"silence": 3},
    }  # fmt: skip
    folder.mkdir()
    (folder / "training.json").write_text(json.dumps(training | facts))
    return folder / "training.json"


def test_budgets_name_what_each_arm_learns_from(tmp_path):
    trainings = [
        write_training(tmp_path / "s-sft-1", ["sft"], selection="verified"),
        write_training(tmp_path / "s-sft-random-1", ["sft"], selection="random"),
        write_training(tmp_path / "s-dpo-1", ["sigmoid"], selection="verified"),
        write_training(tmp_path / "s-grpo-1", ["grpo"], selection="verified"),
    ]
    files = table_files(tmp_path)
    table_budgets(trainings=trainings, files=files)
    table = pd.read_csv(files.csv)
    assert table["selection"].tolist() == ["verified", "random", "pairs", "own, as it goes"]
    assert table["num_sequences"].nunique() == 1
    assert "| random" in files.markdown.read_text()


def write_pool(folder, num_failed, num_prompts=10):
    """Judged candidates, four of each prompt, of which so many of every prompt fail."""
    modes = [FailureMode.SILENCE] * num_failed + [FailureMode.OK] * (4 - num_failed)
    candidates = [
        TrainingCandidate(f"u{i}", j, "Yes.", [1], StopReason.EOS, 1, 0.1, mode)
        for i in range(num_prompts)
        for j, mode in enumerate(modes)
    ]
    folder.mkdir(exist_ok=True)
    write_records(candidates, folder / "005.parquet")
    return folder / "005.parquet"


def test_a_sweep_is_held_against_the_system_as_it_is(tmp_path):
    (tmp_path / "s-sft-1").mkdir()
    curve = tmp_path / "s-sft-1" / "curve.csv"
    pd.DataFrame({"step": [0, 1, 2], "held_out_loss": [2.0, None, 1.75]}).to_csv(curve)
    arguments = {
        "systems": [write_pool(tmp_path / "s", 2)],
        "policies": [write_pool(tmp_path / "s-sft-1", 1), write_pool(tmp_path / "s-cool", 3)],
        "trainings": [
            write_training(tmp_path / "of", ["sft"], learning_rate=0.1, lora_rank=4).rename(
                tmp_path / "s-sft-1" / "training.json"
            )
        ],
        "curves": [curve],
        "arms": ["s-sft-1=s=sft", "s-cool=s=cool"],
        "seed": 1,
    }
    files = table_files(tmp_path)
    table_sweep(**arguments, files=files)
    table = pd.read_csv(files.csv)
    assert table["arm"].tolist() == ["as is", "sft", "cool"]
    assert table["k"].tolist() == [20, 10, 30]
    assert table["difference"].tolist() == pytest.approx([0, 0.25, -0.25])
    assert table["lora_rank"].tolist()[1] == 4
    assert table["held_out_loss"].tolist()[:2] == [2.0, 1.75]
    shown = files.markdown.read_text()
    assert "10/40 = 25.0%" in shown
    assert "nan" not in shown.lower()
    write_pool(tmp_path / "s-cool", 3, num_prompts=9)
    with pytest.raises(InputError, match=r"s-cool/005\.parquet: other prompts than of s"):
        table_sweep(**arguments, files=files)


@pytest.fixture
def compared(tmp_path):
    """Arguments of the tables: SFT fails less than as is, and no less once both are cool."""
    return {
        "teachers": [write_verdicts(tmp_path, "s", 0.6)],
        "policies": [
            write_verdicts(tmp_path, "s-sft-1", 0.3, verifier=False),
            write_verdicts(tmp_path, "s-sft-random-1", 0.3, verifier=False),
            write_verdicts(tmp_path, "s-cooler", 0.3, verifier=False),
        ],
        "matched": [
            write_verdicts(tmp_path, "s-at-0.4", 0.3, verifier=False),
            write_verdicts(tmp_path, "s-sft-1-at-0.4", 0.3, verifier=False),
            write_verdicts(tmp_path, "s-sft-random-1-at-0.4", 0.3, verifier=False),
        ],
        "arms": ["s-sft-1=s=sft", "s-sft-random-1=s=sft-random", "s-cooler=s=cooler"],
        "matched_arms": [
            "s-at-0.4=s=as is", "s-sft-1-at-0.4=s=sft", "s-sft-random-1-at-0.4=s=sft-random",
        ],
        "seed": 1,
        "files": table_files(tmp_path),
    }  # fmt: skip


def test_what_is_gained_on_top_of_cooling_stands_beside_the_gain(compared):
    table_distillation(**compared, temperatures=["s=0.4"], ceiling=2)
    table = pd.read_csv(compared["files"].csv).set_index("arm")
    sft = table.loc["sft"]
    assert sft["difference_low"] > 0
    assert sft["matched_difference_low"] < 0 < sft["matched_difference_high"]
    assert np.isnan(table.loc["cooler", "matched_k"])
    assert table.loc["as is", "matched_rate"] < table.loc["as is", "rate"]
    assert table["oracle_rate"].between(0, table["rate"]).all()
    shown = compared["files"].markdown.read_text()
    assert "| on top of cooling" in shown
    assert "| all of 2 fail" in shown
    assert "At s T 0.4, where as is alone gains by cooling" in shown


def test_contrasts_are_made_at_both_temperatures(compared):
    table_method_comparison(**compared, primary=PRIMARY)
    table = pd.read_csv(compared["files"].csv).set_index(["baseline", "arm"])
    against = table.loc["as is"]
    assert against.loc["sft", "p"] < 0.01 < against.loc["sft", "matched_p"]
    assert np.isnan(against.loc["cooler", "matched_p"])


def test_only_declared_contrasts_are_adjusted(compared):
    table_method_comparison(**compared, primary=PRIMARY)
    table = pd.read_csv(compared["files"].csv)
    assert table["role"].tolist() == ["primary"] * 2 + ["exploratory"] * 3
    pairs = list(zip(table["baseline"], table["arm"], strict=True))
    assert pairs[:2] == [("as is", "sft"), ("sft-random", "sft")]
    assert ("sft", "sft-random") not in pairs  # the same the other way round
    adjusted = dict(zip(pairs, table["p_adjusted"], strict=True))
    p_values = dict(zip(pairs, table["p"], strict=True))
    assert adjusted["as is", "sft"] == pytest.approx(2 * p_values["as is", "sft"])
    assert adjusted["as is", "cooler"] == p_values["as is", "cooler"]


def test_a_declared_contrast_needs_its_arms(compared):
    with pytest.raises(InputError, match=r"primary_contrasts: 's=hard=sft=dpo': nothing was drawn"):
        table_method_comparison(**compared, primary=["s=hard=sft=dpo"])


def test_share_closed_is_also_said_of_the_ceiling(compared):
    table_distillation(**compared, temperatures=[], ceiling=2)
    row = pd.read_csv(compared["files"].csv).set_index("arm").loc["sft"]
    possible = 1 - row["ceiling_rate"] / (row["rate"] + row["difference"])
    assert row["of_ceiling"] == pytest.approx(row["closed"] / possible, rel=1e-4)
    assert row["of_ceiling_low"] < row["of_ceiling"] < row["of_ceiling_high"]


def test_a_ceiling_of_more_than_the_pool_is_left_out(compared):
    table_distillation(**compared, temperatures=[], ceiling=8)
    assert pd.read_csv(compared["files"].csv)["of_ceiling"].isna().all()


def write_voice(folder, arm, pitches, timbre=0.0):
    """Voice of all candidates of each speaker of an arm, as `measure_voice` writes it."""
    rows = [
        {"speaker": name, "prompt_set": prompt_set, "utterance_id": f"u{prompt:02}",
         "candidate_index": index, "pitch_st": pitch + prompt / 100, "pitch_spread_st": 2.0,
         "cepstrum": [timbre, float(index)] if prompt else None}
        for name, pitch in pitches.items() for prompt_set in ("hard", "standard")
        for prompt in range(30) for index in range(4)
    ]  # fmt: skip
    (folder / arm).mkdir()
    pd.DataFrame(rows).to_parquet(folder / arm / "voice.parquet")
    return folder / arm / "voice.parquet"


def test_guards_hold_each_arm_against_its_system(tmp_path):
    names = ["s", "s-sft-1", "s-sft-2"]
    paths = [write_verdicts(tmp_path, name, 0.3, verifier=name == "s") for name in names]
    for path in paths:
        seconds = {"duration_s": 2.0, "speech_s": 1.5, "expected_s": 1.5}
        pd.read_parquet(path).assign(**seconds).to_parquet(path)
    voices = [
        write_voice(tmp_path, "as-is", {"s": 3.0}),
        write_voice(tmp_path, "sft", {"s-sft-1": 3.2, "s-sft-2": 4.8}, timbre=40.0),
    ]
    files = table_files(tmp_path)
    table_guards(
        teachers=paths[:1], policies=paths[1:], voices=voices, files=files,
        arms=["s-sft-1=s=sft", "s-sft-2=s=sft"],
    )  # fmt: skip
    table = pd.read_csv(files.csv).set_index("measure")
    assert table.loc["duration", ["value", "teacher"]].tolist() == pytest.approx(
        [4 / 3] * 2, rel=1e-4
    )
    assert 0.2 < table.loc["pitch", "difference"] < 1.8  # both seeds count
    assert table.loc["pitch spread", "difference"] == 0
    assert table.loc["timbre", "teacher"] == pytest.approx(1, abs=0.1)
    assert table.loc["timbre", "value"] > 30  # candidates as is lie a step or so from their middle
    # As is, candidates of a prompt have one pitch; of an arm, those of two seeds that differ.
    assert table.loc["variety of pitch", "teacher"] == 0
    assert 0 < table.loc["variety of pitch", "value"] <= 1.6
    assert table.loc["variety of pace", "value"] == 0
    assert table.loc["errors", "num_prompts"] > 0


def test_variety_is_the_mean_distance_of_two_candidates():
    few, many = pd.Series([1.0, 3.0, np.nan]), pd.Series([1.0, 3.0, 1.0, 3.0])
    assert _apart(few) == 2
    assert _apart(many) == pytest.approx(4 / 3)  # four pairs of six differ
    assert np.isnan(_apart(pd.Series([1.0])))


def test_the_voice_is_measured_of_every_clip_of_an_arm(tmp_path, speech):
    clips = [("s-sft-1", speech[1]), ("s-sft-2", np.zeros(0, np.float32))]
    files = [tmp_path / name / "hard" / "000.parquet" for name, _ in clips]
    for path, (_, audio) in zip(files, clips, strict=True):
        reason = StopReason.EOS if audio.size else StopReason.EMPTY
        write_records([describe_clip("u1", 0, audio, 16_000, reason)], path)
    measure_voice(audio=files, output=tmp_path / "voice.parquet")
    table = pd.read_parquet(tmp_path / "voice.parquet")
    assert table["speaker"].tolist() == ["s-sft-1", "s-sft-2"]
    assert table["prompt_set"].tolist() == ["hard"] * 2
    assert table["pitch_st"].isna().tolist() == [False, True]
    assert [None if c is None else len(c) for c in table["cepstrum"]] == [12, None]


def test_power_says_the_smallest_share_that_can_be_shown(tmp_path):
    files = table_files(tmp_path)
    table_distillation_power(
        teachers=[write_verdicts(tmp_path, "s", 0.6, size=8, num_prompts=60)],
        primary=["s=hard=sft=as is", "s=hard=sft=sft-random"],
        num_baseline=[8, 6], num_arm=[6, 6], ceiling=4, seed=1, files=files,
    )  # fmt: skip
    table = pd.read_csv(files.csv)
    assert (table["share"] < table["share_holm"]).all()
    assert table["share"].between(0.05, 0.4).all()
    assert table["share"].iloc[0] <= table["share"].iloc[1]  # a baseline of more candidates
    assert (table["share_of_ceiling"] > table["share"]).all()
    assert "| sft against as is" in files.markdown.read_text()


def test_power_is_what_a_simulated_study_finds():
    failed = np.random.default_rng(0).integers(0, 9, 100)
    sides = Sides(8, 6)
    assert power_at(0.0, failed, 8, sides, 0.05, 1) == pytest.approx(0.025, abs=0.015)
    share = smallest_share(failed, 8, sides, 0.05, 1)
    assert power_at(share, failed, 8, sides, 0.05, 1) >= 0.8
    assert power_at(share - 0.02, failed, 8, sides, 0.05, 1) < 0.8
    assert np.isnan(smallest_share(np.zeros(100, int), 8, sides, 0.05, 1))


def test_without_a_matched_temperature_its_columns_are_empty(compared):
    table_distillation(**compared | {"matched": [], "matched_arms": []}, temperatures=[], ceiling=2)
    table = pd.read_csv(compared["files"].csv)
    assert table["matched_k"].isna().all()


def claims_of(compared, tmp_path):
    """The claims on system s, by what they say, from tables of the fixture."""
    tables = {}
    for name, make, more in (
        ("arms", table_distillation, {"temperatures": [], "ceiling": 2}),
        ("contrasts", table_method_comparison, {"primary": PRIMARY}),
        ("by_prompt", table_gain_by_prompt, {}),
    ):
        needed = compared | more
        if name == "by_prompt":
            needed = {k: needed[k] for k in ("teachers", "policies", "arms")}
        make(**needed | {"files": table_files(tmp_path)})
        tables[name] = (tmp_path / "t.csv").rename(tmp_path / f"{name}.csv")
    files = table_files(tmp_path)
    table_distillation_claims(**tables, systems=["s"], files=files)
    return pd.read_csv(files.csv)


def test_claims_on_distillation_are_read_from_its_tables(compared, tmp_path):
    table = claims_of(compared, tmp_path).set_index("claim")
    closed = table.loc["distillation closes 52 to 58 % of the failures on hard prompts"]
    assert "% of what perfect best of 2 closes" in closed["estimate"]
    assert closed["conclusion"] in ("fails", "cannot tell")
    cooling = table.loc["the gain of SFT on hard prompts is more than cooling"]
    assert cooling["conclusion"] == "cannot tell"
    assert "on top of cooling" in cooling["estimate"]
    taught = table.loc["verified candidates teach more than random own ones"]
    assert taught["conclusion"] == "cannot tell"
    assert taught["test"].startswith("primary: p ")
    assert table.loc["DPO does not beat SFT", "estimate"] == "not run"
    assert table.loc["distillation gains nothing on standard prompts", "estimate"] == "not run"
