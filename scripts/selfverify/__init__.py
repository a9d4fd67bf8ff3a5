"""Reliable neural-codec text-to-speech by ASR self-verification.

Light to import: torch, transformers and the recognisers are imported by the modules that run them,
and what is `PUBLIC` by whoever asks for it.
"""

from importlib import import_module
from typing import Any

PUBLIC = {
    "ScoreOptions": "scoring.options",
    "Scores": "scoring.run",
    "Segment": "speaking.segments",
    "Speaker": "speaking.speaker",
    "score_clip": "scoring.run",
    "score_manifest": "scoring.run",
}


# By name and not by an import statement, or `speaking` would be a part of every script's code
# (`workflow.code_closure`); type checkers read __init__.pyi.
def __getattr__(name: str) -> Any:
    if name in PUBLIC:
        return getattr(import_module(f"selfverify.{PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
