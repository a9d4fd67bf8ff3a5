"""TTS systems, one adapter a file, loaded by name."""

from pathlib import Path
from typing import Any

from selfverify.adapters import SYSTEMS
from selfverify.adapters.loading import check_kind, load_class
from selfverify.storage.checkpoints import naming_checkpoint, read_config, verify_checkpoint
from selfverify.systems.base import TTSSystem


def load_system(adapter: str, checkpoint: str | Path, **options: Any) -> TTSSystem:
    """Returns a system ready to sample, its checkpoint verified.

    Args:
        adapter: a key of `SYSTEMS`.
        checkpoint: folder.
        options: of the adapter's constructor, such as `device`.

    Raises:
        InputError: if the checkpoint is missing, altered, damaged, or none of this adapter's.
    """
    from selfverify.systems.checks import check_device  # torch, which tables of names do without

    check_device(options.get("device", "cpu"), options.get("dtype", "float32"))
    verify_checkpoint(checkpoint)
    adapter_class = load_class(SYSTEMS, adapter, "system")
    check_kind(adapter_class, checkpoint, read_config(checkpoint))
    with naming_checkpoint(checkpoint, adapter):
        return adapter_class(checkpoint, **options)
