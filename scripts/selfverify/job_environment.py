"""The environment variables that every job of the workflow inherits."""

import os
import sys
from pathlib import Path

_DEFAULTS = {
    "OMP_NUM_THREADS": "1",  # jobs run side by side; a rule that wants more says so
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PYTHONWARNINGS": "ignore::FutureWarning,ignore::UserWarning",
}


def set_job_environment() -> None:
    """Lets `python` be the interpreter that runs Snakemake, and sets defaults for the rest."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
