"""Sampling: a pool of candidates per utterance, as codes.

in:  data/{track}/prompts/{prompt_set}.parquet
out: data/{track}/candidates/{system}/{prompt_set}/{shard}.parquet
"""


rule sample_candidates:
    """The pool of one shard of a prompt set, from one system."""
    input:
        code=code("sample_candidates", SYSTEMS, sampler),
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
        options(
            system="{system}",
            adapter=sampler,
            checkpoint=of_system("checkpoint"),
            dtype=of_system("dtype"),
            voice=of_system("voice", ""),
            shard="{shard}",
            num_shards=num_shards,
            pool_size=pool_size,
            base_seed=config["seed"],
            sampling=lambda wildcards: sampling_settings(SPEAKERS[wildcards.system]),
            repetition_window=of_system("repetition_window", 0),
            batch_size=of_system("batch_size"),
            device=TRACK["device"],
        ),
    shell:
        run("prompts", to="output", on_card=True)
