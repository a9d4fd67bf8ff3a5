"""One call that every process makes before it trains or samples."""

import os
from typing import Any

import torch


def set_up_torch(num_threads: int = 1) -> None:
    """Sets threads, flushes denormals and asks for deterministic kernels.

    Args:
        num_threads: of this process; jobs of the workflow run side by side, so one is the default.

    Without flushing, a training step on a CPU took ten times as long: activations that decay
    towards zero turn into denormals, which the processor handles in microcode.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(num_threads)
    torch.set_flush_denormal(True)
    # As `use_deterministic_algorithms(True, warn_only=True)`, without importing torch's compiler.
    os.environ.setdefault("TORCHINDUCTOR_DETERMINISTIC", "1")
    torch.set_deterministic_debug_mode("warn")
    settings: Any = torch.utils.deterministic
    settings.fill_uninitialized_memory = False  # 6 % of a training step
