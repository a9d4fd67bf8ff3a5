"""Distillation: policies trained on verified candidates, and rivals that only sample otherwise.

Candidates of training prompts come from the rules of the systems, and so do those of a policy, one
rule per round of an online arm. `snakemake distillation`; not part of `all`.

in:  data/{track}/candidates, audio and transcripts of the prompt set `train`
out: data/{track}/training_pools/{system}/{shard}.parquet
     data/{track}/policies/{policy}, a checkpoint with its adapter and curve
     data/{track}/pitch/{system}/{prompt_set}.parquet
     figures/{track}/table_distillation.*, distillation_gain.*, …
"""

DISTILLATION = TRACK["distillation"]
FINAL = {name: policy for name, policy in POLICIES.items() if policy.is_final}
BY_GRPO = [name for name in POLICIES if is_grpo(name)]
VERIFIER = TRACK["recognisers"][TRACK["verifier"]]
TRAINED = {name: policy for name, policy in FINAL.items() if policy.is_trained}
DISTILLED_FILES = {
    name: figure_files(name, csv="csv", markdown="md", latex="tex")
    for name in (
        "table_distillation",
        "table_method_comparison",
        "table_budgets",
        "table_guards",
        "table_gain_by_prompt",
    )
} | {
    name: figure_files(name, pdf="pdf", png="png")
    for name in ("distillation_gain", "training_curves")
}


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
        thresholds=threshold_options(),
    shell:
        "python {input.code[0]} --prompts {input.prompts} --candidates {input.candidates}"
        " --audio {input.audio} --transcripts {input.transcripts} {params.thresholds}"
        " --output {output} 2>&1 | tee {log} >&2"


rule finetune:
    """A policy, from the pools of its plan."""
    input:
        code=code("finetune", SYSTEMS, of_start("adapter")),
        pools=lambda wildcards: [
            f"{DATA}/training_pools/{speaker}/{shard:03d}.parquet"
            for speaker, shard in of_policy(wildcards).pools
        ],
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
        policy=one_of(name for name in POLICIES if not is_grpo(name)),
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(240),
        gpu=GPU,
    params:
        adapter=of_start("adapter"),
        start=of_start("checkpoint"),
        dtype=of_start("dtype"),
        voice=of_start("voice", ""),
        losses=of_arm("losses"),
        beta=of_arm("beta"),
        learning_rate=of_arm("learning_rate"),
        num_steps=lambda wildcards: of_policy(wildcards).num_steps,
        batch_size=DISTILLATION["batch_size"],
        micro_batch_size=DISTILLATION["micro_batch_size"],
        lora_rank=DISTILLATION["lora_rank"],
        seed=lambda wildcards: config["seed"] + of_policy(wildcards).seed,
        device=TRACK["device"],
        run=f"{DATA}/policies/{{policy}}.run",
    shell:
        "python {input.code[0]} --pools {input.pools} --evaluated {input.evaluated}"
        " --adapter {params.adapter} --start {params.start} --dtype {params.dtype}"
        " --voice '{params.voice}' --settings.losses {params.losses}"
        " --settings.beta {params.beta} --settings.learning-rate {params.learning_rate}"
        " --settings.num-steps {params.num_steps} --settings.batch-size {params.batch_size}"
        " --settings.micro-batch-size {params.micro_batch_size}"
        " --settings.lora-rank {params.lora_rank} --settings.seed {params.seed}"
        " --device {params.device} --run {params.run} --output $(dirname {output.checkpoint})"
        " 2>&1 | tee {log} >&2"


rule finetune_grpo:
    """A policy that samples its own candidates of its prompts, step after step."""
    input:
        code=code("finetune_grpo", SYSTEMS, of_start("adapter")),
        codec_code=code("finetune_grpo", CODECS, of_start_codec("adapter")),
        verifier_code=local(
            code_files("finetune_grpo", RECOGNISERS[VERIFIER["adapter"]].partition(":")[0])
        ),
        prompts=f"{DATA}/prompts/train.parquet",
        evaluated=[f"{DATA}/prompts/{prompt_set}.parquet" for prompt_set in ORIGINAL_SETS],
        start=files_of(of_start("checkpoint")),
        codec=files_of(of_start_codec("checkpoint")),
        verifier=[BUNDLED_WHISPER] if VERIFIER["model"] == BUNDLED_WHISPER else [],
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
        adapter=of_start("adapter"),
        start=of_start("checkpoint"),
        dtype=of_start("dtype"),
        voice=of_start("voice", ""),
        shards=lambda wildcards: [shard for _, shard in of_policy(wildcards).pools],
        num_shards=TEXTS["train"]["num_shards"],
        temperature=of_start("temperature"),
        top_p=of_start("top_p"),
        top_k=of_start("top_k"),
        max_audio_s=of_start("max_audio_s"),
        repetition_penalty=of_start("repetition_penalty", 1.0),
        codec_adapter=of_start_codec("adapter"),
        codec=of_start_codec("checkpoint"),
        verifier_adapter=VERIFIER["adapter"],
        verifier=lambda wildcards: VERIFIER["model"],
        sha256=VERIFIER.get("sha256", ""),
        padding_s=VERIFIER.get("padding_s", 0),
        verifier_batch_size=VERIFIER["batch_size"],
        language=config["metric"]["language"],
        thresholds=threshold_options(),
        group_size=DISTILLATION["pool_size"],
        learning_rate=of_arm("learning_rate"),
        num_steps=lambda wildcards: of_policy(wildcards).num_steps,
        batch_size=candidates_a_step,
        micro_batch_size=DISTILLATION["micro_batch_size"],
        lora_rank=DISTILLATION["lora_rank"],
        seed=lambda wildcards: config["seed"] + of_policy(wildcards).seed,
        device=TRACK["device"],
        run=f"{DATA}/policies/{{policy}}.run",
    shell:
        "python {input.code[0]} --prompts {input.prompts} --shards {params.shards}"
        " --num-shards {params.num_shards} --evaluated {input.evaluated}"
        " --adapter {params.adapter} --start {params.start} --dtype {params.dtype}"
        " --voice '{params.voice}' --sampling.temperature {params.temperature}"
        " --sampling.top-p {params.top_p} --sampling.top-k {params.top_k}"
        " --sampling.max-audio-s {params.max_audio_s}"
        " --sampling.repetition-penalty {params.repetition_penalty}"
        " --codec-adapter {params.codec_adapter} --codec {params.codec}"
        " --recogniser-adapter {params.verifier_adapter} --recogniser {params.verifier}"
        " --sha256 '{params.sha256}' --padding-s {params.padding_s}"
        " --recogniser-batch-size {params.verifier_batch_size} --language {params.language}"
        " {params.thresholds} --group-size {params.group_size}"
        " --settings.losses grpo --settings.beta 0"
        " --settings.learning-rate {params.learning_rate}"
        " --settings.num-steps {params.num_steps} --settings.batch-size {params.batch_size}"
        " --settings.micro-batch-size {params.micro_batch_size}"
        " --settings.lora-rank {params.lora_rank} --settings.seed {params.seed}"
        " --device {params.device} --run {params.run} --output $(dirname {output.checkpoint})"
        " 2>&1 | tee {log} >&2"


rule table_distillation:
    """Table: failures of every arm, single shot and best of n, and the share that it closes."""
    input:
        code=code("table_distillation"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
    output:
        **DISTILLED_FILES["table_distillation"],
    log:
        f"logs/{TRACK_NAME}/table_distillation.log",
    conda:
        "../envs/default.yaml"
    params:
        arms=[f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()],
        seed=config["seed"],
    shell:
        "python {input.code[0]} --teachers {input.teachers} --policies {input.policies}"
        " --arms {params.arms} --seed {params.seed} --csv {output.csv}"
        " --markdown {output.markdown} --latex {output.latex} 2>&1 | tee {log} >&2"


rule table_method_comparison:
    """Table: paired contrasts between the arms, with tests and the prompts needed."""
    input:
        code=code("table_method_comparison"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
    output:
        **DISTILLED_FILES["table_method_comparison"],
    log:
        f"logs/{TRACK_NAME}/table_method_comparison.log",
    conda:
        "../envs/default.yaml"
    params:
        arms=[f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()],
        seed=config["seed"],
    shell:
        "python {input.code[0]} --teachers {input.teachers} --policies {input.policies}"
        " --arms {params.arms} --seed {params.seed} --csv {output.csv}"
        " --markdown {output.markdown} --latex {output.latex} 2>&1 | tee {log} >&2"


rule measure_pitch:
    """Pitch and its spread of every candidate."""
    input:
        code=code("measure_pitch"),
        audio=all_shards("audio"),
    output:
        f"{DATA}/pitch/{{voice}}/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/measure_pitch/{{voice}}/{{prompt_set}}.log",
    conda:
        "../envs/default.yaml"
    shell:
        "python {input.code[0]} --audio {input.audio} --output {output} 2>&1 | tee {log} >&2"


rule table_guards:
    """Table: whether training has changed duration, pace and pitch, with equivalence tests."""
    input:
        code=code("table_guards"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
        pitches=judged([*DISTILLATION["systems"], *FINAL], folder="pitch"),
    output:
        **DISTILLED_FILES["table_guards"],
    log:
        f"logs/{TRACK_NAME}/table_guards.log",
    conda:
        "../envs/default.yaml"
    params:
        arms=[f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()],
    shell:
        "python {input.code[0]} --teachers {input.teachers} --policies {input.policies}"
        " --pitches {input.pitches} --arms {params.arms} --csv {output.csv}"
        " --markdown {output.markdown} --latex {output.latex} 2>&1 | tee {log} >&2"


rule table_gain_by_prompt:
    """Table: failures by difficulty and category of the prompt."""
    input:
        code=code("table_gain_by_prompt"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
    output:
        **DISTILLED_FILES["table_gain_by_prompt"],
    log:
        f"logs/{TRACK_NAME}/table_gain_by_prompt.log",
    conda:
        "../envs/default.yaml"
    params:
        arms=[f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()],
    shell:
        "python {input.code[0]} --teachers {input.teachers} --policies {input.policies}"
        " --arms {params.arms} --csv {output.csv}"
        " --markdown {output.markdown} --latex {output.latex} 2>&1 | tee {log} >&2"


rule table_budgets:
    """Table: candidates, examples, sequences and seconds that each training had."""
    input:
        code=code("table_budgets"),
        trainings=expand(
            f"{DATA}/policies/{{name}}/training.json",
            name=[name for name, policy in POLICIES.items() if policy.is_trained],
        ),
    output:
        **DISTILLED_FILES["table_budgets"],
    log:
        f"logs/{TRACK_NAME}/table_budgets.log",
    conda:
        "../envs/default.yaml"
    shell:
        "python {input.code[0]} --trainings {input.trainings} --csv {output.csv}"
        " --markdown {output.markdown} --latex {output.latex} 2>&1 | tee {log} >&2"


rule distillation_gain:
    """Figure: failure rate of every arm beside its teacher's."""
    input:
        code=code("plot_distillation_gain"),
        table=DISTILLED_FILES["table_distillation"]["csv"],
    output:
        **DISTILLED_FILES["distillation_gain"],
    log:
        f"logs/{TRACK_NAME}/distillation_gain.log",
    conda:
        "../envs/default.yaml"
    shell:
        "python {input.code[0]} --table {input.table} --pdf {output.pdf} --png {output.png}"
        " 2>&1 | tee {log} >&2"


rule training_curves:
    """Figure: loss and accuracy by step of every training."""
    input:
        code=code("plot_training_curves"),
        curves=expand(f"{DATA}/policies/{{name}}/curve.csv", name=TRAINED),
        facts=expand(f"{DATA}/policies/{{name}}/training.json", name=TRAINED),
    output:
        **DISTILLED_FILES["training_curves"],
    log:
        f"logs/{TRACK_NAME}/training_curves.log",
    conda:
        "../envs/default.yaml"
    params:
        arms=[f"{name}={policy.system}={policy.arm}" for name, policy in TRAINED.items()],
    shell:
        "python {input.code[0]} --curves {input.curves} --arms {params.arms} --pdf {output.pdf}"
        " --png {output.png} 2>&1 | tee {log} >&2"


rule distillation:
    """Every figure and table of distillation."""
    input:
        [file for files in DISTILLED_FILES.values() for file in files.values()],
    localrule: True
