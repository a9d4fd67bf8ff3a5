"""A small real study in a folder of its own, on which workflow tests run Snakemake, DVC and git."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from repository import ROOT

PARTS = [
    "Snakefile", "dvc.yaml", "params.yaml", "envs", "report", "rules", "scripts", "profiles",
    ".gitignore", ".dvc/config", ".dvc/.gitignore", ".dvcignore", "data/README.md",
    "data/mini/checkpoints", "data/mini/adversarial.csv", "pyproject.toml", "CITATION.cff",
]  # fmt: skip
POOL_SIZE = 2
NUM_UTTERANCES = {"standard": 2, "hard": 4}
SYSTEMS = ["mini-llasa", "mini-csm"]
NOTHING = "Nothing to be done"
COOL = "tracks.mini.systems.mini-csm.temperature"
AUTHOR = {f"GIT_{who}_{what}": "tests@selfverify" for who in ("AUTHOR", "COMMITTER")
          for what in ("NAME", "EMAIL")}  # fmt: skip


def copy_tree(target: Path) -> Path:
    """The repository without its data, but with the mini checkpoints."""
    for part in PARTS:
        source, copy = ROOT / part, target / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, copy, ignore=ignored)
        else:
            shutil.copy(source, copy)
    return target


def reduce_params(folder: Path) -> None:
    """A few prompts, none chosen for failures, a pool of two, two systems with a codec each."""
    params = read_params(folder)
    mini = params["tracks"]["mini"]
    mini |= {"pool_size": POOL_SIZE, "best_of": [1, 2]}
    del mini["prompt_sets"]["adversarial"]
    for name, size in NUM_UTTERANCES.items():
        mini["prompt_sets"][name] |= {"num_utterances": size, "num_shards": 1}
    # The tables are of no data, and cost as much as the study.
    params["listening"]["num_studies"] = 2
    params["scorer"]["prompts_per_shard"] = 2
    mini["calibration"] |= {"num_utterances": 4, "pool_size": POOL_SIZE}
    mini["train_prompts"] |= {"num_utterances": 16, "num_shards": 4}
    mini["distillation"] |= {"num_shards": 2, "num_steps": 4, "batch_size": 4, "pool_size": 2}
    mini["distillation"]["systems"] = {"mini-llasa": {"online-sft": 1, "cooler": 1}}
    mini["distillation"] |= {
        "in_all": False,  # tests of the rest of the workflow are long enough
        "matched_temperature": {"mini-llasa": 0.3},  # the rival's, so that as is costs nothing
        "sharpening_line": {"temperatures": [0.8, 0.3], "prompt_sets": ["hard"]},
    }
    mini["distillation"]["sweep"] = {
        "shard": 3,
        "systems": {"mini-llasa": ["sft"]},
        "points": {"faster": {"learning_rate_factor": 3}},
        "rivals": {"cooler-0.3": {"temperature": 0.3}},
    }
    first = {"system": "mini-llasa", "prompt_set": "hard", "arm": "online-sft", "baseline": "as is"}
    mini["distillation"]["primary_contrasts"] = [first]
    mini["larger_system"] = SYSTEMS[-1]
    mini["systems"] = {name: mini["systems"][name] for name in SYSTEMS}
    used = {system["codec"] for system in mini["systems"].values()}
    mini["codecs"] = {name: codec for name, codec in mini["codecs"].items() if name in used}
    write_params(folder, params)


def read_params(folder: Path) -> dict:
    return yaml.safe_load((folder / "params.yaml").read_text())


def write_params(folder: Path, params: dict) -> None:
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def set_param(folder: Path, key: str, value: object) -> None:
    """Changes one value of params.yaml, its key dotted."""
    params = node = read_params(folder)
    *parents, last = key.split(".")
    for parent in parents:
        node = node[parent]
    assert last in node
    node[last] = value
    write_params(folder, params)


def tool(folder: Path, name: str, *arguments: str, **environment: str):
    """The finished process of `snakemake` or `dvc`, in this Python's environment, activated."""
    installed = Path(sys.executable).parent
    path = os.pathsep.join([str(installed), os.environ["PATH"]])
    return subprocess.run(
        [str(installed / name), *arguments], cwd=folder, capture_output=True, text=True,
        check=False, timeout=1800,
        env=os.environ | {"PYTHONPATH": "", "PATH": path} | AUTHOR | environment,
    )  # fmt: skip


def snakemake(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return tool(folder, "snakemake", *arguments, **environment)


def dvc(folder: Path, *arguments: str, **environment: str) -> str:
    """What `dvc` prints, which must succeed."""
    process = tool(folder, "dvc", *arguments, **environment)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def git(folder: Path, *arguments: str) -> str:
    """What `git` prints, which must succeed."""
    process = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | AUTHOR,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def run_all(folder: Path, *arguments: str, **environment: str) -> str:
    """What `snakemake all` says, which must succeed."""
    process = snakemake(folder, "all", *arguments, **environment)
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-6000:]
    return process.stdout + process.stderr


def executed(log: str) -> set[tuple[str, str]]:
    """Rule and first wildcard's value of each job that a log names, without the targets."""
    jobs = set()
    for block in re.split(r"^(?:local)?rule ", log, flags=re.M)[1:]:
        rule, _, rest = block.partition(":\n")
        wildcard = re.match(r"(?:    .*\n)*?    wildcards: \w+=([^,\n]+)", rest)
        jobs.add((rule, wildcard.group(1) if wildcard else ""))
    return {job for job in jobs if job[0] != "all" and not job[0].startswith("stage_")}


def commit_all(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def make_study(folder: Path, store: Path) -> None:
    """A repository with a finished run, committed and pushed to a folder as remote."""
    folder.mkdir(parents=True)
    copy_tree(folder)
    reduce_params(folder)
    git(folder, "init", "-q")
    dvc(folder, "remote", "add", "-q", "-d", "store", str(store))
    (folder.parent / "log").write_text(run_all(folder))
    commit_all(folder, "Run the study")
    dvc(folder, "push", "-q")


def clone(study, target: Path, link: str = "copy") -> Path:
    """A colleague's clone of the session's study, with the data pulled."""
    git(target.parent, "clone", "-q", str(study.folder), str(target))
    dvc(target, "config", "--local", "cache.type", link)
    dvc(target, "pull", "-q")
    return target


def copy_of(pulled: Path, target: Path) -> Path:
    """A clone with the data pulled, as another one has them."""
    return Path(shutil.copytree(pulled, target, symlinks=True))
