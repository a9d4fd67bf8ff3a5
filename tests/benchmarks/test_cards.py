"""What fits a card, against values worked out by hand, and the planned sizes."""

import pandas as pd
import pytest
from scripts.benchmarks.table_cards import batch_size, micro_batch_size, table_cards

from repository import ROOT
from selfverify.results.markup import TableFiles

FIGURES = ROOT / "figures/paper"
SAMPLING = {"weights_gb": 10.0, "overhead_gb": 2.0, "cache_gb": 8.0, "batch_size": 32}
TRAINING = {"weights_gb": 10.0, "trained_gb": 1.0, "activations_gb": 4.0, "logits_gb": 8.0}


@pytest.mark.parametrize(
    ("card_gb", "batch", "micro_batch"),
    [
        (10, 0, 0),  # not even the weights
        (20, 24, 0),  # 18 - 12 = 6 GB at .25 each; 18 - 11 = 7 GB, a pair is 12
        (40, 96, 4),  # 36 - 12 = 24; 36 - 11 = 25
        (80, 240, 10),  # 60 GB are 240 candidates; 61 GB 10 sequences of 6
        (141, 256, 18),
    ],
)
def test_what_fits(card_gb, batch, micro_batch):
    assert batch_size(SAMPLING, card_gb) == batch
    assert micro_batch_size(TRAINING, card_gb, 2) == micro_batch


def test_the_planned_sizes_fit_a_card_of_80_gb(params, tmp_path):
    files = TableFiles(*(tmp_path / f"table.{end}" for end in ("csv", "md", "tex")))
    table_cards(
        sampling=FIGURES / "table_resources.csv",
        training=FIGURES / "table_training_resources.csv",
        num_sequences=2, card_gb=[24.0, 80.0], files=files,
    )  # fmt: skip
    track = params["tracks"]["paper"]
    table = pd.read_csv(files.csv).query("card_gb == 80").set_index("system")
    assert list(table.index) == list(track["systems"])
    for name, system in track["systems"].items():
        assert table.loc[name, "batch_size"] >= system["batch_size"]
    assert (table["micro_batch_size"] >= track["distillation"]["micro_batch_size"]).all()
    assert "24 GB" in files.markdown.read_text()
