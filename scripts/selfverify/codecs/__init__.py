"""Neural codecs, one adapter a file, loaded by name."""

from pathlib import Path
from typing import Any

from selfverify.adapters import CODECS
from selfverify.adapters.loading import check_kind, load_class
from selfverify.codecs.base import Codec
from selfverify.storage.checkpoints import naming_checkpoint, read_config, verify_checkpoint


def load_codec(adapter: str, checkpoint: str | Path, **options: Any) -> Codec:
    """Returns a codec ready to decode, its checkpoint verified.

    Args:
        adapter: a key of `CODECS`.
        checkpoint: folder.
        options: of the adapter's constructor, such as `device`.

    Raises:
        InputError: if the checkpoint is missing, altered, damaged, or none of this adapter's.
    """
    verify_checkpoint(checkpoint)
    adapter_class = load_class(CODECS, adapter, "codec")
    check_kind(adapter_class, checkpoint, read_config(checkpoint))
    with naming_checkpoint(checkpoint, adapter):
        return adapter_class(checkpoint, **options)
