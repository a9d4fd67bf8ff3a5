"""What the rules of distillation and comparison say of policies: functions alone."""


def loss_temperature(wildcards):
    """What logits are divided by in the loss: 1, or what candidates are drawn at."""
    is_matched = of_arm("temperature_matched", False)(wildcards)
    return SPEAKERS[of_policy(wildcards).system]["temperature"] if is_matched else 1.0


def held_out_pools(wildcards):
    """Judged candidates of the policy's system on training prompts that no policy learns from."""
    first = DISTILLATION["num_shards"]
    return [
        f"{DATA}/training_pools/{of_policy(wildcards).system}/{shard:03d}.parquet"
        for shard in range(first, first + DISTILLATION["num_held_out_shards"])
    ]


def drawn_of(contrast, arm):
    """Candidates of a prompt that one side of a contrast has, all training seeds together."""
    if arm == TEACHER:
        return TRACK["pool_size"]
    return DISTILLATION["eval_pool_size"] * DISTILLATION["systems"][contrast["system"]][arm]


def predicted_temperature(speaker, place):
    """At which its system acts as a speaker, if SFT teaches no more than its own candidates."""
    system, arm = place
    own, drawn_at = SPEAKERS[system]["temperature"], SPEAKERS[speaker]["temperature"]
    trained = DISTILLATION["arms"].get(arm)
    if arm == TEACHER:
        return drawn_at
    if not trained or trained["losses"] != ["sft"]:
        return float("nan")
    num_rounds = 0 if trained.get("temperature_matched") else trained["num_rounds"]
    return round(own**num_rounds * drawn_at, 6)


def sharpened(folder):
    """Verdicts, or the like, of every speaker of the sharpening line."""
    return [
        f"{DATA}/{folder}/{name}/{prompt_set}.parquet"
        for name in SHARPENED
        for prompt_set in DISTILLATION["sharpening_line"]["prompt_sets"]
    ]
