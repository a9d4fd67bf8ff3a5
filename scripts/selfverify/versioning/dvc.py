"""DVC's side: the stages of dvc.yaml, what is changed on disk, and committing."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from selfverify.errors import InputError
from selfverify.storage.files import is_inside, write_text
from selfverify.storage.yaml_text import parse_yaml
from selfverify.versioning.stages import Stage, stage_of_files
from selfverify.versioning.studies import Study

HEADER = """\
# What is versioned: one stage per step and owner, each calling its Snakemake target. Written by
# `snakemake all` from the graph, never by hand; what a stage needs is said in rules/stages.smk.
"""


# What DVC says when another process has its locks.
_BUSY = ("unable to acquire lock", "is busy, it is being")


def is_dvc_repository() -> bool:
    """Whether git and DVC keep the current folder; an unpacked archive runs without them.

    The folder may be one of a larger repository; `.git` is a file in worktrees and submodules.
    """
    here = Path.cwd()
    return Path(".dvc").is_dir() and any((p / ".git").exists() for p in (here, *here.parents))


def describe_stages(
    stages: Sequence[Stage], inputs: dict[str, set[str]], study: Study
) -> dict[str, dict[str, dict]]:
    """Returns the content of dvc.yaml.

    Args:
        stages: all of the study.
        inputs: of each stage by its name, every file that its jobs read.
        study: whose stages these are.
    """
    owners = stage_of_files(stages)
    described = {}
    for stage in stages:
        described[stage.name] = (
            {"cmd": f"snakemake {stage.target}{study.options}"}
            | ({} if study.is_default else {"wdir": "../.."})
            | {"deps": sorted({_dependency(file, owners) for file in inputs[stage.name]})}
            | ({"params": study.described(stage.params)} if stage.params else {})
            | _outputs(stage)
        )
    return {"stages": described}


def _outputs(stage: Stage) -> dict[str, list]:
    options = {"persist": True} | ({"cache": False} if stage.in_git else {})
    lists: dict[str, list] = {"outs": [], "metrics": []}
    for path in stage.outs:
        lists["metrics" if path in stage.metrics else "outs"].append({path: options})
    return {kind: paths for kind, paths in lists.items() if paths}


def _dependency(file: str, owners: dict[str, Stage]) -> str:
    """What stands for an input in dvc.yaml: the folder of the stage or checkpoint it belongs to."""
    parts = Path(file).parts
    if file in owners:
        return owners[file].out_of(file)
    if parts[0] == "data" and parts[2:3] == ("checkpoints",):
        return str(Path(*parts[:4]))
    return file


def write_pipeline(content: dict, path: Path) -> None:
    """Writes dvc.yaml if its content is another; plots, which are written by hand, are kept."""
    read_stages(path)  # refuses what cannot be read
    before = parse_yaml(path.read_bytes()) if path.exists() else {}
    after = content | {key: value for key, value in before.items() if key == "plots"}
    if before != after:
        dumped = yaml.dump(after, Dumper=_NoAliases, sort_keys=False, width=100)
        write_text(path, HEADER + dumped)


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def commit(stages: Iterable[Stage], pipeline: Path) -> list[str]:
    """Commits what is on disk to DVC and writes dvc.lock; stages that dvc.yaml lacks must wait.

    Returns the names of the stages that are committed.

    Raises:
        InputError: if DVC fails, or dvc.yaml cannot be read.
    """
    known = read_stages(pipeline)
    names = [stage.name for stage in stages if stage.name in known]
    # The file as one target takes 3 s for 20 stages; each by its name takes 15.
    targets = [str(pipeline)] if len(names) == len(known) else [f"{pipeline}:{n}" for n in names]
    if names:
        _drop_broken_locks()
        _dvc("commit", "--force", *targets)  # --quiet would keep the reason of a failure
        _forget_old_stages(pipeline.with_suffix(".lock"), known)
    return names


def _drop_broken_locks() -> None:
    """Removes DVC's list of who reads and writes what if a full disk cut it off.

    DVC refuses to do anything with such a list, until someone removes it.
    """
    locks = Path(".dvc/tmp/rwlock")
    try:
        json.loads(locks.read_bytes() or "{}")
    except FileNotFoundError:
        pass
    except ValueError:
        locks.unlink()


def read_stages(path: Path) -> dict:
    """Returns the stages of a dvc.yaml or dvc.lock, none if there is no file.

    Raises:
        InputError: names the line that is no YAML, such as a conflict of a merge.
    """
    if not path.exists():
        return {}
    cure = (
        f"take one side, `git checkout --ours -- {path} data/*/provenance`, or the last whole one, "
        f"`git checkout -- {path}`; then `dvc checkout` and `snakemake all`"
    )
    try:
        stages = (parse_yaml(path.read_bytes()) or {}).get("stages") or {}
        return {name: dict(stage) for name, stage in stages.items()}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{line}: no YAML, or a conflict of a merge; {cure}") from None
    except (AttributeError, TypeError, ValueError):
        raise InputError(f"{path}: its stages are no mapping; {cure}") from None


def _forget_old_stages(lock: Path, known: dict) -> None:
    """Drops stages that dvc.yaml has no longer, which DVC itself would keep in dvc.lock."""
    if set(read_stages(lock)) - set(known):
        from dvc.utils.serialize import modify_yaml  # DVC's own formatting

        with modify_yaml(lock) as content:
            for name in set(content["stages"]) - set(known):
                del content["stages"][name]


def changed_files(locks: Iterable[Path]) -> set[str]:
    """Returns the tracked files whose bytes are not those of dvc.lock, folders ending in "/"."""
    status = json.loads(_dvc("data", "status", "--granular", "--json") or "{}")
    uncommitted = status.get("uncommitted", {})
    kinds = ("added", "modified", "unknown")
    changed = {path for kind in kinds for path in uncommitted.get(kind, [])}
    return changed | {path for lock in locks for path in _changed_in_git(lock)}


def _changed_in_git(lock: Path) -> Iterable[str]:
    """Files that git keeps with other content; DVC reports none that it does not cache."""
    kept = _files_in_git(lock.with_suffix(".yaml"))
    for name, md5 in locked_outputs(lock):
        if name in kept and Path(name).is_file() and file_md5(Path(name)) != md5:
            yield name


def _files_in_git(pipeline: Path) -> set[str]:
    stages = read_stages(pipeline).values()
    outputs = [out for s in stages for out in (*s.get("outs", []), *s.get("metrics", []))]
    return {name for out in outputs for name, options in out.items() if "cache" in options}


def locked_outputs(lock: Path) -> Iterable[tuple[str, str]]:
    """Yields path and MD5 of every output in a dvc.lock; a folder's ends in ".dir"."""
    for name, stage in read_stages(lock).items():
        for out in stage.get("outs", []):
            if not {"path", "md5"} <= set(out) or not is_inside(out["path"]):
                raise InputError(
                    f"{lock}: {name}: an output without path or md5, or outside the repository; "
                    f"`git checkout -- {lock}`"
                )
            yield out["path"], out["md5"]


def file_md5(path: Path) -> str:
    """Returns the MD5 of a file as hexadecimal digits, which is what DVC names it by."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def cache_folder() -> Path:
    """Returns where DVC keeps its objects, which may be shared by several clones."""
    return Path(_dvc("cache", "dir").strip())


def _dvc(*arguments: str) -> str:
    """What `dvc` prints; it is the one installed beside the interpreter that runs Snakemake."""
    command = [str(Path(sys.executable).with_name("dvc")), *arguments]
    try:
        process = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise InputError(f"{command[0]} is missing; `make all` installs it") from None
    if process.returncode:
        message = " ".join(process.stderr.strip().splitlines()[-3:])
        if any(busy in message.lower() for busy in _BUSY):
            message += "; wait for the other `dvc`, or end it, and run the same command again"
        raise InputError(f"`dvc {' '.join(arguments[:2])}` failed: {message}")
    return process.stdout
