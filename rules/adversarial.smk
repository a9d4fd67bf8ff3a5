"""Prompts chosen for their failures, drawn again on fresh seeds.

`snakemake choose_adversarial`, not part of `all`, chooses; copying its output over adversarial.csv
and committing it freezes the choice. So prompts depend on a file of git, and never on verdicts.

in:  data/{track}/verdicts of the systems that choose, on the pool
out: data/{track}/adversarial_choice.csv, to be copied over data/{track}/adversarial.csv
     data/{track}/prompts/adversarial.parquet, from data/{track}/adversarial.csv; drawn, heard and
     judged as any prompt set
     figures/{track}/table_adversarial.{csv,md}
"""

ADVERSARIAL = TRACK["prompt_sets"]["adversarial"]
POOL = ADVERSARIAL["pool"]


rule choose_adversarial:
    """Which prompts of the pool failed most; to freeze them, copy it over adversarial.csv."""
    input:
        code=code("choose_adversarial"),
        pool=f"{DATA}/prompts/{POOL}.parquet",
        verdicts=expand(f"{DATA}/verdicts/{{system}}/{POOL}.parquet", system=ADVERSARIAL["systems"]),
    output:
        CHOICE,
    log:
        f"logs/{TRACK_NAME}/choose_adversarial.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_utterances=ADVERSARIAL["num_utterances"],
        ),
    shell:
        run("pool", "verdicts", to="output")


rule make_adversarial_prompts:
    """The frozen choice as a prompt set, with utterance ids and so with seeds of its own."""
    input:
        code=code("make_adversarial_prompts"),
        pool=f"{DATA}/prompts/{POOL}.parquet",
        choice=frozen_choice,
    output:
        f"{DATA}/prompts/adversarial.parquet",
    log:
        f"logs/{TRACK_NAME}/make_adversarial_prompts.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=ADVERSARIAL["systems"],
            num_utterances=ADVERSARIAL["num_utterances"],
        ),
    shell:
        run("pool", "choice", to="output")


rule table_adversarial:
    """Table: failures of the chosen prompts at the choice and on fresh seeds, per system."""
    input:
        code=code("table_adversarial"),
        choice=frozen_choice,
        selection=expand(f"{DATA}/verdicts/{{system}}/{POOL}.parquet", system=TRACK["systems"]),
        fresh=expand(f"{DATA}/verdicts/{{system}}/adversarial.parquet", system=TRACK["systems"]),
    output:
        **reported("table_adversarial"),
    log:
        f"logs/{TRACK_NAME}/table_adversarial.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("choice", "selection", "fresh", to=TABLE)
