"""Stages: what DVC versions together, each a target here (`snakemake stage_audio-mini-llasa`)."""

from selfverify.versioning.dvc import is_dvc_repository
from selfverify.versioning.pending import unrecorded
from selfverify.versioning.stages import Stage
from selfverify.versioning.studies import find_study

try:
    STUDY = find_study(TRACK_NAME, PARAMS, [Path(path) for path in workflow.configfiles])
except InputError as error:
    raise WorkflowError(str(error)) from None
UNVERSIONED = STUDY.why_unversioned(
    config, is_remote=bool(workflow.storage_settings.default_storage_provider)
)
TRACK_KEY = f"tracks.{TRACK_NAME}"  # where params.yaml keeps the track's choices
SCORED = [*VOICES, CORRUPTED]
USED_RECOGNISERS = sorted({TRACK["verifier"], TRACK["evaluator"]})


def study_params(*keys):
    """Keys of the track's part of params.yaml."""
    return [f"{TRACK_KEY}.{key}" for key in keys]


def prompt_set_params(*keys, sets=PROMPT_SETS):
    """Keys of the prompt sets' parts of params.yaml."""
    return study_params(*(f"prompt_sets.{name}.{key}" for name in sets for key in keys))


def calibration_params(*keys):
    """Keys of the part of params.yaml on the prompts of calibration, where there are any."""
    return study_params(*(f"{name}.{key}" for name in CALIBRATION_SETS for key in keys))


def train_prompt_params(*keys):
    """Keys of the part of params.yaml on the prompts of distillation, where there are any."""
    return study_params(*(f"train_prompts.{key}" for key in keys if "train_prompts" in TRACK))


def system_params(system, without=()):
    """Keys of a system's part of params.yaml."""
    keys = [key for key in TRACK["systems"][system] if key not in without]
    return study_params(*(f"systems.{system}.{key}" for key in keys))


def is_distilled(system):
    """Whether the study, with its training prompts, has distillation of a system."""
    return IN_ALL and system in TRACK["distillation"]["systems"]


def distilled_shards(folder, voice):
    """What is drawn of a voice for distillation, in the folder that its stage has anyway."""
    return learnt_files(folder, voice) if is_distilled(voice) else []


def outs_of(files):
    """What DVC tracks of files: their folders, and what is of training prompts one by one.

    Targets that are no part of the study, such as a sweep, make more of these in the same folders.
    """
    shared = {"train", "training_pools"}
    outs = [f if shared & {*Path(f).parts} else str(Path(f).parent) for f in files]
    return tuple(dict.fromkeys(outs))


if IN_ALL:

    include: "distillation_stages.smk"


def candidates_stage(system):
    files = (
        *shard_files(f"{DATA}/candidates", system, drawn_sets),
        *distilled_shards("candidates", system),
    )
    return Stage(
        f"candidates-{system}",
        files=files,
        folders=outs_of(files),
        params=(
            "seed",
            *study_params("device", "pool_size"),
            *(study_params("distillation.pool_size") if is_distilled(system) else []),
            *(train_prompt_params("num_shards") if is_distilled(system) else []),
            *prompt_set_params("num_shards"),
            *calibration_params("num_shards", "pool_size"),
            *system_params(system, without=["codec"]),
        ),
    )


def audio_stage(voice):
    codec = RESYNTHESES.get(voice)
    params = []
    if voice in TRACK["systems"]:
        codec = TRACK["systems"][voice]["codec"]
        params.append(f"systems.{voice}.codec")
    if codec:
        params += ["device", f"codecs.{codec}"]
    files = (*shard_files(f"{DATA}/audio", voice, drawn_sets), *distilled_shards("audio", voice))
    return Stage(
        f"audio-{voice}",
        files=files,
        folders=outs_of(files),
        params=(
            *study_params(*params),
            *prompt_set_params("num_shards", sets=sets_of(voice)),
            *(calibration_params("num_shards") if voice in TRACK["systems"] else []),
            *(["seed", "scorer.prompts_per_shard"] if voice == CORRUPTED else []),
        ),
    )


def transcripts_stage(recogniser, voice):
    folder = f"{DATA}/transcripts/{recogniser}"
    is_verifier = recogniser == TRACK["verifier"]
    files = (
        *shard_files(folder, voice, drawn_sets),
        *(distilled_shards(f"transcripts/{recogniser}", voice) if is_verifier else []),
    )
    return Stage(
        f"transcripts-{recogniser}-{voice}".replace(".", "_"),
        files=files,
        folders=outs_of(files),
        params=(
            *study_params("device", "recognisers"),
            *prompt_set_params("num_shards", sets=sets_of(voice)),
            *(calibration_params("num_shards") if voice in TRACK["systems"] else []),
            "metric.language",
            "metric.min_speech_s",
        ),
    )


def verdicts_stage(voice):
    return Stage(
        f"verdicts-{voice}",
        files=tuple(set_files(f"{DATA}/verdicts", voice, drawn_sets)),
        folder=f"{DATA}/verdicts/{voice}",
        params=(
            *study_params("verifier", "evaluator"),
            *(f"metric.{key}" for key in config["metric"] if key != "language"),
        ),
    )


def selected_stage(voice):
    folder = f"{DATA}/selected/{voice}"
    params = study_params("best_of") if voice in TRACK["systems"] else []
    files = tuple(set_files(f"{DATA}/selected", voice))
    return Stage(f"selected-{voice}", files=files, folder=folder, params=tuple(params))


STAGES = [
    Stage(
        "prompts",
        files=tuple(f"{DATA}/prompts/{prompt_set}.parquet" for prompt_set in TEXTS),
        folder=f"{DATA}/prompts",
        params=(
            "seed",
            *(["pretrain.corpus.num_utterances", "pretrain.corpus.seed"] if GRAMMAR_SETS else []),
            *study_params(*(["librispeech"] if LIBRISPEECH_SETS else [])),
            *calibration_params("num_utterances"),
            *train_prompt_params("num_utterances", "max_overlap"),
            *prompt_set_params("num_utterances"),
            *prompt_set_params("max_s", sets=LIBRISPEECH_SETS),
            *prompt_set_params("path", "pace", sets=OWN_SETS),
            *prompt_set_params("pool", "systems", sets=ADVERSARIAL_SETS),
        ),
    ),
    *map(candidates_stage, TRACK["systems"]),
    *map(audio_stage, SCORED),
    *[transcripts_stage(recogniser, voice) for recogniser in USED_RECOGNISERS for voice in SCORED],
    *map(verdicts_stage, SCORED),
    *map(selected_stage, VOICES),
    Stage(
        "results",
        files=(*RESULTS.values(), THRESHOLD_SWEEP, *REGIMES, POLICY_COSTS, *STARTS.values()),
        params=(
            "scorer.max_cer_sweep",
            "metric.runaway_share",
            *study_params("best_of"),
            *calibration_params("max_never"),
            *study_params(
                *(f"systems.{s}.{key}" for s in STARTS for key in ("checkpoint", "temperature"))
            ),
        ),
        in_git=True,
        metrics=(RESULTS["metrics"],),
    ),
    Stage(
        "figures",
        files=(
            *(path for files in FIGURE_FILES.values() for path in files.values()),
            *EXAMPLE_FILES,
        ),
        in_git=True,
        params=(
            "seed",
            "listening.num_studies",
            *study_params("larger_system", "best_of", "pool_size"),
            *prompt_set_params("source"),
            *train_prompt_params("source"),
        ),
    ),
    Stage(
        "listening",
        files=tuple(f"{DATA}/listening/{system}.html" for system in TRACK["systems"]),
        folder=f"{DATA}/listening",
        unlisted=(f"{DATA}/listening",),  # tests for people, and their keys
    ),
]
IS_WHISPER_USED = BUNDLED_WHISPER in {
    TRACK["recognisers"][name]["model"] for name in USED_RECOGNISERS
}
if IS_WHISPER_USED and BUNDLED_WHISPER.startswith(f"{DATA}/"):  # of another track it is no output
    STAGES.append(
        Stage(
            "whisper",
            files=(BUNDLED_WHISPER,),
            params=("bundled_whisper_sha256",),
        )
    )

if IN_ALL:
    STAGES += DISTILLATION_STAGES
if PAPER_IN_ALL:
    STAGES.append(
        Stage(
            "paper",
            files=tuple(PAPER.values()),
            in_git=True,
            params=tuple(shown_parameters(TRACK_NAME)),
        )
    )

# All of a study that was made before it was versioned.
UNRECORDED = unrecorded(TRACK_NAME, known=[stage.name for stage in STAGES])
if not UNVERSIONED and is_dvc_repository() and not STUDY.pipeline.exists():
    UNRECORDED = {stage.name for stage in STAGES}
RECORD_AGAIN = f"logs/{TRACK_NAME}/record_again"


def record_again(stages):
    """An input of targets while what they stand for waits for being recorded (`versioning`)."""
    return [RECORD_AGAIN] if UNRECORDED & {stage.name for stage in stages} else []


for stage in STAGES:

    rule:
        name:
            stage.target
        input:
            stage.files,
            record_again([stage]),
        localrule: True
