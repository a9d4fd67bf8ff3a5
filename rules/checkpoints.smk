"""Checkpoints from the Hugging Face hub, and files from elsewhere: entries with `hub` or `file`.

out: data/{track}/checkpoints/{name}/SHA256SUMS and the files that it lists
     data/{track}/checkpoints/{name}.pt
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


rule fetch_file:
    """A recogniser's weights in one file, the licence shown first."""
    input:
        # The checksum decides the content, not the code.
        code=ancient(code("fetch_file")),
    output:
        # `update`: a file put there by hand is verified and kept, not deleted first.
        local(update(f"{DATA}/checkpoints/{{fetched}}.pt")),
    log:
        f"logs/{TRACK_NAME}/fetch_file/{{fetched}}.log",
    wildcard_constraints:
        fetched=one_of(Path(model).stem for model in FETCHED_FILES),
    localrule: True
    conda:
        "../envs/default.yaml"
    params:
        options(
            url=of_file("url"),
            licence=of_file("licence"),
            sha256=of_file("sha256"),
        ),
    shell:
        run(to="output")
