"""How the workflow's own costs grow with shards and candidates: graph, job start, DVC.

Nothing is sampled: the graph is planned for real parameters with more shards, and DVC commits files
of synthetic candidates of the usual length. Times are of this machine; read them as growth.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml

from selfverify.storage.files import atomic_path
from selfverify.storage.tables import write_csv, write_table
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script

WORKFLOW = [
    "Snakefile", "report", "rules", "scripts", "profiles", "envs", "params.yaml",
    "pyproject.toml", "data/mini/checkpoints",
]  # fmt: skip
FRAMES = 110  # of a candidate: 2.2 s at 50 Hz, the mini track's mean
NUM_JOBS = 200  # of empty jobs that job start is measured with


def measure_scale(
    *, num_shards: list[int], candidates_per_shard: int, seed: int, csv: Path, markdown: Path
) -> None:
    """Writes a row per number of shards.

    Args:
        num_shards: of one prompt set, for one system.
        candidates_per_shard: synthetic rows in each shard's file.
        seed: of the synthetic codes.
        csv: table to write.
        markdown: the same, to read.
    """
    rng = np.random.default_rng(seed)
    job_s = _seconds_per_job()
    rows = []
    for shards in progress(num_shards, name="scale", unit="size"):
        with tempfile.TemporaryDirectory() as folder:
            plan = _plan(Path(folder) / "workflow", shards)
        with tempfile.TemporaryDirectory() as folder:
            data = _commit(Path(folder), shards, candidates_per_shard, rng)
        rows.append({"shards": shards, "candidates": shards * candidates_per_shard} | plan | data)
    table = pd.DataFrame(rows).assign(empty_job_s=job_s)
    write_csv(table, csv)
    with atomic_path(markdown) as temporary:
        temporary.write_text(_readable(table).to_markdown(index=False) + "\n")


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    formats = {"i": "{:,}".format, "f": "{:.2g}".format}
    columns = {name: table[name].map(formats[table[name].dtype.kind]) for name in table}
    return pd.DataFrame(columns)


def _seconds_per_job() -> float:
    """What Snakemake and a shell cost per job that does nothing, in seconds."""
    rule = (
        f"rule all:\n    input: expand('{{i}}.txt', i=range({NUM_JOBS}))\n"
        "rule one:\n    output: '{i}.txt'\n    shell: 'true > {output}'\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Snakefile").write_text(rule)
        planned_s = _timed(folder, "snakemake", "-n", "-q", "--cores", "1")
        run_s = _timed(folder, "snakemake", "-q", "--cores", "1")
    return (run_s - planned_s) / NUM_JOBS


def _plan(folder: Path, shards: int) -> dict[str, float]:
    """Jobs of the study with so many shards, and seconds that planning it takes."""
    for part in WORKFLOW:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if Path(part).is_dir() else shutil.copy
        copy(part, target)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    track = params["tracks"]["mini"]
    sizes = {"num_utterances": shards, "num_shards": shards}
    track["prompt_sets"] = {"standard": track["prompt_sets"]["standard"] | sizes}
    name, system = next(iter(track["systems"].items()))
    track |= {"systems": {name: system}, "larger_system": name}
    del track["distillation"], track["calibration"]
    track["codecs"] = {system["codec"]: track["codecs"][system["codec"]]}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    start = time.perf_counter()
    plan = _run(folder, "snakemake", "-n", "-q", "rules", "all").stdout
    total = next(line for line in plan.splitlines() if line.startswith("total"))
    return {"jobs": int(total.split()[1]), "plan_s": time.perf_counter() - start}


def _commit(
    folder: Path, shards: int, candidates: int, rng: np.random.Generator
) -> dict[str, float]:
    """Seconds that DVC takes to commit, and to look again at, the candidates' files."""
    _run(folder, "dvc", "init", "-q", "--no-scm")
    for shard in range(shards):
        write_table(_synthetic(candidates, rng), folder / "candidates" / f"{shard:03d}.parquet")
    megabytes = sum(path.stat().st_size for path in (folder / "candidates").iterdir()) / 1e6
    commit_s = _timed(folder, "dvc", "add", "-q", "candidates")
    status_s = _timed(folder, "dvc", "status", "-q")
    return {"megabytes": megabytes, "dvc_commit_s": commit_s, "dvc_status_s": status_s}


def _synthetic(candidates: int, rng: np.random.Generator) -> pa.Table:
    codes = pa.array(rng.integers(1024, size=candidates * FRAMES, dtype=np.int32))
    offsets = pa.array(np.arange(candidates + 1, dtype=np.int32) * FRAMES)
    return pa.table({"codes": pa.ListArray.from_arrays(offsets, codes)})


def _timed(folder: str | Path, *command: str) -> float:
    start = time.perf_counter()
    _run(folder, *command)
    return time.perf_counter() - start


def _run(folder: str | Path, *command: str) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name(command[0])
    return subprocess.run(
        [str(tool), *command[1:]], cwd=folder, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": ""},
    )  # fmt: skip


if __name__ == "__main__":
    run_script(measure_scale)
