"""Stages: what DVC versions together, each a target here (`snakemake stage_audio-mini-llasa`)."""

from selfverify.versioning.stages import Stage

STUDY = f"tracks.{TRACK_NAME}"  # where params.yaml keeps the track's choices
USED_RECOGNISERS = sorted({TRACK["verifier"], TRACK["evaluator"]})


def shard_files(folder):
    """Every shard of every prompt set in a folder."""
    return [
        f"{folder}/{prompt_set}/{shard}.parquet"
        for prompt_set in PROMPT_SETS
        for shard in shards(prompt_set)
    ]


def study_params(*keys):
    """Keys of the track's part of params.yaml."""
    return [f"{STUDY}.{key}" for key in keys]


def prompt_set_params(key):
    """A key of every prompt set's part of params.yaml."""
    return study_params(*(f"prompt_sets.{prompt_set}.{key}" for prompt_set in PROMPT_SETS))


def system_params(system, without=()):
    """Keys of a system's part of params.yaml."""
    keys = [key for key in TRACK["systems"][system] if key not in without]
    return study_params(*(f"systems.{system}.{key}" for key in keys))


def candidates_stage(system):
    return Stage(
        f"candidates-{system}",
        files=tuple(shard_files(f"{DATA}/candidates/{system}")),
        folder=f"{DATA}/candidates/{system}",
        params=(
            "seed",
            *study_params("device", "pool_size"),
            *prompt_set_params("num_shards"),
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
    return Stage(
        f"audio-{voice}",
        files=tuple(shard_files(f"{DATA}/audio/{voice}")),
        folder=f"{DATA}/audio/{voice}",
        params=(*study_params(*params), *prompt_set_params("num_shards")),
    )


def transcripts_stage(recogniser, voice):
    folder = f"{DATA}/transcripts/{recogniser}/{voice}"
    return Stage(
        f"transcripts-{recogniser}-{voice}".replace(".", "_"),
        files=tuple(shard_files(folder)),
        folder=folder,
        params=(
            *study_params("device", "recognisers"),
            *prompt_set_params("num_shards"),
            "metric.language",
            "metric.min_speech_s",
        ),
    )


def verdicts_stage(voice):
    folder = f"{DATA}/verdicts/{voice}"
    return Stage(
        f"verdicts-{voice}",
        files=tuple(f"{folder}/{prompt_set}.parquet" for prompt_set in PROMPT_SETS),
        folder=folder,
        params=(
            *study_params("verifier", "evaluator"),
            *(f"metric.{key}" for key in config["metric"] if key != "language"),
        ),
    )


def selected_stage(voice):
    folder = f"{DATA}/selected/{voice}"
    params = study_params("best_of") if voice in TRACK["systems"] else []
    files = tuple(f"{folder}/{prompt_set}.parquet" for prompt_set in PROMPT_SETS)
    return Stage(f"selected-{voice}", files=files, folder=folder, params=tuple(params))


STAGES = [
    Stage(
        "prompts",
        files=tuple(f"{DATA}/prompts/{prompt_set}.parquet" for prompt_set in PROMPT_SETS),
        folder=f"{DATA}/prompts",
        params=(
            "seed",
            "pretrain.corpus.num_utterances",
            "pretrain.corpus.seed",
            *prompt_set_params("num_utterances"),
        ),
    ),
    *map(candidates_stage, TRACK["systems"]),
    *map(audio_stage, VOICES),
    *[transcripts_stage(recogniser, voice) for recogniser in USED_RECOGNISERS for voice in VOICES],
    *map(verdicts_stage, VOICES),
    *map(selected_stage, VOICES),
    Stage(
        "results",
        files=tuple(RESULTS.values()),
        in_git=True,
        metrics=(RESULTS["metrics"],),
    ),
    Stage(
        "figures",
        files=tuple(path for files in FIGURE_FILES.values() for path in files.values()),
        in_git=True,
    ),
]
if any(TRACK["recognisers"][name]["model"] == BUNDLED_WHISPER for name in USED_RECOGNISERS):
    STAGES.append(
        Stage(
            "whisper",
            files=(BUNDLED_WHISPER,),
            params=("bundled_whisper_sha256",),
        )
    )

for stage in STAGES:

    rule:
        name:
            stage.target
        input:
            stage.files,
        localrule: True
