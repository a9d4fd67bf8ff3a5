"""What all rules share: the checked parameters of the track, paths, and the code behind a script."""

import json
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from selfverify.adapters import CODECS, ENGINES, RECOGNISERS, SYSTEMS
from selfverify.storage.checkpoints import CHECKSUMS, checkpoint_files
from selfverify.workflow.code_closure import code_files
from selfverify.distillation.plan import (
    TEACHER,
    is_of_references,
    line_of,
    matched_of,
    plan_policies,
    plan_sweep,
    plan_temperatures,
    spoken_by,
    swept_arms,
    taught_by,
)
from selfverify.errors import InputError
from selfverify.workflow.job_environment import set_job_environment
from selfverify.workflow.options import as_options
from selfverify.workflow.params import check_params
from selfverify.workflow.params_file import read_params

try:
    # What DVC reads otherwise is refused, before a run that it could not record.
    PARAMS = read_params(Path("params.yaml"))
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

PROMPT_SETS = list(TRACK["prompt_sets"])  # to evaluate with, `standard` first
CALIBRATION_SETS = ["calibration"] if "calibration" in TRACK else []
# All that is drawn, with the prompts of calibration and distillation.
TEXTS = (
    TRACK["prompt_sets"]
    | {name: TRACK[name] for name in CALIBRATION_SETS}
    | ({"train": TRACK["train_prompts"]} if "train_prompts" in TRACK else {})
)
GRAMMAR_SETS, CRITERIA_SETS, LIBRISPEECH_SETS, ADVERSARIAL_SETS, OWN_SETS = (
    [name for name, entry in TEXTS.items() if entry["source"] == source]
    for source in ("grammar", "criteria", "librispeech", "adversarial", "file")
)
# Of the n that are compared the one in the middle, for tables that show one.
USUAL_N = sorted(TRACK["best_of"])[len(TRACK["best_of"]) // 2]
# The study in print says what became of the paper's claims, which are of these two as we have them.
IS_REPLICATION = {"standard", "hard"} <= {*PROMPT_SETS} and not OWN_SETS
# Without those whose texts are another set's.
ORIGINAL_SETS = [name for name in PROMPT_SETS if name not in ADVERSARIAL_SETS]
# Folder → where on the hub its checkpoint comes from.
FETCHED = {
    Path(entry.get("checkpoint") or entry["model"]): entry["hub"]
    for kind in ("systems", "codecs", "recognisers")
    for entry in TRACK[kind].values()
    if "hub" in entry
}
# The same of recognisers' weights in one file.
FETCHED_FILES = {
    entry["model"]: entry["file"] | {"sha256": entry["sha256"]}
    for entry in TRACK["recognisers"].values()
    if "file" in entry
}
# References stand where a system would: the voice itself, and the voice through each codec.
RESYNTHESES = {f"{codec}-resynthesis": codec for codec in TRACK["codecs"]}
REFERENCES = ["reference", *RESYNTHESES]
VOICES = [*TRACK["systems"], *REFERENCES]
FROZEN_CHOICE = f"{DATA}/adversarial.csv"  # in git
CHOICE = f"{DATA}/adversarial_choice.csv"  # what `snakemake choose_adversarial` makes
# What distillation makes of the systems, and the rivals of it: each a system with settings of its
# own, on rules of the systems; never a part of VOICES, the study's.
POLICIES = plan_policies(TRACK["distillation"]) if "distillation" in TRACK else {}
# What is drawn at other temperatures: name → (system, temperature or arm).
LINE, MATCHED = {}, {}
# What is trained for the study, rounds on the way included.
STUDIED = [name for name, policy in POLICIES.items() if policy.is_trained]
# What is tried on training prompts alone, by name: `snakemake table_sweep`.
SWEEP, ARM_ENTRIES = {}, {}
if POLICIES:
    SWEEP = plan_sweep(TRACK["distillation"])
    ARM_ENTRIES = TRACK["distillation"]["arms"] | swept_arms(TRACK["distillation"])
    LINE = line_of(TRACK["distillation"], TRACK["systems"])
    MATCHED = matched_of(TRACK["distillation"], TRACK["systems"], POLICIES)
    POLICIES |= plan_temperatures(TRACK["distillation"], TRACK["systems"], POLICIES)
    POLICIES = SWEEP | POLICIES


def checkpoint_of(name):
    """Where the weights of a policy are, as an entry of a system's parameters."""
    weights = name if POLICIES[name].is_trained else POLICIES[name].start
    return {"checkpoint": f"{DATA}/policies/{weights}"} if weights in POLICIES else {}


SPEAKERS = TRACK["systems"] | {
    name: TRACK["systems"][policy.system] | policy.settings | checkpoint_of(name)
    for name, policy in POLICIES.items()
}
# Whether `all` and DVC have distillation, or `snakemake distillation` alone.
IN_ALL = bool(POLICIES) and TRACK["distillation"]["in_all"]
CORRUPTED = "corrupted"  # the reference with failures made on purpose; no voice of the study


def one_of(names):
    """A pattern that matches the names alone, and nothing if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def file_name(arm):
    """An arm as a part of paths."""
    return arm.replace(" ", "-")


# All of them stand before the first rule: a later statement would make Snakemake forget those of
# all rules above it, once outputs live in remote storage.
wildcard_constraints:
    system=one_of(SPEAKERS),
    policy=one_of(name for name, policy in POLICIES.items() if policy.is_trained),
    resynthesis=one_of(RESYNTHESES),
    voice=one_of([*VOICES, *POLICIES, CORRUPTED]),
    prompt_set=one_of(TEXTS),
    recogniser=one_of(TRACK["recognisers"]),
    arm=one_of(map(file_name, [TEACHER, *(policy.arm for policy in POLICIES.values())])),
    shard=r"\d{3}",
    trained_codec=one_of(PRETRAIN["codecs"]),
    trained_system=one_of(PRETRAIN["systems"]),


# Of jobs that run a model; `profiles/` says how many GPUs there are, and what a job costs at least.
GPU = 1 if TRACK["device"] == "cuda" else 0


THRESHOLDS = {key: value for key, value in config["metric"].items() if key != "language"}
TABLE = ("csv", "markdown", "latex")  # the outputs of a rule that makes a table for people


def options(**arguments):
    """A function of wildcards: the arguments of a rule's script as one string of options.

    A value may be a function of wildcards, and text may name wildcards in braces.
    """

    def of(value, wildcards):
        if callable(value):
            return value(wildcards)
        if isinstance(value, dict):
            return {key: of(part, wildcards) for key, part in value.items()}
        return value.format(**wildcards) if isinstance(value, str) else value

    return lambda wildcards: as_options(of(arguments, wildcards))


# Snakemake counts cards; which one a job takes, this says.
ON_CARD = "python scripts/selfverify/workflow/on_card.py " if GPU else ""


def run(*inputs, to, threads=False, on_card=False):
    """The command of a rule: its script, on the inputs and to the outputs that are named.

    Each is an option of the name that it has in the rule; a sole output without one is "output".
    With `threads` the script is told how many it has, and with `on_card` it has a card of its own
    where the track's models run on cards.
    What the script prints goes into the log and to standard error.
    """
    outputs = [to] if isinstance(to, str) else to
    files = [f"--{name.replace('_', '-')} {{input.{name}}}" for name in inputs]
    files += [
        f"--{name} {{output}}" if name == "output" else f"--{name} {{output.{name}}}"
        for name in outputs
    ]
    files += ["--num-threads {threads}"] if threads else []
    card = ON_CARD if on_card else ""
    return f"{card}python {{input.code[0]}} {' '.join(files)} {{params}} 2>&1 | tee {{log}} >&2"


def growing(amount):
    """A resource that grows with each retry: a job that ran out of it is given more."""
    return lambda wildcards, attempt: amount * attempt


def shards(prompt_set):
    """Names of a prompt set's shards."""
    return [f"{i:03d}" for i in range(TEXTS[prompt_set]["num_shards"])]


def sets_of(voice):
    """Prompt sets that a voice speaks; the scorer is examined on no text twice."""
    return ORIGINAL_SETS if voice == CORRUPTED else PROMPT_SETS


def drawn_sets(voice):
    """What a voice speaks in all: a system also what its hard prompts' categories are judged by."""
    return [*sets_of(voice), *(CALIBRATION_SETS if voice in TRACK["systems"] else [])]


def set_files(folder, voice, sets=sets_of):
    """The file of each prompt set of a voice, below a folder such as verdicts."""
    return [f"{folder}/{voice}/{prompt_set}.parquet" for prompt_set in sets(voice)]


def shard_files(folder, voice, sets=sets_of):
    """Every shard of every prompt set of a voice, below a folder such as audio."""
    return [
        f"{folder}/{voice}/{prompt_set}/{shard}.parquet"
        for prompt_set in sets(voice)
        for shard in shards(prompt_set)
    ]


def num_shards(wildcards):
    return TEXTS[wildcards.prompt_set]["num_shards"]


def to_keep_apart_from(wildcards):
    """What prompts that evaluate nothing must not resemble; prompt sets are free."""
    sets = [] if wildcards.prompt_set in PROMPT_SETS else ORIGINAL_SETS
    return [f"{DATA}/prompts/{prompt_set}.parquet" for prompt_set in sets]


def of_texts(key, default=None):
    """A function of wildcards: what the parameters say of the prompt set."""
    return lambda wildcards: TEXTS[wildcards.prompt_set].get(key, default)


def of_system(key, default=None):
    """A function of wildcards: what the parameters say of the system, such as its temperature."""
    return lambda wildcards: SPEAKERS[wildcards.system].get(key, default)


def sampler(wildcards):
    """The adapter that draws a system's candidates: that of its engine, where it has one."""
    speaker = SPEAKERS[wildcards.system]
    engine = ENGINES[speaker.get("engine", "transformers")]
    return engine.get(speaker["adapter"], speaker["adapter"])


def sampling_settings(speaker):
    """What the parameters say of how a system draws: the fields of `SamplingSettings`."""
    keys = ("temperature", "top_p", "top_k", "max_audio_s", "repetition_penalty")
    return {key: speaker[key] for key in keys if key in speaker}


def pool_size(wildcards):
    """Candidates per utterance: fewer of what is sampled for distillation."""
    if wildcards.prompt_set == "train":
        return TRACK["distillation"]["pool_size"]
    if wildcards.prompt_set in CALIBRATION_SETS:
        return TRACK["calibration"]["pool_size"]
    if wildcards.system in POLICIES:
        return TRACK["distillation"]["eval_pool_size"]
    return TRACK["pool_size"]


def of_codec(key):
    """A function of wildcards: what the parameters say of the codec of a system or resynthesis."""
    return lambda wildcards: TRACK["codecs"][_codec_name(wildcards)][key]


def of_recogniser(key, default=None):
    """A function of wildcards: what the parameters say of the recogniser."""
    return lambda wildcards: TRACK["recognisers"][wildcards.recogniser].get(key, default)


def recogniser_options(role):
    """A function of wildcards: what loads the track's verifier or evaluator, as JSON.

    As a text, `options()` would take its braces for wildcards.
    """
    entry = TRACK["recognisers"][TRACK[role]]
    loaded = {key: value for key, value in entry.items() if key not in ("hub", "file")}
    device = {} if TRACK["device"] == "cpu" else {"device": TRACK["device"]}
    entry_as_json = json.dumps(loaded | device | {"language": config["metric"]["language"]})
    return lambda wildcards: entry_as_json


def of_hub(key, default=None):
    """A function of wildcards: what the parameters say of the checkpoint's place on the hub."""
    return lambda wildcards: FETCHED[Path(DATA, "checkpoints", wildcards.fetched)].get(key, default)


def of_file(key):
    """A function of wildcards: what the parameters say of where a recogniser's file comes from."""
    return lambda wildcards: FETCHED_FILES[f"{DATA}/checkpoints/{wildcards.fetched}.pt"][key]


def of_trained_codec(key):
    """A function of wildcards: what the parameters say of a mini codec's training."""
    return lambda wildcards: PRETRAIN["codecs"][wildcards.trained_codec][key]


def of_trained_system(key):
    """A function of wildcards: what the parameters say of a mini system's training."""
    return lambda wildcards: PRETRAIN["systems"][wildcards.trained_system][key]


def of_paper(key, default=None):
    """A function of wildcards: a key of each system of the paper track, whichever track runs."""
    systems = config["tracks"]["paper"]["systems"].values()
    return lambda wildcards: [system.get(key, default) for system in systems]


def training_workload(track):
    """A step of DPO, of as long candidates as the cap allows, as a track plans it."""
    plan = track["distillation"]
    return {
        "lora_rank": plan["lora_rank"],
        "batch_size": plan["batch_size"],
        "micro_batch_size": plan["micro_batch_size"],
        "max_audio_s": max(system["max_audio_s"] for system in track["systems"].values()),
        "num_prompt_ids": 80,  # assumed
        "beta": plan["arms"]["dpo"]["beta"],
    }


def of_policy(wildcards):
    """The plan of the policy."""
    return POLICIES[wildcards.policy]


def of_start(key, default=None):
    """A function of wildcards: a key of the system or policy that a training starts from."""
    return lambda wildcards: SPEAKERS[of_policy(wildcards).start].get(key, default)


def of_arm(key, default=None):
    """A function of wildcards: what the parameters say of the arm."""
    return lambda wildcards: ARM_ENTRIES[of_policy(wildcards).arm].get(key, default)


def folds_adapters(wildcards):
    """Whether a training folds its adapters: one by SFT, where the parameters say so."""
    is_sft = of_arm("losses")(wildcards) == ["sft"]
    return DISTILLATION.get("fold_adapters") if is_sft else None


def of_start_codec(key):
    """A function of wildcards: a key of the codec of what a training starts from."""
    return lambda wildcards: TRACK["codecs"][of_start("codec")(wildcards)][key]


def is_grpo(policy):
    """Whether a policy is trained by GRPO, which draws candidates of its own in training."""
    if not POLICIES[policy].is_trained:
        return False
    return ARM_ENTRIES[POLICIES[policy].arm]["losses"] == ["grpo"]


def candidates_a_step(wildcards):
    """Candidates that a step of GRPO draws, so that all steps draw as many as the other arms."""
    policy = of_policy(wildcards)
    per_shard = TEXTS["train"]["num_utterances"] / TEXTS["train"]["num_shards"]
    drawn = len(policy.pools) * per_shard * TRACK["distillation"]["pool_size"]
    return int(drawn / policy.num_steps)


def judged(names, folder="verdicts", sets=ORIGINAL_SETS):
    """Verdicts, or the like, of systems or policies on the prompts that are evaluated."""
    return [f"{DATA}/{folder}/{name}/{prompt_set}.parquet" for name in names for prompt_set in sets]


def viewed(scorers, sets):
    """What speakers make of the candidates of their systems: a mapping from a speaker to its system."""
    return [
        f"{DATA}/likelihood/{system}/{prompt_set}/{scorer}.parquet"
        for scorer, system in scorers.items()
        for prompt_set in sets
    ]


def judged_audio(name):
    """Audio of the prompts that no system chose."""
    return shard_files(f"{DATA}/audio", name, sets=lambda _: ORIGINAL_SETS)


def _codec_name(wildcards):
    if hasattr(wildcards, "system"):
        return SPEAKERS[wildcards.system]["codec"]
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
    """A function of wildcards: the files of a checkpoint; a missing one stops the run here.

    Of a checkpoint from the hub, SHA256SUMS stands for all: `fetch_checkpoint` writes it last. Of
    one without SHA256SUMS, one's own, all that lies in its folder.
    """

    def files(wildcards):
        folder = checkpoint(wildcards)
        if Path(folder) in FETCHED:
            return local(f"{folder}/{CHECKSUMS}")
        if Path(folder).name in POLICIES:
            return f"{folder}/{CHECKSUMS}"
        try:
            listed = checkpoint_files(folder) or sorted(Path(folder).glob("*"))
            return local([str(path) for path in listed if path.is_file()])
        except InputError as error:
            raise WorkflowError(str(error)) from None

    return files


def frozen_choice(wildcards):
    """The choice that git keeps; a missing one stops the run here."""
    if not Path(FROZEN_CHOICE).exists():
        raise WorkflowError(
            f"{FROZEN_CHOICE}: no such file; restore it, or make it: `snakemake choose_adversarial"
            f" --config track={TRACK_NAME}`, then copy {CHOICE} to it"
        )
    return local(FROZEN_CHOICE)


def model_file(wildcards):
    """The recogniser's model where a rule of this workflow makes or fetches it."""
    return model_files(wildcards.recogniser)


def model_files(recogniser):
    """The same, of a recogniser by name."""
    model = TRACK["recognisers"][recogniser]["model"]
    if Path(model) in FETCHED:
        return local(f"{model}/{CHECKSUMS}")
    if model in FETCHED_FILES:
        return local(model)
    return [model] if model == BUNDLED_WHISPER else []


def all_shards(folder):
    """A function of wildcards: a folder's files of one system and prompt set."""

    def files(wildcards):
        place = f"{DATA}/{folder}/{wildcards.voice}/{wildcards.prompt_set}"
        return [f"{place}/{shard}.parquet" for shard in shards(wildcards.prompt_set)]

    return files


def verifier_transcripts(wildcards):
    """What the verifier heard of a voice: nothing of policies, of which nothing is selected here."""
    if wildcards.voice in POLICIES:
        return []
    return all_shards(f"transcripts/{TRACK['verifier']}")(wildcards)


def figure_files(name, **suffixes):
    """The files of a figure or table, from what they are to how they end."""
    return {kind: f"{FIGURES}/{name}.{suffix}" for kind, suffix in suffixes.items()}


def reported(name):
    """The files of a figure or table; the one that people look at is shown in the report."""
    files = FIGURE_FILES.get(name) or DISTILLED_FILES[name]
    kind, category = ("png", "Figures") if "png" in files else ("csv", "Tables")
    marked = report(files[kind], caption=f"../report/{name}.rst", category=category)
    return files | {kind: marked}
