"""The machine as it is: cores, memory, disk, GPUs."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Gpu:
    """One GPU, as its driver describes it."""

    name: str
    memory_gb: float
    has_bfloat16: bool


@dataclass(frozen=True)
class Machine:
    """What there is to compute with; GB are 10⁹ bytes."""

    num_cores: int  # that this process may use
    memory_gb: float  # that programs can have now
    disk_free_gb: float  # where the study lies
    gpus: tuple[Gpu, ...]


def inspect_machine(folder: Path) -> Machine:
    """Returns what this machine has, with the disk that `folder` is on; imports no torch."""
    return Machine(
        num_cores=len(os.sched_getaffinity(0)),
        memory_gb=_available_bytes() / 1e9,
        disk_free_gb=shutil.disk_usage(folder).free / 1e9,
        gpus=tuple(_gpus()),
    )


def _available_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(x.split()[1]) * 1024 for x in lines if x.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gpus() -> list[Gpu]:
    """What `nvidia-smi` lists; none where there is no driver."""
    wanted = "--query-gpu=name,memory.total,compute_cap"
    query = ["nvidia-smi", wanted, "--format=csv,noheader,nounits"]
    try:
        listed = subprocess.run(
            query, capture_output=True, text=True, check=True, timeout=20
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[cell.strip() for cell in line.split(",")] for line in listed.splitlines()]
    return [_gpu(*row) for row in rows if len(row) == 3]  # not "No devices were found"


def _gpu(name: str, memory_mib: str, capability: str) -> Gpu:
    """A card, with the machine's memory where it has none of its own, which is "[N/A]"."""
    own = memory_mib.replace(".", "").isdigit()
    memory_bytes = float(memory_mib) * 2**20 if own else _available_bytes()
    # bfloat16 begins with compute capability 8, Ampere; what tells none is newer than the driver.
    is_old = capability.replace(".", "").isdigit() and float(capability) < 8
    return Gpu(name, memory_bytes / 1e9, not is_old)
