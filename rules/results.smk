"""Results: the cells of figures and tables.

in:  data/{track}/verdicts and selected
out: data/{track}/results/*.csv and metrics.json
"""

JUDGED = [f"{voice}/{prompt_set}.parquet" for voice in VOICES for prompt_set in PROMPT_SETS]

RESULTS = {
    "rates": f"{DATA}/results/failure_rates.csv",
    "modes": f"{DATA}/results/failure_modes.csv",
    "agreements": f"{DATA}/results/asr_agreement.csv",
    "metrics": f"{DATA}/results/metrics.json",
}


rule tabulate_failures:
    """Failure rates by n, failure modes, agreement of the two recognisers."""
    input:
        code=code("tabulate_failures"),
        verdicts=[f"{DATA}/verdicts/{name}" for name in JUDGED],
        selected=[f"{DATA}/selected/{name}" for name in JUDGED],
    output:
        **RESULTS,
    log:
        f"logs/{TRACK_NAME}/tabulate_failures.log",
    conda:
        "../envs/default.yaml"
    shell:
        "python {input.code[0]} --verdicts {input.verdicts} --selected {input.selected}"
        " --rates {output.rates} --modes {output.modes}"
        " --agreements {output.agreements} --metrics {output.metrics}"
        " 2>&1 | tee {log} >&2"
