"""What each process of torch starts with."""

import os
import subprocess
import sys

from repository import ROOT

STARTED = """
import sys
import torch
from selfverify.workflow.torch_setup import set_up_torch

set_up_torch()
assert torch.are_deterministic_algorithms_enabled()
assert torch.is_deterministic_algorithms_warn_only_enabled()
assert torch.get_num_threads() == 1
assert torch.tensor([1e-39]).mul(1).item() == 0
assert "torch._inductor" not in sys.modules, "a second of each job"

import torch._inductor.config

assert torch._inductor.config.deterministic
"""


def test_kernels_are_deterministic_and_no_compiler_is_imported_to_be_told():
    inherited = {k: v for k, v in os.environ.items() if k != "TORCHINDUCTOR_DETERMINISTIC"}
    process = subprocess.run(
        [sys.executable, "-c", STARTED], cwd=ROOT, env=inherited, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
