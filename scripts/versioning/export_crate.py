"""The finished run as an RO-Crate: every file, the job that made it, its code, inputs and times.

The crate is the repository itself: one metadata file beside the Snakefile, following Process Run
Crate (https://w3id.org/ro/wfrun/process). Nothing is copied.
"""

import json
from datetime import UTC, datetime
from importlib.metadata import version
from mimetypes import MimeTypes
from pathlib import Path
from typing import cast

from rocrate.model import ContextEntity, Entity
from rocrate.rocrate import ROCrate

from selfverify.errors import InputError
from selfverify.storage.checkpoints import file_sha256
from selfverify.storage.files import atomic_path
from selfverify.versioning.records import JobRecord, read_records
from selfverify.workflow.script import run_script

# What schema.org has no word for that the crate's own vocabulary has.
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
FORMATS = MimeTypes()  # Python's own list, the same on every machine
FORMATS.add_type("application/vnd.apache.parquet", ".parquet")
VERSION = "1.1"  # of RO-Crate, that the profile is written for


def export_crate(*, records: Path, title: str, output: Path) -> None:
    """Writes the metadata file of an RO-Crate.

    Args:
        records: folder of the job records, data/{track}/provenance.
        title: of the crate.
        output: the metadata file; paths in it are relative to its folder.
    """
    jobs = [job for path in sorted(records.glob("*.jsonl")) for job in read_records(path)]
    if not jobs:
        raise InputError(f"{records} has no job records; `snakemake all` writes them")
    crate = ROCrate(version=VERSION)
    crate.name = title
    crate.description = "Prompts, candidates, verdicts, results and figures of one run."
    crate.license = "MIT"
    crate.add_workflow(
        None, "Snakefile", main=True, lang="snakemake", lang_version=version("snakemake"),
        properties={"name": title},
    )  # fmt: skip
    crate.metadata.extra_terms.update(TERMS)
    facts = {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    profile = ContextEntity(crate, PROFILE, properties=facts)
    crate.root_dataset["conformsTo"] = crate.add(profile)
    files: dict[str, Entity] = {}
    for job in jobs:
        _add_job(crate, job, files)
    with atomic_path(output) as temporary:
        temporary.write_text(json.dumps(crate.metadata.generate(), indent=1) + "\n")


def _add_job(crate: ROCrate, job: JobRecord, files: dict[str, Entity]) -> None:
    for path in (*job.inputs, *job.outputs):
        if path not in files:
            files[path] = _add_file(crate, path)
    script = next(path for path in job.inputs if path == job.command.split()[1])
    crate.add_action(
        instrument=files[script],
        identifier=f"#{job.outputs[0]}",
        object=[files[path] for path in job.inputs if path != script],
        result=[files[path] for path in job.outputs],
        properties={
            "name": job.rule,
            "description": job.command,
            "startTime": _iso(job.started_s),
            "endTime": _iso(job.ended_s),
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )


def _add_file(crate: ROCrate, path: str) -> Entity:
    is_code = path.endswith(".py")
    kind = FORMATS.guess_type(path)[0] or "application/octet-stream"
    properties: dict[str, object] = {"name": path, "encodingFormat": kind}
    if is_code:
        properties |= {"@type": ["File", "SoftwareSourceCode"], "programmingLanguage": "Python"}
    if Path(path).exists():
        properties["contentSize"] = str(Path(path).stat().st_size)
        properties["sha256"] = file_sha256(Path(path))
    return cast(Entity, crate.add_file(None, path, properties=properties))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    run_script(export_crate)
