"""What systems make of their own candidates: by name alone, the tables below.

in:  data/{track}/candidates and verdicts, and of `table_learnt` policies
out: data/{track}/likelihood/{system}/{prompt_set}/{scorer}.parquet
     figures/{track}/table_likelihood.*, table_screening.*, table_learnt.*
"""

# Where systems fail often enough to see by what.
UNSURE_SETS = [name for name in ORIGINAL_SETS if name == "hard"] or ORIGINAL_SETS


rule measure_likelihood:
    """How likely a system's candidates are to itself, or to a policy of it."""
    input:
        code=code("measure_likelihood", SYSTEMS, of_system("adapter")),
        prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
        candidates=lambda wildcards: shard_files(
            f"{DATA}/candidates", wildcards.system, sets=lambda _: [wildcards.prompt_set]
        ),
        checkpoint=files_of(lambda wildcards: SPEAKERS[wildcards.scorer]["checkpoint"]),
    output:
        f"{DATA}/likelihood/{{system}}/{{prompt_set}}/{{scorer}}.parquet",
    log:
        f"logs/{TRACK_NAME}/measure_likelihood/{{system}}/{{prompt_set}}/{{scorer}}.log",
    wildcard_constraints:
        scorer=one_of(SPEAKERS),
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
        gpu=GPU,
    params:
        options(
            adapter=of_system("adapter"),
            checkpoint=lambda wildcards: SPEAKERS[wildcards.scorer]["checkpoint"],
            dtype=of_system("dtype"),
            voice=of_system("voice", ""),
            temperature=of_system("temperature"),
            device=TRACK["device"],
        ),
    shell:
        run("prompts", "candidates", to="output", on_card=True)


rule table_likelihood:
    """Table: what tells a system's failures from its other candidates without hearing them."""
    input:
        code=code("table_likelihood"),
        verdicts=judged(TRACK["systems"], sets=UNSURE_SETS),
        views=viewed({system: system for system in TRACK["systems"]}, UNSURE_SETS),
    output:
        **figure_files("table_likelihood", csv="csv", markdown="md", latex="tex"),
    log:
        f"logs/{TRACK_NAME}/table_likelihood.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_draws=USUAL_N,
            seed=config["seed"],
        ),
    shell:
        run("verdicts", "views", to=TABLE)


rule table_screening:
    """Table: hearing only the least unsure of several draws."""
    input:
        code=code("table_screening"),
        verdicts=judged(TRACK["systems"], sets=UNSURE_SETS),
        views=viewed({system: system for system in TRACK["systems"]}, UNSURE_SETS),
        starts=[
            f"{DATA}/results/speak_{system}.json"
            for system in TRACK["systems"]
            for _ in UNSURE_SETS
        ],
    output:
        **figure_files("table_screening", csv="csv", markdown="md", latex="tex"),
    log:
        f"logs/{TRACK_NAME}/table_screening.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_heard=TRACK["best_of"],
            seed=config["seed"],
        ),
    shell:
        run("verdicts", "views", "starts", to=TABLE)


if POLICIES:
    SEEN_BY = {name: policy.system for name, policy in TRAINED.items()}

    use rule table_likelihood as table_learnt with:
        input:
            code=code("table_likelihood"),
            verdicts=judged(DISTILLATION["systems"], sets=UNSURE_SETS),
            views=viewed(
                {system: system for system in DISTILLATION["systems"]} | SEEN_BY, UNSURE_SETS
            ),
        output:
            **figure_files("table_learnt", csv="csv", markdown="md", latex="tex"),
        log:
            f"logs/{TRACK_NAME}/table_learnt.log",
        params:
            options(
                arms=[f"{name}={policy.system}={policy.arm}" for name, policy in TRAINED.items()],
                num_draws=USUAL_N,
                seed=config["seed"],
            ),
