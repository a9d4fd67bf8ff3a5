"""Stages of distillation, where `in_all` makes it a part of the study.

A stage has all policies of one arm of a system, with all that is made of them; `as is` what a
system gives to distillation, and what is drawn of it at other temperatures.
"""


def learnt_from():
    """Speaker → shards of training prompts that a policy learns from, or is looked at with."""
    used = [pool for name in BY_FINETUNE if name in STUDIED for pool in POLICIES[name].pools]
    first = DISTILLATION["num_shards"]
    held_out = range(first, first + DISTILLATION["num_held_out_shards"])
    systems = {POLICIES[name].system for name in STUDIED}
    used += [(system, shard) for system in systems for shard in held_out]
    return {
        speaker: sorted({shard for name, shard in used if name == speaker}) for speaker, _ in used
    }


LEARNT_FROM = learnt_from()


def evaluated_on(name):
    """Prompt sets that a policy is drawn on; none of a round on the way."""
    if name in FINAL:
        return ORIGINAL_SETS
    sets = SHARPENED_SETS if name in SHARPENED else []
    matched = DISTILLATION["matched_prompt_sets"] if name in MATCHED else []
    return [found for found in ORIGINAL_SETS if found in {*sets, *matched}]


def learnt_files(folder, speaker):
    """Shards of training prompts of a speaker, below a folder such as audio."""
    return [
        f"{DATA}/{folder}/{speaker}/train/{shard:03d}.parquet"
        for shard in LEARNT_FROM.get(speaker, [])
    ]


def pool_files(speaker):
    """What the verifier says of training candidates of a system or policy."""
    pools = f"{DATA}/training_pools/{speaker}"
    return [f"{pools}/{shard:03d}.parquet" for shard in LEARNT_FROM.get(speaker, [])]


def measured_files(system, arm):
    """What the comparison measures of an arm."""
    speakers = {"voice": OWN, "entropy": SHARPENED}
    kinds = [kind for kind, places in speakers.items() if (system, arm) in places.values()]
    return [f"{DATA}/measures/{system}/{file_name(arm)}/{kind}.parquet" for kind in kinds]


def policy_files(name):
    """Every file of a policy."""
    sets = evaluated_on(name)
    drawn = [f"{prompt_set}/{shard}" for prompt_set in sets for shard in shards(prompt_set)]
    kinds = ("candidates", "audio", f"transcripts/{TRACK['evaluator']}")
    files = [f"{DATA}/{kind}/{name}/{shard}.parquet" for kind in kinds for shard in drawn]
    files += [f"{DATA}/verdicts/{name}/{prompt_set}.parquet" for prompt_set in sets]
    for kind in ("candidates", "audio", f"transcripts/{TRACK['verifier']}"):
        files += learnt_files(kind, name)
    if POLICIES[name].is_trained:
        made = (CHECKSUMS, "curve.csv", "training.json")
        files += [f"{DATA}/policies/{name}/{file}" for file in made]
    return files + pool_files(name)


def arm_params(system, arm):
    """Keys of params.yaml that decide what is made of an arm, or of a system at a temperature."""
    codec = TRACK["systems"][system]["codec"]
    keys = ["device", "verifier", "evaluator", "recognisers", f"codecs.{codec}"]
    keys += ["train_prompts.num_shards", "distillation.pool_size", "distillation.eval_pool_size"]
    keys += ["distillation.num_shards", "distillation.num_held_out_shards"]
    if system in DISTILLATION["matched_temperature"] and arm not in DISTILLATION["rivals"]:
        keys.append(f"distillation.matched_temperature.{system}")
        keys.append("distillation.matched_prompt_sets")
    if arm == TEACHER:
        keys.append("distillation.sharpening_line")
    else:
        keys.append("distillation.sharpening_line.prompt_sets")
    if arm in DISTILLATION["rivals"]:
        keys.append(f"distillation.rivals.{arm}")
    elif arm != TEACHER:
        keys += [f"distillation.{key}" for key in (f"arms.{arm}", *TRAINING_KEYS)]
        if DISTILLATION["arms"][arm]["losses"] == ["grpo"]:
            keys.append("train_prompts.num_utterances")
    return (
        "seed",
        *study_params(*keys),
        *system_params(system),
        *prompt_set_params("num_shards", sets=ORIGINAL_SETS),
        *(f"metric.{key}" for key in config["metric"]),
    )


TRAINING_KEYS = (
    *("num_steps", "batch_size", "micro_batch_size", "lora_rank"),
    *(["fold_adapters"] if "fold_adapters" in DISTILLATION else []),
)


def arm_stage(system, arm):
    """The stage of an arm of a system; with a system as it is, what distillation makes of it."""
    members = [n for n, policy in POLICIES.items() if (policy.system, policy.arm) == (system, arm)]
    files = measured_files(system, arm) + (pool_files(system) if arm == TEACHER else [])
    for name in members:
        files += policy_files(name)
    if is_of_references(DISTILLATION["arms"].get(arm, {})):
        files += pool_files(spoken_by(system))
    outs = outs_of(files)
    return Stage(
        f"distillation-{system}-{file_name(arm)}".replace(".", "_"),
        files=tuple(files),
        folders=outs,
        # PEFT and transformers write adapter, weights and tokenizer under names of their own.
        unlisted=tuple(folder for folder in outs if folder.startswith(f"{DATA}/policies/")),
        params=arm_params(system, arm),
    )


# Of an arm, what the prediction of its temperature needs.
SAID = ("losses", "num_rounds", "selection", "teacher", "temperature_matched")
# What the rules of tables and figures have as parameters.
COMPARISON_KEYS = (
    "systems",
    *[
        f"arms.{name}.{key}"
        for name, arm in DISTILLATION["arms"].items()
        for key in arm
        if key in SAID
    ],
    "pool_size",
    "eval_pool_size",
    "rivals",
    "matched_temperature",
    "matched_prompt_sets",
    "sharpening_line",
    "primary_contrasts",
)


DISTILLATION_STAGES = [
    arm_stage(system, arm)
    for system, arms in DISTILLATION["systems"].items()
    for arm in [TEACHER, *arms]
] + [
    Stage(
        "distillation",
        files=tuple(path for files in DISTILLED_FILES.values() for path in files.values()),
        in_git=True,
        params=(
            "seed",
            *study_params("pool_size", *(f"distillation.{key}" for key in COMPARISON_KEYS)),
            *[key for system in DISTILLATION["systems"] for key in system_params(system)],
        ),
    )
]
