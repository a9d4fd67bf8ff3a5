"""What the tests share: the repository, a tiny system of the real classes, spoken text."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from selfverify.torch_setup import set_up_torch

ROOT = Path(__file__).parents[1]
CHECKPOINTS = ROOT / "data" / "mini" / "checkpoints"


def pytest_addoption(parser):
    parser.addoption("--study", help="keep the small study in this folder, or use the one there")


def pytest_collection_modifyitems(items):
    """Fast tests first: those that run Snakemake come last."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is not None)


@pytest.fixture(scope="session", autouse=True)
def _torch():
    set_up_torch(num_threads=2)


@pytest.fixture(scope="session")
def params():
    return yaml.safe_load((ROOT / "params.yaml").read_text())


@pytest.fixture(scope="session")
def tiny_llasa(tmp_path_factory):
    """A Llasa checkpoint of the real classes with random weights and 1,024 codes.

    Nearly all of its vocabulary is codes, so that some candidates reach the cap while others end.
    """
    from transformers import LlamaForCausalLM

    from selfverify.pretraining.lm import mini_llasa_config, mini_llasa_tokenizer

    folder = tmp_path_factory.mktemp("tiny-llasa")
    torch.manual_seed(0)
    tokenizer = mini_llasa_tokenizer(1024)
    tokenizer.save_pretrained(folder)
    config = mini_llasa_config(len(tokenizer), hidden_size=64, num_layers=2)
    config.tie_word_embeddings = False
    model = LlamaForCausalLM(config)
    model.lm_head.weight.data.mul_(5)  # a distribution that is not flat
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def speech():
    """A sentence of the mini voice: text, samples at 16 kHz."""
    from selfverify.voice import load_voice, speak

    text = "Martin bought thirty small blankets at the station."
    return text, speak(load_voice(), text)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@dataclass(frozen=True)
class Study:
    """A repository with a finished run of the reduced study, committed and pushed."""

    folder: Path
    log: str  # of its `snakemake all`
    store: Path  # its DVC remote


@pytest.fixture(scope="session")
def study(request, tmp_path_factory):
    """`snakemake all` on the reduced parameters, once for all tests that look at a run."""
    from study import make_study

    kept = request.config.getoption("--study")
    base = Path(kept).absolute() if kept else tmp_path_factory.mktemp("study")
    folder, store = base / "study", base / "store"
    if not folder.exists():
        make_study(folder, store)
    return Study(folder, (base / "log").read_text(), store)


@pytest.fixture
def colleague(study, tmp_path):
    """A clone of the study with the data pulled."""
    from study import clone

    return clone(study, tmp_path / "clone")


@pytest.fixture
def s3(tmp_path):
    """An S3 server with an empty bucket."""
    from s3_server import running_server

    with running_server(tmp_path) as server:
        yield server
