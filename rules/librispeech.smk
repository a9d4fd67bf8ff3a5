"""LibriSpeech: prompts of the paper track, and the humans who read them as the reference.

in:  tracks.{track}.librispeech.url, or its file put into tracks.{track}.librispeech.folder by hand
out: data/{track}/librispeech/test-clean.tar.gz and its SHA256SUMS
     data/{track}/prompts/{prompt_set}.parquet
     data/{track}/audio/reference/{prompt_set}/{shard}.parquet
"""

LIBRISPEECH = TRACK["librispeech"]


rule fetch_librispeech:
    """The split's archive, verified; read as it is, never unpacked."""
    input:
        # The checksum decides the content, not the code.
        code=ancient(code("fetch_librispeech")),
    output:
        # `update`: an archive put there by hand is verified and kept, not deleted first.
        archive=update(f"{LIBRISPEECH['folder']}/{Path(LIBRISPEECH['url']).name}"),
        listing=f"{LIBRISPEECH['folder']}/SHA256SUMS",
    log:
        f"logs/{TRACK_NAME}/fetch_librispeech.log",
    localrule: True  # nodes of a cluster often have no network
    conda:
        "../envs/default.yaml"
    params:
        options(
            url=LIBRISPEECH["url"],
            sha256=LIBRISPEECH["sha256"],
        ),
    shell:
        run(to=("archive", "listing"))


rule make_librispeech_prompts:
    """One prompt set of LibriSpeech's texts, expected to last as long as the human took."""
    input:
        code=code("make_librispeech_prompts"),
        # The listing too, or an archive put there by hand would go unverified.
        source=rules.fetch_librispeech.output.archive,
        listing=rules.fetch_librispeech.output.listing,
    output:
        f"{DATA}/prompts/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/make_librispeech_prompts/{{prompt_set}}.log",
    wildcard_constraints:
        prompt_set=one_of(LIBRISPEECH_SETS),
    conda:
        "../envs/default.yaml"
    params:
        options(
            prompt_set="{prompt_set}",
            num_utterances=of_texts("num_utterances"),
            max_s=of_texts("max_s"),
            seed=config["seed"],
        ),
    shell:
        run("source", to="output")


rule read_references:
    """The humans say the prompts."""
    input:
        code=code("read_references"),
        source=rules.fetch_librispeech.output.archive,
        listing=rules.fetch_librispeech.output.listing,
        prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
    output:
        f"{DATA}/audio/reference/{{prompt_set}}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/read_references/{{prompt_set}}/{{shard}}.log",
    wildcard_constraints:
        prompt_set=one_of(LIBRISPEECH_SETS),
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        options(
            shard="{shard}",
            num_shards=num_shards,
        ),
    shell:
        run("source", "prompts", to="output")
