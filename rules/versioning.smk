"""The hooks of a run, most of which keep Snakemake and DVC of one mind; see `selfverify.versioning`."""

from selfverify.doctor.machine import inspect_machine
from selfverify.doctor.needs import find_problems
from selfverify.versioning.adoption import adopt, begin_run
from selfverify.versioning.clock import set_times_to_now
from selfverify.versioning.pending import clear_mark
from selfverify.versioning.recording import note_run, record
from selfverify.workflow.scheduling import lift_default_limit

if workflow.is_main_process:  # not in the jobs that Snakemake itself starts
    try:
        set_times_to_now()
        adopt()
        clear_mark(Path(RECORD_AGAIN))
    except (InputError, OSError) as error:
        raise WorkflowError(str(error)) from None


onstart:
    for problem in find_problems(TRACK, inspect_machine(Path())):
        if problem.about == "codec":  # what else is missing, the rules that want it say
            raise WorkflowError(f"{problem.says}; {problem.cure}")
        print(f"doctor: {problem.says}; {problem.cure}", file=sys.stderr)
    if workflow.local_exec:
        lift_default_limit(workflow.scheduler)
    begin_run()
    if not UNVERSIONED:
        note_run(workflow.dag, STAGES, track=TRACK_NAME)


onsuccess:
    if UNVERSIONED:
        print(f"Not recorded: {UNVERSIONED}.", file=sys.stderr)
    else:
        try:
            record(workflow.dag, workflow.persistence, STAGES, STUDY)
        except (InputError, OSError) as error:
            print(f"Not recorded, the next run tries again: {error}", file=sys.stderr)


rule record_again:
    """Makes a run of what has nothing to make, for its end to record what an earlier run could not."""
    output:
        touch(RECORD_AGAIN),
    localrule: True


rule ro_crate:
    """Provenance of the finished run as an RO-Crate, ro-crate-metadata.json."""
    input:
        code=code("export_crate"),
        made=[file for stage in STAGES for file in stage.files],
    output:
        "ro-crate-metadata.json",
    log:
        f"logs/{TRACK_NAME}/ro_crate.log",
    localrule: True
    conda:
        "../envs/default.yaml"
    params:
        options(
            records=f"{DATA}/provenance",
            title=f"ASR self-verification of codec TTS, track {TRACK_NAME}",
        ),
    shell:
        run(to="output")
