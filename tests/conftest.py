"""What the tests share: the repository, a tiny system of the real classes, spoken text."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from repository import ROOT
from selfverify.adapters import SYSTEMS
from selfverify.workflow.torch_setup import set_up_torch


def pytest_addoption(parser):
    parser.addoption("--study", help="keep the small study in this folder, or use the one there")
    parser.addoption("--kills", default="4", help="how often test_kills kills the study")


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
def tiny_systems(tmp_path_factory):
    """A checkpoint with random weights per system adapter, folder by name."""
    from tiny import make_system

    return {name: make_system(name, tmp_path_factory.mktemp(f"tiny-{name}")) for name in SYSTEMS}


@pytest.fixture(scope="session")
def speech():
    """A sentence of the mini voice: text, samples at 16 kHz."""
    from selfverify.audio.voice import load_voice, speak

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
