"""Changes of a file that nobody hears, or hardly: what a decision should not depend on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Written:
    """Samples and how they are stored."""

    samples: np.ndarray  # (frames,) or (frames, channels)
    sample_rate: int
    suffix: str = "wav"
    subtype: str = "PCM_16"

    def save(self, stem: Path) -> Path:
        """Writes the file, `stem` and its suffix, and returns its path."""
        path = stem.with_name(f"{stem.name}.{self.suffix}")
        sf.write(path, self.samples, self.sample_rate, subtype=self.subtype)
        return path


Change = Callable[[np.ndarray, int], Written]


def _resampled(rate: int) -> Change:
    return lambda x, before: Written(soxr.resample(x, before, rate), rate)


CHANGES: dict[str, Change] = {
    AS_IT_IS: Written,
    "silence before": lambda x, rate: Written(np.pad(x, (rate // 2, 0)), rate),
    "silence after": lambda x, rate: Written(np.pad(x, (0, rate // 2)), rate),
    "two seconds after": lambda x, rate: Written(np.pad(x, (0, 2 * rate)), rate),
    "half as loud": lambda x, rate: Written(0.5 * x, rate),
    "a tenth as loud": lambda x, rate: Written(0.1 * x, rate),
    **{f"{rate} Hz": _resampled(rate) for rate in (8_000, 22_050, 48_000, 192_000)},
    "stereo": lambda x, rate: Written(np.stack([x, x], 1), rate),
    "opposite phase": lambda x, rate: Written(np.stack([x, -x], 1), rate),
    "centre of 5.1": lambda x, rate: Written(x[:, None] * (np.arange(6) == 2), rate),
    "24 bits": lambda x, rate: Written(x, rate, subtype="PCM_24"),
    "float": lambda x, rate: Written(x, rate, subtype="FLOAT"),
    "FLAC": lambda x, rate: Written(x, rate, "flac"),
    "Ogg": lambda x, rate: Written(x, rate, "ogg", "VORBIS"),
}
