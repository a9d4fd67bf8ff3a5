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
from collections.abc import Callable
from contextlib import suppress
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
    _share(folder, 0o777, lambda: folder.mkdir(parents=True))
    while True:
        for name in names:
            place = folder / name.replace("/", "_")
            _share(place, 0o666, place.touch)
            lock = os.open(place, os.O_RDONLY)  # which is enough to lock
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            os.set_inheritable(lock, True)  # the command that takes this process's place keeps it
            return name
        time.sleep(WAIT_S)


def _share(path: Path, mode: int, make: Callable[[], None]) -> None:
    """Makes what other users of the machine need too, whatever the umask; what is there stays."""
    if not path.exists():
        with suppress(FileExistsError):
            make()
            path.chmod(mode)


def main() -> None:
    """Becomes the command."""
    command, names = sys.argv[1:], cards()
    if len(names) > 1:
        os.environ["CUDA_VISIBLE_DEVICES"] = take_one(names)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
