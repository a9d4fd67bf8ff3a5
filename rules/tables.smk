"""Tables, one rule each, by name: `snakemake table_best_of_n`.

in:  data/{track}/results/*.csv, prompts and verdicts
out: figures/{track}/table_*.{csv,md,tex}
"""

FIGURE_FILES |= {
    name: figure_files(name, csv="csv", markdown="md", latex="tex")
    for name in (
        "table_best_of_n",
        "table_heterogeneity",
        "table_contrasts",
        "table_power",
        "table_claims",
        "table_floors",
        "table_scorer",
        "table_asr_agreement",
        "table_prompt_sets",
        *(["table_adversarial"] if ADVERSARIAL_SETS else []),
    )
}
FIGURE_FILES["table_prompt_sets"]["balance"] = f"{FIGURES}/table_prompt_balance.csv"

# What systems are compared on: prompts that no system chose.
COMPARED = [
    f"{DATA}/verdicts/{system}/{prompt_set}.parquet"
    for system in TRACK["systems"]
    for prompt_set in ORIGINAL_SETS
]


rule table_best_of_n:
    """Table: failures k of n with rate and interval, per system, prompt set and n."""
    input:
        code=code("table_best_of_n"),
        rates=RESULTS["rates"],
    output:
        **reported("table_best_of_n"),
    log:
        f"logs/{TRACK_NAME}/table_best_of_n.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
        ),
    shell:
        run("rates", to=TABLE)


rule table_floors:
    """Table: failures and error rates of the voice itself, and through each codec."""
    input:
        code=code("table_floors"),
        verdicts=[file for voice in REFERENCES for file in set_files(f"{DATA}/verdicts", voice)],
    output:
        **reported("table_floors"),
    log:
        f"logs/{TRACK_NAME}/table_floors.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("verdicts", to=TABLE)


rule table_asr_agreement:
    """Table: verdicts of verifier and evaluator, 2 × 2, by system, prompt set and failure mode."""
    input:
        code=code("table_asr_agreement"),
        verdicts=VERDICTS,
    output:
        **reported("table_asr_agreement"),
    log:
        f"logs/{TRACK_NAME}/table_asr_agreement.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("verdicts", to=TABLE)


rule table_prompt_sets:
    """Table: criteria, counts and licences of the prompt sets, and balance of hard and standard."""
    input:
        code=code("table_prompt_sets"),
        prompts=expand(f"{DATA}/prompts/{{prompt_set}}.parquet", prompt_set=TEXTS),
    output:
        **reported("table_prompt_sets"),
    log:
        f"logs/{TRACK_NAME}/table_prompt_sets.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            sources=[entry["source"] for entry in TEXTS.values()],
            seed=config["seed"],
        ),
    shell:
        run("prompts", to=("csv", "balance", "markdown", "latex"))


rule table_heterogeneity:
    """Table: how far failures go by prompt, and what that leaves of best-of-n."""
    input:
        code=code("table_heterogeneity"),
        verdicts=COMPARED,
    output:
        **reported("table_heterogeneity"),
    log:
        f"logs/{TRACK_NAME}/table_heterogeneity.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            best_of=TRACK["best_of"],
        ),
    shell:
        run("verdicts", to=TABLE)


rule table_contrasts:
    """Table: what best-of-n gains, paired by prompt, and whether more draws gain anything."""
    input:
        code=code("table_contrasts"),
        verdicts=COMPARED,
    output:
        **reported("table_contrasts"),
    log:
        f"logs/{TRACK_NAME}/table_contrasts.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            best_of=TRACK["best_of"],
            equivalent=sorted(TRACK["best_of"])[-2:],
            seed=config["seed"],
        ),
    shell:
        run("verdicts", to=TABLE)


rule table_power:
    """Table: how many prompts tell apart the rates that the paper reports."""
    input:
        code=code("table_power"),
    output:
        **reported("table_power"),
    log:
        f"logs/{TRACK_NAME}/table_power.log",
    conda:
        "../envs/default.yaml"
    params:
        # Assumed: the correlations of a small study before this one, and of prompts that are as
        # hard for a distilled system as before.
        options(
            num_prompts=[26, 100, 300, 1000],  # the first is the paper's hard set
            num_candidates=TRACK["pool_size"],
            # Assumed: the correlations of a small study before this one, and of prompts that are as
            # hard for a distilled system as before.
            rho=0.35,
            prompt_correlation=0.7,
        ),
    shell:
        run(to=TABLE)


# Where `all` has distillation, its claims are made from tables of its own.
CLAIMS_OF_DISTILLATION = (
    {"distillation": f"{FIGURES}/table_distillation_claims.csv"} if IN_ALL else {}
)


rule table_claims:
    """Table: what the paper reported, what this track finds, and what follows."""
    input:
        **CLAIMS_OF_DISTILLATION,
        code=code("table_claims"),
        rates=RESULTS["rates"],
        categories=RESULTS["categories"],
        verdicts=expand(f"{DATA}/verdicts/{{system}}/standard.parquet", system=TRACK["systems"]),
    output:
        **reported("table_claims"),
    log:
        f"logs/{TRACK_NAME}/table_claims.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            larger=TRACK["larger_system"],
            track=TRACK_NAME,
        ),
    shell:
        run("rates", "categories", "verdicts", *CLAIMS_OF_DISTILLATION, to=TABLE)
