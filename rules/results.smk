"""Results: the cells of figures and tables.

in:  data/{track}/verdicts and selected
out: data/{track}/results/*.csv and metrics.json
"""

VERDICTS = [file for voice in VOICES for file in set_files(f"{DATA}/verdicts", voice)]
SELECTED = [file for voice in VOICES for file in set_files(f"{DATA}/selected", voice)]

RESULTS = {
    "rates": f"{DATA}/results/failure_rates.csv",
    "modes": f"{DATA}/results/failure_modes.csv",
    "categories": f"{DATA}/results/failure_by_category.csv",
    "agreements": f"{DATA}/results/asr_agreement.csv",
    "metrics": f"{DATA}/results/metrics.json",
}
THRESHOLD_SWEEP = f"{DATA}/results/threshold_sweep.csv"
REGIMES = [f"{DATA}/results/regimes.csv" for _ in CALIBRATION_SETS]


rule tabulate_failures:
    """Failure rates by n, failure modes, agreement of the two recognisers."""
    input:
        code=code("tabulate_failures"),
        verdicts=VERDICTS,
        selected=SELECTED,
    output:
        **RESULTS,
    log:
        f"logs/{TRACK_NAME}/tabulate_failures.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("verdicts", "selected", to=("rates", "modes", "categories", "agreements", "metrics"))


rule sweep_thresholds:
    """Failure rates by the limit of the character error rate."""
    input:
        code=code("sweep_thresholds"),
        verdicts=VERDICTS,
        selected=SELECTED,
    output:
        THRESHOLD_SWEEP,
    log:
        f"logs/{TRACK_NAME}/sweep_thresholds.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            max_cer=config["scorer"]["max_cer_sweep"],
        ),
    shell:
        run("verdicts", "selected", to="output")


if CALIBRATION_SETS:

    rule classify_categories:
        """Which hard categories are bad luck and which a ceiling, by the calibration prompts."""
        input:
            code=code("classify_categories"),
            verdicts=expand(
                f"{DATA}/verdicts/{{system}}/calibration.parquet", system=TRACK["systems"]
            ),
        output:
            REGIMES,
        log:
            f"logs/{TRACK_NAME}/classify_categories.log",
        conda:
            "../envs/default.yaml"
        params:
            options(
                max_never=TRACK["calibration"]["max_never"],
            ),
        shell:
            run("verdicts", to="output")
