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
