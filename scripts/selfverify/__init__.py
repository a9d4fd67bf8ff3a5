"""Reliable neural-codec text-to-speech by ASR self-verification.

Light to import: torch, transformers and the recognisers are imported by the modules that run them,
and `Speaker` by whoever asks for it.
"""

from importlib import import_module
from typing import Any


# By name and not by an import statement, or `speaking` would be a part of every script's code
# (`workflow.code_closure`); type checkers read __init__.pyi.
def __getattr__(name: str) -> Any:
    if name in ("Segment", "Speaker"):
        return getattr(import_module("selfverify.speaking.speaker"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
