"""WAV files whose header and samples disagree: libsndfile reads them without a word."""

import struct

from selfverify.errors import InputError

UNKNOWN = 0x7FFFF000  # sizes from here on are what writers to a pipe put for "not known"


def close_wav(data: bytes) -> bytes:
    """Returns the file with the size of its samples filled in, where the writer never did.

    Any other kind of file is returned as it is.

    Raises:
        InputError: if the header promises more samples than the file has.
    """
    start = _find_samples(data)
    if start is None:
        return data
    riff_size, promised = _size(data, 4), _size(data, start - 4)
    num_bytes = len(data) - start
    is_unclosed = promised == 0 and riff_size + 8 != len(data)
    if num_bytes and (is_unclosed or promised >= UNKNOWN):
        sizes = struct.pack("<I", len(data) - 8), struct.pack("<I", num_bytes)
        return data[:4] + sizes[0] + data[8 : start - 4] + sizes[1] + data[start:]
    if promised > num_bytes:
        raise InputError(f"cut short: {num_bytes} of {promised} bytes of samples; write it again")
    return data


def _find_samples(data: bytes) -> int | None:
    """Where the samples start in a RIFF file; None if it is none or has no such chunk."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    position = 12
    while position + 8 <= len(data):
        if data[position : position + 4] == b"data":
            return position + 8
        size = _size(data, position + 4)
        position += 8 + size + size % 2
    return None


def _size(data: bytes, position: int) -> int:
    return struct.unpack_from("<I", data, position)[0]
