"""What the tests share: the repository, a tiny system of the real classes, spoken text."""

import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml
from filelock import FileLock
from hypothesis import settings

from repository import ROOT
from selfverify.workflow.torch_setup import set_up_torch

# The same examples every time, however busy the machine is.
settings.register_profile("seeded", deadline=None, derandomize=True)
settings.load_profile("seeded")


def pytest_addoption(parser):
    parser.addoption("--study", help="keep the small study in this folder, or use the one there")
    parser.addoption("--kills", default="1", help="how often test_faults kills the study")
    parser.addoption("--faults", default="kill,disk,clock", help="what test_faults tries of these")


@pytest.hookimpl(tryfirst=True)  # before xdist looks which tests share a process
def pytest_collection_modifyitems(items):
    """Fast tests first: those that run Snakemake come last."""
    items.sort(key=is_of_workflow)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(process_of(item)))


def pytest_collection_finish(session):
    """Each process would load each file's models if xdist did not group tests."""
    is_grouped = all("@" in item.nodeid for item in session.items)
    if session.config.getoption("loadgroup", False) and not is_grouped:
        raise RuntimeError(f"xdist cannot group tests with pytest {pytest.__version__}")


def is_of_workflow(item) -> bool:
    return item.get_closest_marker("workflow") is not None


def process_of(item) -> str:
    """Tests of one name share a process: what tests/trust counts, or else a file."""
    is_counted = item.path.parent.name == "trust" and not is_of_workflow(item)
    return "trust" if is_counted else str(item.path)


@pytest.hookimpl(trylast=True)  # below the slowest tests
def pytest_terminal_summary(terminalreporter, config):
    """What tests have to tell, whichever process ran them, and where their time went."""
    reports = [r for found in terminalreporter.stats.values() for r in found if hasattr(r, "when")]
    for report in reports:
        if report.when == "call":
            told = [line for name, line in report.user_properties if name == "told"]
            for line in told:
                terminalreporter.write_line(line)
    if config.getoption("durations"):
        terminalreporter.write_line(seconds_by_file(reports))


def seconds_by_file(reports) -> str:
    """Returns the slowest files with their seconds, of all phases of their tests."""
    seconds = Counter()
    for report in reports:
        seconds[Path(report.location[0]).relative_to("tests").as_posix()] += report.duration
    slowest = (f"{name} {number:.0f}" for name, number in seconds.most_common(30))
    return f"seconds by file: {', '.join(slowest)}"


@pytest.fixture(scope="session", autouse=True)
def _torch():
    set_up_torch(num_threads=1 if "PYTEST_XDIST_WORKER" in os.environ else 2)


@pytest.fixture
def tell(record_property):
    """Prints a line at the end of all tests."""
    return lambda line: record_property("told", line)


@pytest.fixture(scope="session")
def params():
    return yaml.safe_load((ROOT / "params.yaml").read_text())


@pytest.fixture(scope="session")
def tiny_systems(tmp_path_factory):
    """A checkpoint with random weights per system adapter, folder by name."""
    from tiny import MAKERS, make_system

    return {name: make_system(name, tmp_path_factory.mktemp(f"tiny-{name}")) for name in MAKERS}


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
def of_all_processes(tmp_path_factory) -> Path:
    """A folder that the processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def study(request, of_all_processes):
    """`snakemake all` on the reduced parameters, once for all tests that look at a run."""
    from study import make_study

    kept = request.config.getoption("--study")
    base = Path(kept).absolute() if kept else of_all_processes / "study"
    folder, store = base / "study", base / "store"
    with FileLock(of_all_processes / "study.lock"):
        if not folder.exists():
            make_study(folder, store)
    return Study(folder, (base / "log").read_text(), store)


@pytest.fixture(scope="session")
def undisturbed(of_all_processes):
    """The smallest real study, run once and left alone."""
    from faults import Undisturbed
    from small_study import final_bytes, make_small_study
    from study import run_all

    base = of_all_processes / "undisturbed"
    folder, took = base / "study", base / "seconds"
    with FileLock(of_all_processes / "undisturbed.lock"):
        if not folder.exists():
            make_small_study(folder)
            begin = time.monotonic()
            run_all(folder)
            took.write_text(f"{time.monotonic() - begin}")
    seconds = float(took.read_text())
    num_bytes = sum(512 * path.lstat().st_blocks for path in folder.rglob("*"))
    return Undisturbed(folder, final_bytes(folder), seconds, num_bytes)


@pytest.fixture(scope="session")
def pulled(study, of_all_processes) -> Path:
    """A clone of the study with the data pulled, to be copied: a pull costs ten times as much."""
    from study import clone, snakemake

    folder = of_all_processes / "pulled"
    with FileLock(of_all_processes / "pulled.lock"):
        if not folder.exists():
            cloned = clone(study, of_all_processes / "cloned")
            snakemake(cloned, "-n", "all")  # looks the pulled data over, once for all copies
            cloned.rename(folder)
    return folder


@pytest.fixture
def colleague(pulled, tmp_path) -> Path:
    """A colleague's clone with the data pulled."""
    from study import copy_of

    return copy_of(pulled, tmp_path / "clone")


@pytest.fixture
def s3(tmp_path):
    """An S3 server with an empty bucket."""
    from s3_server import running_server

    with running_server(tmp_path) as server:
        yield server
