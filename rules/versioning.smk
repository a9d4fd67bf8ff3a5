"""The hooks that keep Snakemake and DVC of one mind; see `selfverify.versioning`."""

import yaml

from selfverify.versioning.adoption import adopt, begin_run
from selfverify.versioning.recording import record

PARAMS = yaml.safe_load(Path("params.yaml").read_text())
# --config or --configfile: such results are not those of params.yaml, except for another track.
OVERRIDDEN = sorted(key for key in config if config[key] != PARAMS.get(key) and key != "track")

if workflow.is_main_process:  # not in the jobs that Snakemake itself starts
    try:
        adopt()
    except InputError as error:
        raise WorkflowError(str(error)) from None


onstart:
    begin_run()


onsuccess:
    if OVERRIDDEN:
        print(
            f"Not recorded: {', '.join(OVERRIDDEN)} differs from params.yaml.", file=sys.stderr
        )
    elif workflow.storage_settings.default_storage_provider:
        print("Not recorded: the files are in remote storage.", file=sys.stderr)
    else:
        try:
            record(
                workflow.dag,
                workflow.persistence,
                STAGES,
                track=TRACK_NAME,
                default_track=PARAMS["track"],
            )
        except InputError as error:
            print(f"Not recorded: {error}", file=sys.stderr)


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
        records=f"{DATA}/provenance",
        title=f"ASR self-verification of codec TTS, track {TRACK_NAME}",
    shell:
        "python {input.code[0]} --records {params.records} --title '{params.title}'"
        " --output {output} 2>&1 | tee {log} >&2"
