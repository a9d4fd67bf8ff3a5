"""Clocks and memory of a device; on the CPU memory is not measured."""

import gc
import time
from collections.abc import Callable
from statistics import median

import torch

from selfverify.planning.sampling import H100_BYTES_PER_S

# Memory bandwidth by NVIDIA's data sheets, for names as the driver has them.
DATA_SHEET_BYTES_PER_S = {"H100": H100_BYTES_PER_S, "H200": 4.8e12}


def wait(device: torch.device) -> None:
    """Returns when the device has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(device: torch.device, function: Callable[[], object]) -> float:
    """Returns the seconds that a function takes, its work on the device included."""
    wait(device)
    start = time.perf_counter()
    function()
    wait(device)
    return time.perf_counter() - start


def median_s(device: torch.device, function: Callable[[], object], num_runs: int = 3) -> float:
    """Returns the median of several runs after one that does not count."""
    function()
    return median(timed(device, function) for _ in range(num_runs))


def forget(device: torch.device) -> None:
    """Frees what no one holds, and begins to count the peak of memory anew."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def peak_gb(device: torch.device) -> float | None:
    """Returns the peak of allocated memory since `forget`, 10⁹ bytes."""
    return torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else None


def card_name(device: torch.device) -> str:
    """Returns what the driver calls the card."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def memory_gb(device: torch.device) -> float | None:
    """Returns the memory of a card, 10⁹ bytes."""
    if device.type != "cuda":
        return None
    return torch.cuda.get_device_properties(device).total_memory / 1e9


def data_sheet_bytes_per_s(device: torch.device) -> float:
    """Returns the bandwidth of the card by its data sheet, the H100's if it is not listed."""
    name = card_name(device)
    known = [rate for key, rate in DATA_SHEET_BYTES_PER_S.items() if key in name]
    return known[0] if known else H100_BYTES_PER_S


def copy_bytes_per_s(device: torch.device) -> float:
    """Returns what a large copy within the device's memory reaches, read and written."""
    size = 2_000_000_000 if device.type == "cuda" else 20_000_000
    source = torch.empty(size, dtype=torch.uint8, device=device).random_()
    target = torch.empty_like(source)
    return 2 * size / median_s(device, lambda: target.copy_(source), num_runs=5)
