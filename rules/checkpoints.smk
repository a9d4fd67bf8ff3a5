"""Checkpoints from the Hugging Face hub, for entries of params.yaml that have a `hub`.

out: data/{track}/checkpoints/{name}/SHA256SUMS and the files that it lists
"""


rule fetch_checkpoint:
    """A checkpoint from the hub, its licence shown first."""
    input:
        # The checksums decide the content, not the code.
        code=ancient(code("fetch_checkpoint")),
    output:
        local(f"{DATA}/checkpoints/{{fetched}}/SHA256SUMS"),
    log:
        f"logs/{TRACK_NAME}/fetch_checkpoint/{{fetched}}.log",
    wildcard_constraints:
        fetched=one_of(path.name for path in FETCHED),
    localrule: True
    conda:
        "../envs/default.yaml"
    params:
        options(
            repo=of_hub("repo"),
            revision=of_hub("revision"),
            licence=of_hub("licence"),
            mirror=of_hub("mirror", ""),
            files=of_hub("files"),
        ),
    shell:
        run(to="output")
