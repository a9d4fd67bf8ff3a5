"""The study as a paper, `snakemake paper`; a part of `all` unless `--config` changes parameters that
it shows, or there are no `standard` and `hard` prompts, of which the claims in it are.

What it shows of parameters are cells of params.yaml and of files by --configfile; what --config says
is in no file. Distillation is in it where it is in `all`.

in:  data/{track}/results, figures/{track}, params.yaml
out: figures/{track}/paper.pdf, paper.html and paper.numbers.csv, the list of all it shows
"""

import os
from functools import reduce

from selfverify.document.parameters import fingerprint, shown_parameters
from selfverify.workflow.params_file import merged

PAPER = figure_files("paper", pdf="pdf", html="html", numbers="numbers.csv")
PAPER_TEXT = "scripts/selfverify/document"
TRAINED_HERE = [
    f"{entry['checkpoint']}/training.json"
    for entry in TRACK["systems"].values()
    if "hub" not in entry and Path(entry["checkpoint"], "training.json").exists()
]
IN_FILES = reduce(merged, map(read_params, map(Path, workflow.config_settings.configfiles)), PARAMS)
PAPER_IN_ALL = IS_REPLICATION and (
    fingerprint(config, TRACK_NAME) == fingerprint(IN_FILES, TRACK_NAME)
)
DISTILLED_PARTS = [
    path
    for files in (DISTILLED_FILES.values() if IN_ALL else [])
    for path in files.values()
    if Path(path).suffix in (".csv", ".pdf")
]


if IS_REPLICATION:

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
            results=[
                *(path for name, path in RESULTS.items() if name != "metrics"),
                THRESHOLD_SWEEP,
                *REGIMES,
            ],
            figures=[
                path
                for files in FIGURE_FILES.values()
                for path in files.values()
                if Path(path).suffix in (".csv", ".pdf")
            ],
            examples=EXAMPLE_FILES,
            checkpoints=local(TRAINED_HERE),
            distillation=DISTILLED_PARTS,
        output:
            **PAPER,
        log:
            f"logs/{TRACK_NAME}/paper.log",
        conda:
            "../envs/default.yaml"
        params:
            options(
                # No input: DVC and Snakemake ask for the keys that are shown, not for all of the file.
                parameters=list(
                    dict.fromkeys(["params.yaml", *map(os.path.relpath, workflow.configfiles)])
                ),
                settings=fingerprint(config, TRACK_NAME),
                track=TRACK_NAME,
            ),
        shell:
            run(
                "results",
                "figures",
                "examples",
                *(["checkpoints"] if TRAINED_HERE else []),
                *(["distillation"] if IN_ALL else []),
                to=tuple(PAPER),
            )
