"""Prompt sets: the texts to be spoken, and those of distillation.

out: data/{track}/prompts/{prompt_set}.parquet
     data/{track}/prompts/train.parquet
"""


rule make_prompts:
    """One prompt set of the grammar: texts, acceptable readings, expected seconds, covariates."""
    input:
        code=code("make_prompts"),
        evaluation=to_keep_apart_from,
    output:
        f"{DATA}/prompts/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/make_prompts/{{prompt_set}}.log",
    wildcard_constraints:
        prompt_set=one_of(GRAMMAR_SETS),
    conda:
        "../envs/default.yaml"
    params:
        options(
            prompt_set="{prompt_set}",
            num_utterances=of_texts("num_utterances"),
            seed=config["seed"],
            corpus_num_utterances=PRETRAIN["corpus"]["num_utterances"],
            corpus_seed=PRETRAIN["corpus"]["seed"],
            max_overlap=of_texts("max_overlap", 1.0),
        ),
    shell:
        run("evaluation", to="output")


rule make_criteria_prompts:
    """One prompt set of real English by written criteria: as above."""
    input:
        code=code("make_criteria_prompts"),
        evaluation=to_keep_apart_from,
    output:
        f"{DATA}/prompts/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/make_criteria_prompts/{{prompt_set}}.log",
    wildcard_constraints:
        prompt_set=one_of(CRITERIA_SETS),
    conda:
        "../envs/default.yaml"
    params:
        options(
            prompt_set="{prompt_set}",
            num_utterances=of_texts("num_utterances"),
            seed=config["seed"],
            max_overlap=of_texts("max_overlap", 1.0),
        ),
    shell:
        run("evaluation", to="output")


rule read_own_texts:
    """One prompt set of texts that somebody brings: as above."""
    input:
        code=code("read_own_texts"),
        texts=lambda wildcards: local(of_texts("path")(wildcards)),
    output:
        f"{DATA}/prompts/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/read_own_texts/{{prompt_set}}.log",
    wildcard_constraints:
        prompt_set=one_of(OWN_SETS),
    conda:
        "../envs/default.yaml"
    params:
        options(
            prompt_set="{prompt_set}",
            num_utterances=of_texts("num_utterances"),
            pace=of_texts("pace"),
        ),
    shell:
        run("texts", to="output")
