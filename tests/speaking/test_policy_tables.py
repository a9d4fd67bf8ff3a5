"""Tables of policies, rerolls and temperatures on small verdicts whose answers are known."""

import json
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scripts.speaking.calibrate_speak import calibrate_speak
from scripts.speaking.plot_failure_cost import plot_failure_cost
from scripts.speaking.plot_failure_temperature import plot_failure_temperature
from scripts.speaking.table_policies import table_policies
from scripts.speaking.table_rerolls import measure_rerolls, table_rerolls
from scripts.speaking.table_temperatures import retry_rate, table_temperatures
from scripts.speaking.table_verifiers import table_verifiers
from scripts.speaking.tabulate_policies import tabulate_policies

from selfverify.errors import InputError
from selfverify.results.markup import TableFiles
from selfverify.selection.policies import FirstAccepted
from selfverify.selection.retry import Pool, expect_retry
from selfverify.speaking.calibration import (
    LIMITS,
    Cell,
    Pools,
    calibrate,
    choose,
    read_calibration,
)
from verdicts import write_verdicts


def files(folder, name="t"):
    return TableFiles(*(folder / f"{name}.{suffix}" for suffix in ("csv", "md", "tex")))


@pytest.fixture
def costs(tmp_path):
    verdicts = [write_verdicts(tmp_path, name, rate) for name, rate in (("a", 0.3), ("b", 0.0))]
    path = tmp_path / "costs.csv"
    tabulate_policies(verdicts=verdicts, num_draws=[1, 2, 4], max_share=1.5, output=path)
    return path


def test_policies_cost_what_is_drawn_and_recover_what_the_verifier_knows(costs):
    table = pd.read_csv(costs)
    assert len(table) == 2 * 2 * 3 * 3  # systems, verifiers, policies, n
    rows = table.query("system == 'a' and verifier == 'recogniser'").set_index(["policy", "n"])
    single, best, accepted = rows.loc[("best", 1)], rows.loc[("best", 4)], rows.loc[("accepted", 4)]
    assert best["cost"] == pytest.approx(4.0)
    assert 1.0 < accepted["cost"] < best["cost"]
    # The verifier says what the evaluator says: nothing is missing to the oracle.
    assert best["failure_rate"] == accepted["failure_rate"] == best["oracle_rate"]
    assert best["oracle_recovery"] == 1.0
    assert best["failure_rate"] < single["failure_rate"]
    # Of 2, 3, 4 and 5 s drawn 2, 3, 3 and 3 s are left.
    assert single["cost_abort"] == pytest.approx(2.75 / 3.5)


def test_a_system_that_never_fails_has_nothing_to_recover(costs):
    table = pd.read_csv(costs).query("system == 'b'")
    assert table["failure_rate"].max() == 0.0
    assert table["oracle_recovery"].isna().all()
    assert (table.query("policy == 'accepted'")["cost"] == 1.0).all()


def test_the_frontier_is_shown_as_table_and_picture(costs, tmp_path):
    table_policies(costs=costs, best_of=4, files=files(tmp_path))
    shown = (tmp_path / "t.md").read_text()
    assert len(pd.read_csv(tmp_path / "t.csv")) == 36
    assert shown.count("| first accepted") == 4
    assert shown.count("| first good, 5%") == 2  # neither system is calibrated
    plot_failure_cost(costs=costs, systems=["a", "b"], pdf=tmp_path / "f.pdf",
                      png=tmp_path / "f.png")  # fmt: skip
    assert (tmp_path / "f.png").stat().st_size > 10_000


def write_modes(folder, modes):
    """Verdicts with these failure modes, a list of a prompt's per prompt."""
    folder.mkdir()
    table = pd.DataFrame(
        [
            {"utterance_id": f"u{prompt}", "candidate_index": i, "failure_mode": mode,
             "is_catastrophic": mode != "ok", "flag_pipeline_error": False}
            for prompt, row in enumerate(modes) for i, mode in enumerate(row)
        ]
    )  # fmt: skip
    table.to_parquet(folder / "hard.parquet")
    return folder / "hard.parquet"


def test_rerolls_count_pairs_of_a_prompt_and_chance_pairs_of_others(tmp_path):
    path = write_modes(
        tmp_path / "s",
        [["runaway", "runaway", "ok"], ["runaway", "silence", "silence"], ["ok", "ok", "ok"]],
    )
    row = measure_rerolls(path)
    assert row["single_rate"] == pytest.approx(5 / 9)
    assert row["again_rate"] == pytest.approx((2 + 6) / (4 + 6))  # ordered pairs
    assert (row["num_pairs"], row["same_mode"]) == (4, 0.5)  # 2 of 4 pairs
    assert row["chance_mode"] == pytest.approx(2 / 6)  # runaway with runaway of the other prompt
    assert 0.0 <= row["rho_low"] <= row["rho"] <= row["rho_high"] <= 1.0


def test_rerolls_of_what_never_fails_are_shown_as_unknown(tmp_path):
    path = write_modes(tmp_path / "s", [["ok", "ok"], ["ok", "ok"]])
    table_rerolls(verdicts=[path], files=files(tmp_path))
    row = pd.read_csv(tmp_path / "t.csv").iloc[0]
    assert row[["again_rate", "same_mode", "chance_mode"]].isna().all()
    assert "–" in (tmp_path / "t.md").read_text()


def write_temperatures(folder):
    """Pools at two temperatures: at the warmer one more candidates fail, of other prompts."""
    cool = pd.read_parquet(write_verdicts(folder, "cool", 0.1)).assign(temperature=0.3)
    warm = pd.read_parquet(write_verdicts(folder, "warm", 0.5)).assign(temperature=1.0)
    path = folder / "s.parquet"
    pd.concat([cool, warm]).to_parquet(path)
    return path


def test_speak_starts_from_the_best_pair_that_the_pools_show(tmp_path):
    path, output = write_temperatures(tmp_path), tmp_path / "start.json"
    (tmp_path / "SHA256SUMS").write_text("of a checkpoint")
    calibrate_speak(pools=path, system="s", checkpoint=tmp_path, output=output)
    found = json.loads(output.read_text())
    assert found["start"]["temperature"] == 0.3
    assert found["start"]["good_cer"] == 1.0  # no error of what passes is worth another draw
    num_cells = 2 * (1 + 3 * len(LIMITS))  # temperatures, and n of 1 or more
    assert (found["num_prompts"], found["pool_size"], len(found["cells"])) == (30, 4, num_cells)
    assert len(found["checkpoint_sha256"]) == 64
    plot_failure_temperature(calibrations=[output], pdf=tmp_path / "f.pdf", png=tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 5_000


def test_pools_of_one_temperature_are_told_which(tmp_path):
    (pools,) = read_calibration(write_verdicts(tmp_path, "a", 0.3), 0.8)
    assert (pools.temperature, pools.scores.shape) == (0.8, (30, 4))


def test_of_pairs_that_cannot_be_told_apart_the_cheapest_is_taken():
    def cell(failures, mean_sampled_s):
        failures = np.array(failures)
        return Cell(0.8, 4, 0.3, failures.mean(), 0.0, 0.0, 1.0, mean_sampled_s, failures)

    best = cell([0.0, 0.0, 0.5, 1.0], 9.0)
    near = cell([0.1, 0.0, 0.5, 1.0], 3.0)  # worse by .025, one standard error of the difference
    worse = cell([0.1, 0.1, 0.6, 1.0], 2.0)  # by .075, three of them
    assert choose([best, near, worse]) is near


def test_few_errors_are_worth_a_draw_only_if_what_has_more_fails():
    """Of each prompt one candidate has .2 of its characters wrong, the other .4."""
    scores, durations_s = np.tile([0.2, 0.4], (20, 1)), np.ones((20, 2))
    for fails, draws in (([False, True], 1.5), ([False, False], 1.0)):
        pools = Pools(0.8, scores, np.tile(fails, (20, 1)), durations_s)
        cells = [cell for cell in calibrate([pools]) if cell.n == 2]
        assert choose(cells).mean_draws == draws


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("retry_after", "num_draws"), [(1, 2), (1, 4), (2, 3)])
def test_a_retry_is_the_mean_over_all_orders_of_both_pools(seed, retry_after, num_draws):
    rng = np.random.default_rng(seed)
    first, second = (
        Pool(np.array([1.5, 1.2, 0.3 if seed % 2 else 1.7, 1.9]) + shift, rng.random(4) < 0.5)
        for shift in (0.0, rng.choice([-0.4, 0.01, 0.4]))  # no ties between the pools
    )
    kept = []
    for one in permutations(range(4)):
        for other in permutations(range(4)):
            drawn = [(first.scores[i], first.fails[i]) for i in one[:retry_after]]
            drawn += [(second.scores[i], second.fails[i]) for i in other[: num_draws - retry_after]]
            accepted = [fails for score, fails in drawn if score < 1.0]
            kept.append(accepted[0] if accepted else min(drawn)[1])
    assert expect_retry(first, second, retry_after, num_draws) == pytest.approx(np.mean(kept))


def test_a_retry_under_the_same_conditions_gains_nothing_but_fresh_candidates(tmp_path):
    cool, warm = read_calibration(write_temperatures(tmp_path))
    rows = zip(warm.scores, warm.fails, warm.durations_s, strict=True)
    plain = np.mean([FirstAccepted(4).expect(*row).failure for row in rows])
    assert retry_rate(warm, cool) < plain
    table_temperatures(pools=[tmp_path / "s.parquet"], files=files(tmp_path))
    table = pd.read_csv(tmp_path / "t.csv")
    assert table["retry_temperature"].tolist() == [1.0, 0.3]
    assert "best retry" in (tmp_path / "t.md").read_text()


def test_two_families_are_compared_on_the_same_pools(tmp_path):
    """The second hears all failures that the first is deaf to, and is asked in doubt."""
    (tmp_path / "b").mkdir()
    second = write_verdicts(tmp_path / "b", "a", 0.4)
    table = pd.read_parquet(second)
    deaf = table.assign(verifier_cer=0.2, verifier_is_catastrophic=False)
    (tmp_path / "a").mkdir()
    deaf.to_parquet(tmp_path / "a/hard.parquet")
    table_verifiers(
        first=[tmp_path / "a/hard.parquet"], second=[second], num_draws=4, files=files(tmp_path)
    )
    found = pd.read_csv(tmp_path / "t.csv").set_index(["verifier", "policy"])
    rates = found["failure_rate"]
    assert rates["first", "accepted"] == pytest.approx(table["is_catastrophic"].mean())
    for name in ("second", "second in doubt", "both, by rank"):
        assert rates[name, "accepted"] == rates[name, "best"] == found["oracle_rate"].iloc[0]
    assert found.loc[("second in doubt", "best"), "heard_twice"] == 4.0
    assert found.loc[("first", "best"), "heard_twice"] == 0.0
    with pytest.raises(InputError, match="not the candidates"):
        table_verifiers(
            first=[tmp_path / "a/hard.parquet"], second=[write_verdicts(tmp_path, "z", 0.9)],
            num_draws=4, files=files(tmp_path),
        )  # fmt: skip
