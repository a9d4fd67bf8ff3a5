"""Jobs side by side, each on a card of its own."""

import os
import subprocess
import sys
import time

from repository import ROOT

ON_CARD = ROOT / "scripts/selfverify/workflow/on_card.py"
SHOW = "import os, sys, time; print(os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True); "


def start(folder, what, **variables):
    """A job that runs Python, with locks below `folder`."""
    inherited = {key: value for key, value in os.environ.items() if key != "CUDA_VISIBLE_DEVICES"}
    return subprocess.Popen(
        [sys.executable, ON_CARD, sys.executable, "-S", "-c", SHOW + what],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=inherited | {"TMPDIR": str(folder)} | variables,
    )  # fmt: skip


def test_two_jobs_take_two_cards_and_a_third_waits_for_one(tmp_path):
    cards = {"CUDA_VISIBLE_DEVICES": "3,GPU-a/b"}
    jobs = [start(tmp_path, "sys.stdin.read()", **cards) for _ in range(2)]
    taken = [job.stdout.readline().strip() for job in jobs]
    assert sorted(taken) == ["3", "GPU-a/b"]
    third = start(tmp_path, "", **cards)
    time.sleep(1.5)
    assert third.poll() is None
    jobs[1].communicate("")
    assert third.communicate(timeout=60)[0].strip() == taken[1]
    jobs[0].kill()  # whatever ends a job gives its card back
    jobs[0].communicate()
    assert start(tmp_path, "", **cards).communicate(timeout=60)[0].strip() in taken


def test_one_card_needs_no_choice_and_the_status_is_the_command_s(tmp_path):
    one = start(tmp_path, "sys.exit(7)", CUDA_VISIBLE_DEVICES="5")
    assert one.communicate(timeout=60)[0].strip() == "5"
    assert one.returncode == 7
    none = start(tmp_path, "", PATH="/nowhere")
    assert none.communicate(timeout=60)[0].strip() == "None"


def test_locks_are_for_every_user_of_the_machine(tmp_path):
    start(tmp_path, "", CUDA_VISIBLE_DEVICES="0,1").communicate(timeout=60)
    folder = tmp_path / "selfverify-cards"
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / "0")] == [0o777, 0o666]
