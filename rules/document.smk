"""The study as a paper, by name, not part of `all`: `snakemake paper`.

in:  data/{track}/results, figures/{track}, params.yaml
out: figures/{track}/paper.pdf, paper.html and paper.numbers.csv, the list of all it shows
"""

PAPER = figure_files("paper", pdf="pdf", html="html", numbers="numbers.csv")
PAPER_TEXT = "scripts/selfverify/document"
# What distillation made, where it was run: options and no inputs, or the paper would train.
DISTILLED_PARTS = [
    path
    for files in (DISTILLED_FILES.values() if POLICIES else [])
    for path in files.values()
    if Path(path).suffix in (".csv", ".pdf") and Path(path).exists()
]


rule paper:
    """Paper: the study with its figures, tables and clips; no number in it is typed."""
    input:
        code=code("write_paper"),
        text=local(
            [
                f"{PAPER_TEXT}/{name}"
                for name in (
                    "paper.typ",
                    "style.typ",
                    "page.css",
                    "references.bib",
                    "wordings.yaml",
                )
            ]
        ),
        versions=local(["pyproject.toml", "envs/requirements.lock"]),
        results=[*(path for name, path in RESULTS.items() if name != "metrics"), THRESHOLD_SWEEP],
        figures=[
            path
            for files in FIGURE_FILES.values()
            for path in files.values()
            if Path(path).suffix in (".csv", ".pdf")
        ],
        examples=EXAMPLE_FILES,
        checkpoints=local(
            [
                f"{entry['checkpoint']}/training.json"
                for entry in TRACK["systems"].values()
                if Path(entry["checkpoint"], "training.json").exists()
            ]
        ),
        parameters=local(
            ["params.yaml", *(str(path) for path in workflow.configfiles if path != "params.yaml")]
        ),
    output:
        **PAPER,
    log:
        f"logs/{TRACK_NAME}/paper.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            distillation=DISTILLED_PARTS or None,
            track=TRACK_NAME,
        ),
    shell:
        run("results", "figures", "examples", "checkpoints", "parameters", to=tuple(PAPER))
