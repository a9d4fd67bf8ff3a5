"""Tables, one rule each, by name: `snakemake table_best_of_n`.

in:  data/{track}/results/*.csv, prompts and verdicts
out: figures/{track}/table_*.{csv,md,tex}
"""

# What people exported of a system's test, `listening_test_{system}`, put there to be in the claims.
RATED = {
    system: files
    for system in TRACK["systems"]
    if (files := sorted(map(str, Path(DATA, "ratings", system).glob("*.json"))))
}
FIGURE_FILES |= {
    name: figure_files(name, csv="csv", markdown="md", latex="tex")
    for name in (
        "table_best_of_n",
        "table_heterogeneity",
        "table_contrasts",
        "table_power",
        "table_floors",
        "table_scorer",
        "table_asr_agreement",
        "table_prompt_sets",
        "table_simulated_raters",
        "table_listening_power",
        *(["table_claims"] if IS_REPLICATION else []),
        *(["table_listeners"] if RATED else []),
        *(["table_adversarial"] if ADVERSARIAL_SETS else []),
        *(["table_regimes"] if CALIBRATION_SETS else []),
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


if TRACK.get("further_evaluators"):

    # By name, not part of `all`: what each of them hears costs as much as the evaluator.
    use rule judge_candidates as judge_by_another with:
        input:
            code=code("judge_candidates"),
            prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
            audio=all_shards("audio"),
            verifier=verifier_transcripts,
            evaluator=lambda wildcards: all_shards(f"transcripts/{wildcards.recogniser}")(wildcards),
        output:
            f"{DATA}/judged_by/{{recogniser}}/{{voice}}/{{prompt_set}}.parquet",
        log:
            f"logs/{TRACK_NAME}/judge_by_another/{{recogniser}}/{{voice}}/{{prompt_set}}.log",

    rule table_evaluators:
        """Table: failures of best-of-n as evaluators of several families hear them."""
        input:
            code=code("table_evaluators"),
            verdicts=[
                *(
                    file
                    for name in TRACK["systems"]
                    for file in set_files(f"{DATA}/verdicts", name)
                ),
                *(
                    file
                    for recogniser in TRACK["further_evaluators"]
                    for name in TRACK["systems"]
                    for file in set_files(f"{DATA}/judged_by/{recogniser}", name)
                ),
            ],
            selected=[
                file for name in TRACK["systems"] for file in set_files(f"{DATA}/selected", name)
            ],
        output:
            csv=f"{FIGURES}/table_evaluators.csv",
            markdown=f"{FIGURES}/table_evaluators.md",
            latex=f"{FIGURES}/table_evaluators.tex",
        log:
            f"logs/{TRACK_NAME}/table_evaluators.log",
        conda:
            "../envs/default.yaml"
        params:
            options(
                evaluators=[TRACK["evaluator"], *TRACK["further_evaluators"]],
                best_of=TRACK["best_of"],
            ),
        shell:
            run("verdicts", "selected", to=TABLE)


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


if CALIBRATION_SETS:

    rule table_regimes:
        """Table: hard prompts by regime: bad luck, ceilings, and both."""
        input:
            code=code("table_regimes"),
            regimes=REGIMES,
            verdicts=expand(f"{DATA}/verdicts/{{system}}/hard.parquet", system=TRACK["systems"]),
            selected=expand(f"{DATA}/selected/{{system}}/hard.parquet", system=TRACK["systems"]),
        output:
            **reported("table_regimes"),
        log:
            f"logs/{TRACK_NAME}/table_regimes.log",
        conda:
            "../envs/default.yaml"
        shell:
            run("regimes", "verdicts", "selected", to=TABLE)


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


# Inputs of the table of claims where they are made.
CLAIMS_OF_REGIMES = ["regimes"] if CALIBRATION_SETS else []
CLAIMS_OF_LISTENERS = {"listeners": f"{FIGURES}/table_listeners.csv"} if RATED else {}


if IS_REPLICATION:

    rule table_claims:
        """Table: what the paper reported, what this track finds, and what follows."""
        input:
            **CLAIMS_OF_DISTILLATION,
            **CLAIMS_OF_LISTENERS,
            code=code("table_claims"),
            rates=RESULTS["rates"],
            categories=RESULTS["categories"],
            regimes=[f"{FIGURES}/table_regimes.csv" for _ in CLAIMS_OF_REGIMES],
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
            run(
                "rates",
                "categories",
                "verdicts",
                *CLAIMS_OF_REGIMES,
                *CLAIMS_OF_DISTILLATION,
                *CLAIMS_OF_LISTENERS,
                to=TABLE,
            )
