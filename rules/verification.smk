"""What is printed, checked against the records; by name, not part of `all`.

in:  data/{track}/provenance, how results and figures were made, and the records that they name
"""

VERIFIED = (
    "results",
    "figures",
    *(["distillation"] if IN_ALL else []),
    *(["paper"] if PAPER_IN_ALL else []),
)
PAGES = ["README.md", *sorted(map(str, Path("docs").glob("*.md")))]


rule verify:
    """Makes every result, table and figure again, elsewhere, and reads the paper's numbers."""
    input:
        code=code("verify_numbers"),
    log:
        f"logs/{TRACK_NAME}/verify.log",
    conda:
        "../envs/default.yaml"
    params:
        # No inputs: what is missing or stale is to be found, not to be made anew first.
        options(
            provenance=[f"{DATA}/provenance/{stage}.jsonl" for stage in VERIFIED],
            pages=PAGES,
            paper=PAPER["numbers"] if PAPER_IN_ALL else None,
        ),
    shell:
        run(to=())


rule readme:
    """Writes the tables that README and docs/ show anew."""
    input:
        code=code("refresh_pages"),
    log:
        f"logs/{TRACK_NAME}/readme.log",
    conda:
        "../envs/default.yaml"
    params:
        options(pages=PAGES),
    shell:
        run(to=())
