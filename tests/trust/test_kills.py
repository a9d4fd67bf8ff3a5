"""A study that is killed at random moments ends as an undisturbed one, and does no work twice.

Four kills by default; `pytest tests/trust/test_kills.py --kills 50 -s` is the full run.
"""

import time

import pytest

from kills import kill_at_random
from small_study import final_bytes, make_small_study
from study import run_all

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The small study, run once: folder, results, seconds that it took."""
    folder = make_small_study(tmp_path_factory.mktemp("undisturbed") / "study")
    begin = time.monotonic()
    run_all(folder)
    return folder, final_bytes(folder), time.monotonic() - begin


def test_kills_change_no_byte_and_repeat_no_whole_work(undisturbed, request, tmp_path, capsys):
    _, expected, seconds = undisturbed
    folder = make_small_study(tmp_path / "study")
    num_kills = int(request.config.getoption("--kills"))
    tally = kill_at_random(folder, expected, num_kills, longest_s=0.4 * seconds, seed=2606)
    with capsys.disabled():
        print(f"\n{tally.report()}")
    assert (tally.repeated, tally.half, tally.wrong) == ([], [], [])
    assert tally.num_survived == num_kills
