"""The last line of every script: a function's signature as its command line."""

import atexit
import gc
import signal
import sys
from collections.abc import Callable

import tyro

from selfverify.errors import InputError


def run_script(function: Callable[..., None]) -> None:
    """Calls `function` with the arguments of the command line; an `InputError` ends in one line."""
    end_well()
    try:
        tyro.cli(function)
    except InputError as error:
        sys.exit(f"error: {error}")


def end_well() -> None:
    """Lets a terminated process unwind as an interrupted one, and every process end at once.

    So temporary files are removed, and Python, once all is done, does not look for cycles among the
    400,000 objects that torch and transformers bring.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    atexit.register(gc.freeze)
