"""A study that is disturbed at random moments ends as one left alone, and does no work twice.

A kill, a full disk and a clock set back by default; `make faults`, which is
`pytest tests/trust/test_faults.py --kills 50`, has 50 kills, 25 full disks, 13 clocks; `--faults
kill` leaves the others out.
"""

import subprocess
from math import ceil

import numpy as np
import pytest

from faults import disturb_often, mount_disk
from small_study import make_small_study

pytestmark = pytest.mark.workflow


@pytest.fixture
def disk(tmp_path):
    """An empty folder, and whether it is a disk of its own that can be filled."""
    folder = tmp_path / "disk"
    folder.mkdir()
    is_mounted = mount_disk(folder)
    yield folder, is_mounted
    if is_mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_faults_change_no_byte_and_repeat_no_whole_work(undisturbed, request, disk, tell):
    place, can_fill = disk
    num_kills = int(request.config.getoption("--kills"))
    wanted = request.config.getoption("--faults").split(",")
    times = {
        "kill": num_kills,
        "clock": ceil(num_kills / 4),
        "disk": ceil(num_kills / 2) * can_fill,
    }
    kinds = [kind for kind in times if kind in wanted for _ in range(times[kind])]
    folder = make_small_study(place / "study")
    order = np.random.default_rng(2606).permutation(kinds).tolist()
    tally = disturb_often(folder, undisturbed, order, seed=2606)
    tell(tally.report())
    if "disk" in wanted and not can_fill:
        tell("full disks were not tried: only root can mount a small one")
    assert tally.problems == []
    assert tally.survived.total() == len(kinds)
