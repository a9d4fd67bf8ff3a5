"""Distillation: policies trained on verified candidates, and rivals that only sample otherwise.

Candidates of training prompts come from the rules of the systems, and so do those of a policy, one
rule per round of an online arm. `snakemake distillation`; a part of `all` where `in_all` of the
parameters says so.

in:  data/{track}/candidates, audio and transcripts of the prompt set `train`
out: data/{track}/training_pools/{system}/{shard}.parquet, and of {system}-reference, true speech
     data/{track}/policies/{policy}, a checkpoint with its adapter and curve
"""

DISTILLATION = TRACK["distillation"]
FINAL = {name: policy for name, policy in POLICIES.items() if policy.is_final}
BY_FINETUNE = [name for name, policy in POLICIES.items() if policy.is_trained and not is_grpo(name)]
BY_GRPO = [name for name in POLICIES if is_grpo(name)]
VERIFIER = TRACK["recognisers"][TRACK["verifier"]]
TRAINED = {name: policy for name, policy in FINAL.items() if policy.is_trained}


rule judge_training_pool:
    """What the verifier says of one shard of training candidates."""
    input:
        code=code("judge_training_pool"),
        prompts=f"{DATA}/prompts/train.parquet",
        candidates=f"{DATA}/candidates/{{system}}/train/{{shard}}.parquet",
        audio=f"{DATA}/audio/{{system}}/train/{{shard}}.parquet",
        transcripts=f"{DATA}/transcripts/{TRACK['verifier']}/{{system}}/train/{{shard}}.parquet",
    output:
        f"{DATA}/training_pools/{{system}}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/judge_training_pool/{{system}}/{{shard}}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            thresholds=THRESHOLDS,
        ),
    shell:
        run("prompts", "candidates", "audio", "transcripts", to="output")


rule speak_training_pool:
    """The voice's own speech of one shard of training prompts, in a system's ids."""
    input:
        code=code("speak_training_pool", SYSTEMS, of_system("adapter")),
        codec_code=code("speak_training_pool", CODECS, of_codec("adapter")),
        prompts=f"{DATA}/prompts/train.parquet",
        checkpoint=files_of(of_system("checkpoint")),
        codec=files_of(of_codec("checkpoint")),
    output:
        f"{DATA}/training_pools/{spoken_by('{system}')}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/speak_training_pool/{{system}}/{{shard}}.log",
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
        gpu=GPU,
    params:
        options(
            shard="{shard}",
            num_shards=TEXTS["train"]["num_shards"],
            adapter=of_system("adapter"),
            checkpoint=of_system("checkpoint"),
            codec_adapter=of_codec("adapter"),
            codec=of_codec("checkpoint"),
            device=TRACK["device"],
        ),
    shell:
        run("prompts", to="output", on_card=True)


rule finetune:
    """A policy, from the pools of its plan."""
    input:
        code=code("finetune", SYSTEMS, of_start("adapter")),
        pools=lambda wildcards: [
            f"{DATA}/training_pools/{speaker}/{shard:03d}.parquet"
            for speaker, shard in of_policy(wildcards).pools
        ],
        held_out=held_out_pools,
        evaluated=[f"{DATA}/prompts/{prompt_set}.parquet" for prompt_set in ORIGINAL_SETS],
        start=files_of(of_start("checkpoint")),
    output:
        checkpoint=f"{DATA}/policies/{{policy}}/SHA256SUMS",
        curve=f"{DATA}/policies/{{policy}}/curve.csv",
        facts=f"{DATA}/policies/{{policy}}/training.json",
    log:
        f"logs/{TRACK_NAME}/finetune/{{policy}}.log",
    benchmark:
        f"logs/{TRACK_NAME}/finetune/{{policy}}.tsv"
    wildcard_constraints:
        policy=one_of(BY_FINETUNE),
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(240),
        gpu=GPU,
    params:
        options(
            adapter=of_start("adapter"),
            start=of_start("checkpoint"),
            dtype=of_start("dtype"),
            voice=of_start("voice", ""),
            settings=dict(
                losses=of_arm("losses"),
                selection=of_arm("selection", "verified"),
                temperature=loss_temperature,
                beta=of_arm("beta"),
                learning_rate=of_arm("learning_rate"),
                gain_learning_rate=of_arm("gain_learning_rate"),
                num_steps=lambda wildcards: of_policy(wildcards).num_steps,
                batch_size=DISTILLATION["batch_size"],
                micro_batch_size=DISTILLATION["micro_batch_size"],
                lora_rank=of_arm("lora_rank", DISTILLATION["lora_rank"]),
                fold_adapters=folds_adapters,
                seed=lambda wildcards: config["seed"] + of_policy(wildcards).seed,
            ),
            device=TRACK["device"],
            run=f"{DATA}/policies/{{policy}}.run",
            output=f"{DATA}/policies/{{policy}}",
        ),
    shell:
        run("pools", "held_out", "evaluated", to=(), on_card=True)


rule finetune_grpo:
    """A policy that samples its own candidates of its prompts, step after step."""
    input:
        code=code("finetune_grpo", SYSTEMS, of_start("adapter")),
        codec_code=code("finetune_grpo", CODECS, of_start_codec("adapter")),
        verifier_code=local(
            code_files("finetune_grpo", RECOGNISERS[VERIFIER["adapter"]].partition(":")[0])
        ),
        prompts=f"{DATA}/prompts/train.parquet",
        held_out=held_out_pools,
        evaluated=[f"{DATA}/prompts/{prompt_set}.parquet" for prompt_set in ORIGINAL_SETS],
        start=files_of(of_start("checkpoint")),
        codec=files_of(of_start_codec("checkpoint")),
        verifier=model_files(TRACK["verifier"]),
    output:
        checkpoint=f"{DATA}/policies/{{policy}}/SHA256SUMS",
        curve=f"{DATA}/policies/{{policy}}/curve.csv",
        facts=f"{DATA}/policies/{{policy}}/training.json",
    log:
        f"logs/{TRACK_NAME}/finetune_grpo/{{policy}}.log",
    benchmark:
        f"logs/{TRACK_NAME}/finetune_grpo/{{policy}}.tsv"
    wildcard_constraints:
        policy=one_of(BY_GRPO),
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(240),
        gpu=GPU,
    params:
        options(
            shards=lambda wildcards: [shard for _, shard in of_policy(wildcards).pools],
            num_shards=TEXTS["train"]["num_shards"],
            adapter=of_start("adapter"),
            start=of_start("checkpoint"),
            dtype=of_start("dtype"),
            voice=of_start("voice", ""),
            sampling=lambda wildcards: sampling_settings(SPEAKERS[of_policy(wildcards).start]),
            codec_adapter=of_start_codec("adapter"),
            codec=of_start_codec("checkpoint"),
            recogniser_adapter=VERIFIER["adapter"],
            recogniser=VERIFIER["model"],
            sha256=VERIFIER.get("sha256", ""),
            padding_s=VERIFIER.get("padding_s", 0),
            recogniser_batch_size=VERIFIER["batch_size"],
            language=config["metric"]["language"],
            thresholds=THRESHOLDS,
            group_size=DISTILLATION["pool_size"],
            settings=dict(
                losses="grpo",
                beta=0,
                learning_rate=of_arm("learning_rate"),
                num_steps=lambda wildcards: of_policy(wildcards).num_steps,
                batch_size=candidates_a_step,
                micro_batch_size=DISTILLATION["micro_batch_size"],
                lora_rank=of_arm("lora_rank", DISTILLATION["lora_rank"]),
                seed=lambda wildcards: config["seed"] + of_policy(wildcards).seed,
            ),
            device=TRACK["device"],
            run=f"{DATA}/policies/{{policy}}.run",
            output=f"{DATA}/policies/{{policy}}",
        ),
    shell:
        run("prompts", "held_out", "evaluated", to=(), on_card=True)
