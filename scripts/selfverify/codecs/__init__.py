"""Neural codecs, one adapter a file, loaded by name."""

from pathlib import Path
from typing import Any

from selfverify.adapters import CODECS
from selfverify.checkpoints import verify_checkpoint
from selfverify.codecs.base import Codec
from selfverify.lookup import load_class


def load_codec(adapter: str, checkpoint: str | Path, **options: Any) -> Codec:
    """Returns a codec ready to decode, its checkpoint verified.

    Args:
        adapter: a key of `CODECS`.
        checkpoint: folder.
        options: of the adapter's constructor, such as `device`.
    """
    verify_checkpoint(checkpoint)
    return load_class(CODECS, adapter, "codec")(checkpoint, **options)
