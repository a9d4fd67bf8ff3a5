"""Figures and tables, one rule each, by name: `snakemake failure_by_n`.

in:  data/{track}/results/*.csv
out: figures/{track}/
"""

FIGURE_FILES = {
    "failure_by_n": {
        "pdf": f"{FIGURES}/failure_by_n.pdf",
        "png": f"{FIGURES}/failure_by_n.png",
    },
    "table_best_of_n": {
        "csv": f"{FIGURES}/table_best_of_n.csv",
        "markdown": f"{FIGURES}/table_best_of_n.md",
    },
}


rule failure_by_n:
    """Figure: failure rate of best-of-n against n, per system and prompt set."""
    input:
        code=code("plot_failure_by_n"),
        rates=RESULTS["rates"],
    output:
        **FIGURE_FILES["failure_by_n"],
    log:
        f"logs/{TRACK_NAME}/failure_by_n.log",
    conda:
        "../envs/default.yaml"
    params:
        systems=list(TRACK["systems"]),
        floor="reference",
    shell:
        "python {input.code[0]} --rates {input.rates} --systems {params.systems}"
        " --floor {params.floor} --pdf {output.pdf} --png {output.png} 2>&1 | tee {log} >&2"


rule table_best_of_n:
    """Table: failures k of n with rate and interval, per system, prompt set and n."""
    input:
        code=code("table_best_of_n"),
        rates=RESULTS["rates"],
    output:
        **FIGURE_FILES["table_best_of_n"],
    log:
        f"logs/{TRACK_NAME}/table_best_of_n.log",
    conda:
        "../envs/default.yaml"
    shell:
        "python {input.code[0]} --rates {input.rates} --csv {output.csv}"
        " --markdown {output.markdown} 2>&1 | tee {log} >&2"
