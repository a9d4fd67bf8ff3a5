"""TTS systems, one adapter a file, loaded by name."""

from pathlib import Path
from typing import Any

from selfverify.adapters import SYSTEMS
from selfverify.adapters.loading import load_class
from selfverify.storage.checkpoints import verify_checkpoint
from selfverify.systems.base import TTSSystem


def load_system(adapter: str, checkpoint: str | Path, **options: Any) -> TTSSystem:
    """Returns a system ready to sample, its checkpoint verified.

    Args:
        adapter: a key of `SYSTEMS`.
        checkpoint: folder.
        options: of the adapter's constructor, such as `device`.
    """
    verify_checkpoint(checkpoint)
    return load_class(SYSTEMS, adapter, "system")(checkpoint, **options)
