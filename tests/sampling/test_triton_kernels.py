"""The GPU's kernels, run by Triton's interpreter on the CPU."""

import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
CHECK = """
import torch
from selfverify.systems.step_kernels import StepKernels, attend_by_matmul, check_kernels
from selfverify.systems.triton_attention import attend_by_triton
from selfverify.systems.triton_steps import gate_by_triton, place_by_triton

torch.manual_seed(0)
sizes = [(3, 8, 2, 64, 150), (2, 6, 2, 128, 300), (34, 32, 8, 16, 64)]
for rows, heads, kv_heads, dim, length in sizes:
    query, cache = torch.randn(rows, heads, dim), torch.randn(2, rows, kv_heads, length, dim)
    for last in (torch.randint(length, (rows,)), None):
        inputs = (query, cache[0], cache[1], last, length)
        torch.testing.assert_close(
            attend_by_triton(*inputs), attend_by_matmul(*inputs), atol=1e-5, rtol=1e-5
        )
kernels = StepKernels(attend_by_triton, place_by_triton, gate_by_triton)
for dim in (16, 64, 128):
    check_kernels(kernels, torch.device("cpu"), dim, torch.float32)
print("equal")
"""


def test_the_kernels_agree_with_pytorch_at_other_lengths_and_heads():
    done = subprocess.run(
        [sys.executable, "-c", CHECK], env={"TRITON_INTERPRET": "1", "PYTHONPATH": str(SCRIPTS)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "equal", done.stderr
