"""What the rules of distillation and comparison say of policies: functions alone."""


def loss_temperature(wildcards):
    """What logits are divided by in the loss: 1, or what candidates are drawn at."""
    if not of_arm("temperature_matched", False)(wildcards):
        return 1.0
    policy = of_policy(wildcards)
    speaker, _ = policy.pools[0]
    # True speech is no speaker: nobody drew it.
    return SPEAKERS.get(speaker, SPEAKERS[policy.system])["temperature"]


def held_out_pools(wildcards):
    """Judged candidates of the policy's system on training prompts that no policy learns from."""
    first = DISTILLATION["num_shards"]
    return [
        f"{DATA}/training_pools/{of_policy(wildcards).system}/{shard:03d}.parquet"
        for shard in range(first, first + DISTILLATION["num_held_out_shards"])
    ]


def swept_pools(names):
    """What the verifier says of speakers on the shard of training prompts that a sweep chooses on."""
    shard = DISTILLATION["sweep"]["shard"]
    return [f"{DATA}/training_pools/{name}/{shard:03d}.parquet" for name in names]


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
    if not trained or trained["losses"] != ["sft"] or is_of_references(trained):
        return float("nan")
    if trained.get("temperature_matched"):
        return drawn_at
    taught_at = SPEAKERS[taught_by(system, trained)]["temperature"]
    return round(taught_at * own ** (trained["num_rounds"] - 1) * drawn_at, 6)


def sharpened(folder):
    """Verdicts, or the like, of every speaker of the sharpening line."""
    return [
        f"{DATA}/{folder}/{name}/{prompt_set}.parquet"
        for name in SHARPENED
        for prompt_set in DISTILLATION["sharpening_line"]["prompt_sets"]
    ]


def measured(measure, speakers):
    """A measure of the candidates of speakers, a file for all of an arm."""
    return [
        f"{DATA}/measures/{system}/{file_name(arm)}/{measure}.parquet"
        for system, arm in dict.fromkeys(speakers.values())
    ]


def members_of(speakers):
    """A function of wildcards: those of the speakers that are of the arm of the system."""
    return lambda wildcards: [
        name
        for name, (system, arm) in speakers.items()
        if (system, file_name(arm)) == (wildcards.system, wildcards.arm)
    ]


def said_by(folder, speakers, sets):
    """A function of wildcards: all shards of an arm's speakers, below a folder such as audio."""
    return lambda wildcards: [
        f"{DATA}/{folder}/{name}/{prompt_set}/{shard}.parquet"
        for name in members_of(speakers)(wildcards)
        for prompt_set in sets
        for shard in shards(prompt_set)
    ]


def of_members(key, speakers):
    """A function of wildcards: what the parameters say of each speaker of an arm."""
    return lambda wildcards: [SPEAKERS[name][key] for name in members_of(speakers)(wildcards)]


def checkpoint_files_of(speakers):
    """A function of wildcards: the files of the checkpoints of an arm's speakers."""

    def files(wildcards):
        folders = dict.fromkeys(of_members("checkpoint", speakers)(wildcards))
        found = [files_of(lambda _, folder=folder: folder)(wildcards) for folder in folders]
        return [path for part in found for path in ([part] if isinstance(part, str) else part)]

    return files
