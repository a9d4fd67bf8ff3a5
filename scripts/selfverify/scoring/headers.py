"""WAV and Ogg files whose headers and samples disagree: libsndfile reads them without a word."""

import struct
from mmap import mmap

from selfverify.errors import InputError

UNKNOWN = 0x7FFFF000  # sizes from here on are what writers to a pipe put for "not known"


def close_wav(data: mmap | bytearray) -> bool:
    """Fills in, in place, the size of a WAV's samples where its writer never did.

    Returns whether it had to; any other kind of file is left as it is.

    Raises:
        InputError: if the header promises more samples than the file has.
    """
    start = _find_samples(data)
    if start is None:
        return False
    riff_size, promised = _size(data, 4), _size(data, start - 4)
    num_bytes = len(data) - start
    is_unclosed = promised == 0 and riff_size + 8 != len(data)
    if num_bytes and (is_unclosed or promised >= UNKNOWN):
        if len(data) > UNKNOWN:
            return False  # too long for the field; such a file promises nothing and is read so
        struct.pack_into("<I", data, 4, len(data) - 8)
        struct.pack_into("<I", data, start - 4, num_bytes)
        return True
    if promised > num_bytes:
        raise InputError(f"cut short: {num_bytes} of {promised} bytes of samples; write it again")
    return False


def check_ogg(data: mmap | bytearray) -> None:
    """Raises `InputError` if the last page of an Ogg file is cut (RFC 3533, section 6)."""
    start = data.rfind(b"OggS") if data[:4] == b"OggS" else -1
    if start < 0:
        return
    page = data[start : start + 27 + 255]
    lengths = page[27 : 27 + page[26]] if len(page) > 26 else b""
    if len(page) < 27 or start + 27 + page[26] + sum(lengths) > len(data):
        raise InputError("cut short: the last page is not whole; write it again")


def tells_length(data: mmap | bytearray) -> bool:
    """Whether an MP3's first frame has Xing's tag, with its length, after an ID3v2 tag if any.

    Without it a reader's number of samples is guessed from the first bit rate.
    """
    start = 0
    if data[:3] == b"ID3":
        # Four bytes of seven bits (ID3v2.4, section 6.2), the ten of the tag's header left out.
        start = 10 + sum(byte << 7 * (3 - i) for i, byte in enumerate(data[6:10]))
    first = data[start : start + 64]
    return b"Xing" in first or b"Info" in first


def _find_samples(data: mmap | bytearray) -> int | None:
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


def _size(data: mmap | bytearray, position: int) -> int:
    return struct.unpack_from("<I", data, position)[0]
