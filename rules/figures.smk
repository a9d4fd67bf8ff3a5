"""Figures, one rule each, by name: `snakemake failure_by_n`.

in:  data/{track}/results/*.csv
out: figures/{track}/
"""

FIGURE_FILES = {
    name: figure_files(name, pdf="pdf", png="png") for name in ("failure_by_n", "failure_cost")
} | {
    name: figure_files(name, csv="csv", pdf="pdf", png="png")
    for name in ("failure_modes", "failure_by_category", "failure_by_draws")
}


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


rule failure_cost:
    """Figure: failure rate against cost, for each policy of spending."""
    input:
        code=code("plot_failure_cost"),
        costs=POLICY_COSTS,
    output:
        **reported("failure_cost"),
    log:
        f"logs/{TRACK_NAME}/failure_cost.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
        ),
    shell:
        run("costs", to=("pdf", "png"))
