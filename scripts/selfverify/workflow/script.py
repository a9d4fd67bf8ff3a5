"""The last line of every script: a function's signature as its command line."""

import gc
import signal
import sys
from collections.abc import Callable

import tyro

from selfverify.errors import InputError


def run_script(function: Callable[..., None]) -> None:
    """Calls `function` with the arguments of the command line; an `InputError` ends in one line.

    A terminated job unwinds like an interrupted one, so that temporary files are removed.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        tyro.cli(function)
    except InputError as error:
        sys.exit(f"error: {error}")
    finally:
        # Or Python would look through every object of torch and transformers again before it ends.
        gc.freeze()
