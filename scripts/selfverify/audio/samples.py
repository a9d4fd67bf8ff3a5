"""Samples and files: FLAC bytes, levels, and the rate that recognisers hear."""

import io

import numpy as np
import soundfile as sf
import soxr

from selfverify.errors import InputError

RECOGNISER_RATE = 16_000  # Hz, of every recogniser here and of the voice activity detection
SILENCE_DB = -100.0  # reported for digital silence, where the level is minus infinity


def encode_flac(audio: np.ndarray, sample_rate: int) -> bytes:
    """Returns 16-bit FLAC of mono samples, shape (num_samples,); beyond ±1 they are clipped.

    Raises:
        ValueError: if there are no samples, for which the format has no valid file.
        InputError: if a sample is no number.
    """
    if not audio.size:
        raise ValueError("there are no samples to encode")
    check_samples(audio)
    buffer = io.BytesIO()
    sf.write(buffer, np.clip(audio, -1.0, 1.0), sample_rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def check_samples(audio: np.ndarray) -> None:
    """Raises InputError if a sample is NaN or infinite, which no level or file can have."""
    if not np.isfinite(audio).all():
        raise InputError(
            "audio samples that are no numbers: the weights that made them are damaged, or their "
            "dtype overflows on this device; fetch the checkpoint again, or try device: cpu"
        )


def decode_flac(data: bytes) -> tuple[np.ndarray, int]:
    """Returns float32 samples of shape (num_samples,) and the sample rate in Hz."""
    audio, sample_rate = sf.read(io.BytesIO(data), dtype="float32")
    return audio, sample_rate


def rms_db(audio: np.ndarray) -> float:
    """Returns the root-mean-square level in dB relative to full scale.

    Raises:
        InputError: if a sample is no number.
    """
    check_samples(audio)
    power = float(np.mean(np.square(audio, dtype=np.float64))) if audio.size else 0.0
    return max(10.0 * np.log10(power), SILENCE_DB) if power > 0.0 else SILENCE_DB


def to_recogniser_rate(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Returns mono float32 audio resampled to `RECOGNISER_RATE`."""
    if sample_rate != RECOGNISER_RATE:
        audio = soxr.resample(audio, sample_rate, RECOGNISER_RATE)
    return np.ascontiguousarray(audio, dtype=np.float32)
