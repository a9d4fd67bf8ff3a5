"""When a run has ended well: write its job records and commit its files to DVC."""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from snakemake.dag import DAG
from snakemake.jobs import Job
from snakemake.persistence import PersistenceBase

from selfverify.errors import InputError
from selfverify.versioning.adoption import end_run
from selfverify.versioning.dvc import (
    commit,
    describe_stages,
    is_dvc_repository,
    write_pipeline,
)
from selfverify.versioning.pending import forget_unrecorded, note_unrecorded
from selfverify.versioning.records import JobRecord, read_records, without_replaced, write_records
from selfverify.versioning.stages import Stage, stage_of_files
from selfverify.versioning.studies import Study


def note_run(dag: DAG, stages: Sequence[Stage], *, track: str) -> None:
    """Notes, before the first job, the stages whose files the run will change."""
    if is_dvc_repository():
        owners = stage_of_files(stages)
        changed = {str(path) for job in dag.needrun_jobs() for path in job.output}
        names = {owners[path].name for path in changed if path in owners}
        note_unrecorded(track, names, known=[stage.name for stage in stages])


def record(
    dag: DAG,
    persistence: PersistenceBase,
    stages: Sequence[Stage],
    study: Study,
) -> None:
    """Writes the records of the stages that the graph touches, and commits these stages to DVC.

    A run of the whole study also writes dvc.yaml anew, from the graph. Inside `dvc repro` DVC
    commits by itself, so that only the records are written. What cannot be recorded stays noted
    (`pending`), and the next run of the whole study tries again.

    Raises:
        InputError: if there is no repository, a file cannot be written, or DVC fails; the study's
            files are complete then.
    """
    if not is_dvc_repository():
        init = "git init" if Path(".dvc").exists() else "git init && dvc init"
        raise InputError(f"no git and DVC repository; `{init}` here if results are to be kept")
    start = time.monotonic()
    persistence.deactivate_cache()  # it may still say that the last job has no record
    jobs = _jobs_by_stage(dag, stages)
    touched = [stage for stage in stages if stage.name in jobs and stage.is_complete]
    folder = Path("data", study.track, "provenance")
    for stage in touched:
        _drop_orphans(stage)
        _write_stage_records(stage, jobs[stage.name], persistence, folder / f"{stage.name}.jsonl")
    recorded = [stage.name for stage in touched]
    if "DVC_STAGE" not in os.environ:
        if _is_whole(jobs, stages):
            _forget_other_stages(stages, folder)
            write_pipeline(describe_stages(stages, _stage_inputs(jobs), study), study.pipeline)
        recorded = commit(touched, study.pipeline)
    forget_unrecorded(study.track, recorded)
    end_run()
    seconds = time.monotonic() - start
    print(f"Recorded {len(touched)} stages in {folder} and DVC, {seconds:.1f} s.", file=sys.stderr)


def _is_whole(jobs: dict[str, list[Job]], stages: Sequence[Stage]) -> bool:
    """Whether the graph has every file of every stage; a single figure's has not."""
    made = {str(path) for members in jobs.values() for job in members for path in job.output}
    return all(file in made and Path(file).exists() for stage in stages for file in stage.files)


def _stage_inputs(jobs: dict[str, list[Job]]) -> dict[str, set[str]]:
    """Returns the files that each stage's jobs read and none of them makes."""
    inputs = {}
    for name, members in jobs.items():
        made = {str(path) for job in members for path in job.output}
        inputs[name] = {str(path) for job in members for path in job.input} - made
    return inputs


def _jobs_by_stage(dag: DAG, stages: Sequence[Stage]) -> dict[str, list[Job]]:
    owners = stage_of_files(stages)
    jobs = defaultdict(list)
    for job in dag.jobs:
        if job.output and str(job.output[0]) in owners:
            jobs[owners[str(job.output[0])].name].append(job)
    return jobs


def _write_stage_records(
    stage: Stage, jobs: list[Job], persistence: PersistenceBase, path: Path
) -> None:
    """Keeps the line of a job that would differ in its times alone, and of jobs of other graphs."""
    outputs = {tuple(sorted(map(str, job.output))) for job in jobs}
    known = without_replaced(read_records(path), outputs)
    records = {old.outputs: old for old in known if old.outputs[0] in stage.files}
    for job in jobs:
        metadata = persistence.metadata(job.output[0])
        if metadata is not None:
            new = JobRecord.from_metadata(map(str, job.output), metadata)
            old = records.get(new.outputs)
            if old is None or old.without_times != new.without_times:
                records[new.outputs] = new
    write_records(records.values(), path)


def _drop_orphans(stage: Stage) -> None:
    for path in stage.orphans:
        print(f"{path}: no rule makes it any more, removed", file=sys.stderr)
        path.unlink()


def _forget_other_stages(stages: Sequence[Stage], folder: Path) -> None:
    names = {stage.name for stage in stages}
    for path in folder.glob("*.jsonl"):
        if path.stem not in names:
            path.unlink()
