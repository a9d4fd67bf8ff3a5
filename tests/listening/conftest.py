"""Clips with verdicts of two recognisers, and the listening test built of them."""

import numpy as np
import pandas as pd
import pytest

from selfverify.audio.samples import encode_flac
from selfverify.listening.building import build_labelling, key_path, write_test


@pytest.fixture
def frame(rng):
    flac = [encode_flac(0.1 * rng.standard_normal(1600), 16_000) for _ in range(40)]
    flags = np.arange(40) % 4 == 0
    return pd.DataFrame(
        {"source": [f"c{i}" for i in range(40)], "system": np.repeat(["x", "y"], 20),
         "text": [f"The </script><b>{i % 20}</b>." for i in range(40)], "flac": flac,
         "verifier_flag": flags, "evaluator_flag": flags, "cer": 0.0}
    )  # fmt: skip


@pytest.fixture
def built_page(frame, tmp_path):
    page, key = build_labelling(frame, 20, "a test", seed=1)
    write_test(page, key, tmp_path / "page.html")
    return page, key, key_path(tmp_path / "page.html")
