"""Audio: candidates through their codec, and the references that stand beside them.

in:  data/{track}/candidates/{system}/{prompt_set}/{shard}.parquet
out: data/{track}/audio/{system}/{prompt_set}/{shard}.parquet
     data/{track}/audio/reference/…, the voice that the mini systems learned from
     data/{track}/audio/{codec}-resynthesis/…, the same through the codec and back
"""


rule decode_audio:
    """Candidates to audio."""
    input:
        code=code("decode_audio", CODECS, of_codec("adapter")),
        candidates=f"{DATA}/candidates/{{system}}/{{prompt_set}}/{{shard}}.parquet",
        checkpoint=files_of(of_codec("checkpoint")),
    output:
        f"{DATA}/audio/{{system}}/{{prompt_set}}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/decode_audio/{{system}}/{{prompt_set}}/{{shard}}.log",
    benchmark:
        f"logs/{TRACK_NAME}/decode_audio/{{system}}/{{prompt_set}}/{{shard}}.tsv"
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
        gpu=GPU,
    params:
        options(
            adapter=of_codec("adapter"),
            checkpoint=of_codec("checkpoint"),
            device=TRACK["device"],
        ),
    shell:
        run("candidates", to="output", on_card=True)


rule speak_references:
    """The synthetic voice itself says the prompts that no human has read."""
    input:
        code=code("speak_references"),
        prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
    output:
        f"{DATA}/audio/reference/{{prompt_set}}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/speak_references/{{prompt_set}}/{{shard}}.log",
    wildcard_constraints:
        prompt_set=one_of([*GRAMMAR_SETS, *CRITERIA_SETS, *ADVERSARIAL_SETS, *OWN_SETS]),
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
        run("prompts", to="output")


rule resynthesise:
    """The voice through a codec and back."""
    input:
        code=code("resynthesise", CODECS, of_codec("adapter")),
        references=f"{DATA}/audio/reference/{{prompt_set}}/{{shard}}.parquet",
        checkpoint=files_of(of_codec("checkpoint")),
    output:
        f"{DATA}/audio/{{resynthesis}}/{{prompt_set}}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/resynthesise/{{resynthesis}}/{{prompt_set}}/{{shard}}.log",
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
        gpu=GPU,
    params:
        options(
            adapter=of_codec("adapter"),
            checkpoint=of_codec("checkpoint"),
            device=TRACK["device"],
        ),
    shell:
        run("references", to="output", on_card=True)
