"""What all rules share: the checked parameters of the track, paths, and the code behind a script."""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from selfverify.adapters import CODECS, RECOGNISERS, SYSTEMS
from selfverify.checkpoints import checkpoint_files
from selfverify.code_closure import code_files
from selfverify.errors import InputError
from selfverify.job_environment import set_job_environment
from selfverify.params import check_params

try:
    check_params(config)
except InputError as error:
    raise WorkflowError(str(error)) from None

set_job_environment()

TRACK_NAME = config["track"]
TRACK = config["tracks"][TRACK_NAME]
DATA = f"data/{TRACK_NAME}"
FIGURES = f"figures/{TRACK_NAME}"
PRETRAIN = config["pretrain"]
BUNDLED_WHISPER = "data/mini/asr/whisper-tiny.en.pt"  # what the rule convert_whisper makes

PROMPT_SETS = list(TRACK["prompt_sets"])
# References stand where a system would: the voice itself, and the voice through each codec.
RESYNTHESES = {f"{codec}-resynthesis": codec for codec in TRACK["codecs"]}
REFERENCES = ["reference", *RESYNTHESES]
VOICES = [*TRACK["systems"], *REFERENCES]


wildcard_constraints:
    system="|".join(TRACK["systems"]),
    resynthesis="|".join(RESYNTHESES),
    voice="|".join(VOICES),
    prompt_set="|".join(PROMPT_SETS),
    recogniser="|".join(TRACK["recognisers"]),
    shard=r"\d{3}",


# Of jobs that run a model; `profiles/` says how many GPUs there are, and what a job costs at least.
GPU = 1 if TRACK["device"] == "cuda" else 0


def growing(amount):
    """A resource that grows with each retry: a job that ran out of it is given more."""
    return lambda wildcards, attempt: amount * attempt


def shards(prompt_set):
    """Names of a prompt set's shards."""
    return [f"{i:03d}" for i in range(TRACK["prompt_sets"][prompt_set]["num_shards"])]


def num_shards(wildcards):
    return TRACK["prompt_sets"][wildcards.prompt_set]["num_shards"]


def of_system(key):
    """A function of wildcards: what the parameters say of the system, such as its temperature."""
    return lambda wildcards: TRACK["systems"][wildcards.system][key]


def of_codec(key):
    """A function of wildcards: what the parameters say of the codec of a system or resynthesis."""
    return lambda wildcards: TRACK["codecs"][_codec_name(wildcards)][key]


def of_recogniser(key, default=None):
    """A function of wildcards: what the parameters say of the recogniser."""
    return lambda wildcards: TRACK["recognisers"][wildcards.recogniser].get(key, default)


def _codec_name(wildcards):
    if hasattr(wildcards, "system"):
        return TRACK["systems"][wildcards.system]["codec"]
    return RESYNTHESES[wildcards.resynthesis]


def code(script, table=None, adapter=None):
    """A function of wildcards: the files that decide what a script does, its adapter's included.

    The script is the first, so that rules run `python {input.code[0]}`. Code is `local`: where jobs
    read from remote storage, Snakemake brings what git has along itself.
    """
    if table is None:
        return local(code_files(script))

    def files(wildcards):
        return local(code_files(script, table[adapter(wildcards)].partition(":")[0]))

    return files


def files_of(checkpoint):
    """A function of wildcards: the files of a local checkpoint; a missing one stops the run here."""

    def files(wildcards):
        try:
            return local([str(path) for path in checkpoint_files(checkpoint(wildcards))])
        except InputError as error:
            raise WorkflowError(str(error)) from None

    return files


def model_file(wildcards):
    """The recogniser's model where a rule of this workflow makes it."""
    model = TRACK["recognisers"][wildcards.recogniser]["model"]
    return [model] if model == BUNDLED_WHISPER else []


def all_shards(folder):
    """A function of wildcards: a folder's files of one system and prompt set."""

    def files(wildcards):
        place = f"{DATA}/{folder}/{wildcards.voice}/{wildcards.prompt_set}"
        return [f"{place}/{shard}.parquet" for shard in shards(wildcards.prompt_set)]

    return files


def threshold_options():
    """The metric's thresholds as options of a command line."""
    thresholds = {key: value for key, value in config["metric"].items() if key != "language"}
    return " ".join(f"--thresholds.{key.replace('_', '-')} {v}" for key, v in thresholds.items())
