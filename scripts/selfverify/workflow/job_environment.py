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
    """Lets `python` be the interpreter that runs Snakemake, with this checkout's package.

    Scripts find the package of the tree that they stand in, whichever one is installed.
    """
    _prepend("PATH", Path(sys.executable).parent)
    _prepend("PYTHONPATH", Path(__file__).parents[2])
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)


def _prepend(name: str, folder: Path) -> None:
    os.environ[name] = os.pathsep.join(filter(None, [str(folder), os.environ.get(name)]))
