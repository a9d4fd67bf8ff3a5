"""Figures, one rule each, by name: `snakemake failure_by_n`.

in:  data/{track}/results/*.csv
out: figures/{track}/
"""

FIGURE_FILES = {
    name: figure_files(name, pdf="pdf", png="png") for name in ("summary", "failure_by_n")
} | {
    name: figure_files(name, csv="csv", pdf="pdf", png="png")
    for name in ("failure_modes", "failure_by_category", "failure_by_draws")
}


# Inputs of the summary where `all` has distillation.
GAINS = {"distillation": f"{FIGURES}/table_distillation.csv"} if IN_ALL else {}


rule summary:
    """Figure: the study on a page: failures against n and draws, and what distillation gains."""
    input:
        **GAINS,
        code=code("plot_summary"),
        rates=RESULTS["rates"],
    output:
        **reported("summary"),
    log:
        f"logs/{TRACK_NAME}/summary.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
        ),
    shell:
        run("rates", *GAINS, to=("pdf", "png"))


rule failure_by_n:
    """Figure: failure rate of best-of-n against n, per system and prompt set."""
    input:
        code=code("plot_failure_by_n"),
        rates=RESULTS["rates"],
    output:
        **reported("failure_by_n"),
    log:
        f"logs/{TRACK_NAME}/failure_by_n.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
            floor="reference",
        ),
    shell:
        run("rates", to=("pdf", "png"))


rule failure_modes:
    """Figure: how candidates fail, per system and prompt set."""
    input:
        code=code("plot_failure_modes"),
        modes=RESULTS["modes"],
    output:
        **reported("failure_modes"),
    log:
        f"logs/{TRACK_NAME}/failure_modes.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            voices=[*TRACK["systems"], *REFERENCES],
        ),
    shell:
        run("modes", to=("csv", "pdf", "png"))


rule failure_by_category:
    """Figure: which kinds of prompts fail, single and best of n, and the ceiling of selection."""
    input:
        code=code("plot_failure_by_category"),
        categories=RESULTS["categories"],
    output:
        **reported("failure_by_category"),
    log:
        f"logs/{TRACK_NAME}/failure_by_category.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
        ),
    shell:
        run("categories", to=("csv", "pdf", "png"))


rule failure_by_draws:
    """Figure: failure rate against candidates drawn per utterance."""
    input:
        code=code("plot_failure_by_draws"),
        rates=RESULTS["rates"],
    output:
        **reported("failure_by_draws"),
    log:
        f"logs/{TRACK_NAME}/failure_by_draws.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
        ),
    shell:
        run("rates", to=("csv", "pdf", "png"))
