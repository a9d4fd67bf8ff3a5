"""Prompt sets: the texts to be spoken.

out: data/{track}/prompts/{prompt_set}.parquet
"""


rule make_prompts:
    """One prompt set: texts, acceptable readings, expected seconds."""
    input:
        code=code("make_prompts"),
    output:
        f"{DATA}/prompts/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/make_prompts/{{prompt_set}}.log",
    conda:
        "../envs/default.yaml"
    params:
        prompt_set="{prompt_set}",
        num_utterances=lambda wildcards: TRACK["prompt_sets"][wildcards.prompt_set][
            "num_utterances"
        ],
        seed=config["seed"],
        corpus_num_utterances=PRETRAIN["corpus"]["num_utterances"],
        corpus_seed=PRETRAIN["corpus"]["seed"],
    shell:
        "python {input.code[0]} --prompt-set {params.prompt_set}"
        " --num-utterances {params.num_utterances} --seed {params.seed}"
        " --corpus-num-utterances {params.corpus_num_utterances}"
        " --corpus-seed {params.corpus_seed} --output {output} 2>&1 | tee {log} >&2"
