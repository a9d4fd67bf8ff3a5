"""The scorer examined: failures made on purpose in the reference audio, and how many it finds.

in:  data/{track}/audio/reference, prompts
out: data/{track}/audio/corrupted/{prompt_set}/{shard}.parquet, then transcripts and verdicts as of
     any system
     figures/{track}/table_scorer.{csv,md}
"""


rule corrupt_references:
    """A shard of reference audio with failures made on purpose."""
    input:
        code=code("corrupt_references"),
        references=f"{DATA}/audio/reference/{{prompt_set}}/{{shard}}.parquet",
        prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
    output:
        f"{DATA}/audio/{CORRUPTED}/{{prompt_set}}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/corrupt_references/{{prompt_set}}/{{shard}}.log",
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        options(
            num_prompts=config["scorer"]["prompts_per_shard"],
            seed=config["seed"],
        ),
    shell:
        run("references", "prompts", to="output")


rule table_scorer:
    """Table: of failures made on purpose, how many each recogniser's verdicts find."""
    input:
        code=code("table_scorer"),
        audio=shard_files(f"{DATA}/audio", CORRUPTED),
        corrupted=set_files(f"{DATA}/verdicts", CORRUPTED),
        clean=[
            f"{DATA}/verdicts/reference/{prompt_set}.parquet" for prompt_set in sets_of(CORRUPTED)
        ],
    output:
        **reported("table_scorer"),
    log:
        f"logs/{TRACK_NAME}/table_scorer.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("audio", "corrupted", "clean", to=TABLE)
