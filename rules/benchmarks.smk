"""What the workflow itself costs; by name, not part of `all`.

out: figures/{track}/table_scale.{csv,md}
"""


rule table_scale:
    """Table: seconds to plan, start and commit, for 10 to 1,000 shards."""
    input:
        code=code("measure_scale"),
    output:
        csv=f"{FIGURES}/table_scale.csv",
        markdown=f"{FIGURES}/table_scale.md",
    log:
        f"logs/{TRACK_NAME}/table_scale.log",
    conda:
        "../envs/default.yaml"
    params:
        num_shards=[10, 100, 1000],
        candidates_per_shard=1000,
        seed=config["seed"],
    shell:
        "python {input.code[0]} --num-shards {params.num_shards}"
        " --candidates-per-shard {params.candidates_per_shard} --seed {params.seed}"
        " --csv {output.csv} --markdown {output.markdown} 2>&1 | tee {log} >&2"
