"""Clips with verdicts of two recognisers, references, and the listening test built of them."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from selfverify.audio.samples import encode_flac
from selfverify.listening.building import build_labelling, key_path, write_test
from selfverify.listening.catch import Checks
from selfverify.listening.checksum import checksum
from selfverify.listening.ratings import FORMAT


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
def checks(rng):
    rows = [
        {"source": f"r{i}", "text": f"One two three <i>{i}</i>.", "spoken": "one two three four",
         "flac": encode_flac(0.1 * rng.standard_normal(1600), 16_000)}
        for i in range(8)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    return Checks(table, table)


@pytest.fixture
def built_page(frame, checks, tmp_path):
    page, key = build_labelling(frame, checks, 20, "a test", seed=1)
    write_test(page, key, tmp_path / "page.html")
    return page, key, key_path(tmp_path / "page.html")


@pytest.fixture
def simulated_file(tmp_path):
    """A function that writes the file of a simulated rater, who hears what the recognisers flag."""

    def write(page, key, rater, says=None, **changes):
        study = re.search(r'"id": "([0-9a-f]{64})"', page)
        assert study
        answers = {row["trial_id"]: _answer(row, says) for row in key.to_dict("records")}
        file = {"format": FORMAT, "study": study[1], "rater": rater, "simulated": True}
        file |= {"answers": answers} | changes
        if isinstance(file["answers"], dict):
            file = {"checksum": checksum(file)} | file
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps(file))
        return path

    return write


def _answer(row, says):
    is_failure = row["expected"] == "no" or row.get("verifier_flag") is True
    given = says or ("no" if is_failure else "yes")
    answer = {"says": given, "defects": [], "publish": "no"}
    if " " in row["sha256"]:
        answer = {"prefers": says or row["expected"] or "tie"}
    return {"sha256": row["sha256"].split(), "seconds": 30, "answer": answer}
