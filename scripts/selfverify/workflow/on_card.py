"""Runs a job on a card of its own: `python on_card.py COMMAND ...`, where several jobs share cards.

Snakemake counts cards and does not say which is free. Here a job holds the lock of one as long as
its process lives, and sees no other. No module of the package, so that it costs 20 ms.
"""

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LOCKS = Path(tempfile.gettempdir()) / "selfverify-cards"
WAIT_S = 1.0


def cards() -> list[str]:
    """Returns the cards that this job may use: those of CUDA_VISIBLE_DEVICES, or all by number."""
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if listed is not None:
        return [card for card in listed.split(",") if card]
    try:
        found = subprocess.run(
            ["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=True, timeout=20
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return []
    return [str(number) for number in range(len(found))]


def take_one(names: list[str], folder: Path = LOCKS) -> str:
    """Returns a card that no other job holds, when there is one; held until this process ends."""
    folder.mkdir(mode=0o777, parents=True, exist_ok=True)
    while True:
        for name in names:
            lock = os.open(folder / name.replace("/", "_"), os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            os.set_inheritable(lock, True)  # the command that takes this process's place keeps it
            return name
        time.sleep(WAIT_S)


def main() -> None:
    """Becomes the command."""
    command, names = sys.argv[1:], cards()
    if len(names) > 1:
        os.environ["CUDA_VISIBLE_DEVICES"] = take_one(names)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
