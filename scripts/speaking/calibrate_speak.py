"""Temperature, n and limit that `selfverify speak` starts from, by judged calibration pools."""

import json
from dataclasses import asdict
from pathlib import Path

from selfverify.speaking.calibration import Cell, calibrate, choose, read_calibration
from selfverify.storage.checkpoints import CHECKSUMS, file_sha256
from selfverify.storage.files import atomic_path
from selfverify.workflow.script import run_script


def calibrate_speak(
    *, pools: Path, system: str, checkpoint: Path, temperature: float | None = None, output: Path
) -> None:
    """Writes what is chosen, and what every temperature, n and limit does on the pools.

    Args:
        pools: verdicts on prompts that nothing is evaluated with.
        system: its name.
        checkpoint: of the system; a file of another checkpoint is not used by `speak`.
        temperature: of the pools, where they have no column of it.
        output: JSON file to write.
    """
    found = read_calibration(pools, temperature)
    cells = calibrate(found)
    best = choose(cells)
    listing = checkpoint / CHECKSUMS
    result = {
        "system": system,
        "checkpoint_sha256": file_sha256(listing) if listing.exists() else "",
        "num_prompts": len(found[0].scores),
        "pool_size": found[0].scores.shape[1],
        "start": {"temperature": best.temperature, "n": best.n, "good_cer": best.good_cer},
        "cells": [_without_prompts(cell) for cell in cells],
    }
    with atomic_path(output) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")


def _without_prompts(cell: Cell) -> dict[str, float]:
    return {key: value for key, value in asdict(cell).items() if key != "failures"}


if __name__ == "__main__":
    run_script(calibrate_speak)
