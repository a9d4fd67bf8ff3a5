"""Sampling: a pool of candidates per utterance, as codes.

in:  data/{track}/prompts/{prompt_set}.parquet
out: data/{track}/candidates/{system}/{prompt_set}/{shard}.parquet
"""


rule sample_candidates:
    """The pool of one shard of a prompt set, from one system."""
    input:
        code=code("sample_candidates", SYSTEMS, of_system("adapter")),
        prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
        checkpoint=files_of(of_system("checkpoint")),
    output:
        f"{DATA}/candidates/{{system}}/{{prompt_set}}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/sample_candidates/{{system}}/{{prompt_set}}/{{shard}}.log",
    benchmark:
        f"logs/{TRACK_NAME}/sample_candidates/{{system}}/{{prompt_set}}/{{shard}}.tsv"
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
        gpu=GPU,
    params:
        system="{system}",
        adapter=of_system("adapter"),
        checkpoint=of_system("checkpoint"),
        dtype=of_system("dtype"),
        voice=of_system("voice", ""),
        shard="{shard}",
        num_shards=num_shards,
        pool_size=pool_size,
        seed=config["seed"],
        temperature=of_system("temperature"),
        top_p=of_system("top_p"),
        top_k=of_system("top_k"),
        repetition_penalty=of_system("repetition_penalty", 1.0),
        repetition_window=of_system("repetition_window", 0),
        max_audio_s=of_system("max_audio_s"),
        batch_size=of_system("batch_size"),
        device=TRACK["device"],
    shell:
        "python {input.code[0]} --prompts {input.prompts} --system {params.system}"
        " --adapter {params.adapter} --checkpoint {params.checkpoint}"
        " --dtype {params.dtype} --voice '{params.voice}'"
        " --shard $((10#{params.shard})) --num-shards {params.num_shards}"
        " --pool-size {params.pool_size} --base-seed {params.seed}"
        " --temperature {params.temperature} --top-p {params.top_p} --top-k {params.top_k}"
        " --repetition-penalty {params.repetition_penalty}"
        " --repetition-window {params.repetition_window}"
        " --max-audio-s {params.max_audio_s} --batch-size {params.batch_size}"
        " --device {params.device} --output {output} 2>&1 | tee {log} >&2"
