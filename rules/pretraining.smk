"""How the mini checkpoints in data/mini/checkpoints were made; not part of `all`.

`snakemake pretrain` speaks the corpus, trains codecs and language models, and puts them in place.
Hours on a CPU, minutes on a GPU; an interrupted run goes on where it was. Everything stays below data/mini/pretrain
until the end, so that `all` never waits for a training. The code is `ancient`: an edited comment
does not redo hours of work; remove an output to make it anew.

out: data/mini/pretrain/corpus/{shard}.parquet
     data/mini/pretrain/codes/{codec}/{shard}.parquet
     data/mini/pretrain/{checkpoint}/SHA256SUMS and the files that it lists
     data/mini/checkpoints/{checkpoint}, by `pretrain` itself
"""

BASE = "data/mini/pretrain"
CORPUS_SHARDS = [f"{i:03d}" for i in range(PRETRAIN["corpus"]["num_shards"])]


rule make_corpus:
    """One shard of the corpus: sentences of the grammar, spoken by the voice."""
    input:
        code=ancient(code("make_corpus")),
    output:
        f"{BASE}/corpus/{{shard}}.parquet",
    log:
        "logs/mini/make_corpus/{shard}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_utterances=PRETRAIN["corpus"]["num_utterances"],
            num_dev=PRETRAIN["corpus"]["num_dev"],
            seed=PRETRAIN["corpus"]["seed"],
            shard="{shard}",
            num_shards=PRETRAIN["corpus"]["num_shards"],
        ),
    shell:
        run(to="output")


rule pretrain_codec:
    """A mini codec."""
    input:
        code=ancient(code("pretrain_codec")),
        corpus=lambda wildcards: expand(
            f"{BASE}/corpus/{{shard}}.parquet",
            shard=CORPUS_SHARDS[: of_trained_codec("corpus_shards")(wildcards)],
        ),
    output:
        f"{BASE}/{{trained_codec}}/SHA256SUMS",
    log:
        "logs/mini/pretrain_codec/{trained_codec}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            adapter=of_trained_codec("adapter"),
            num_clips=of_trained_codec("num_clips"),
            num_steps=of_trained_codec("num_steps"),
            learning_rate=of_trained_codec("learning_rate"),
            seed=config["seed"],
            device=TRACK["device"],
            checkpoint=f"{BASE}/{{trained_codec}}.run.pt",
            output=f"{BASE}/{{trained_codec}}",
        ),
    shell:
        run("corpus", to=(), threads=True)


rule encode_corpus:
    """The corpus as codes of a mini codec."""
    input:
        code=ancient(code("encode_corpus", CODECS, of_trained_codec("adapter"))),
        corpus=f"{BASE}/corpus/{{shard}}.parquet",
        codec=f"{BASE}/{{trained_codec}}/SHA256SUMS",
    output:
        f"{BASE}/codes/{{trained_codec}}/{{shard}}.parquet",
    log:
        "logs/mini/encode_corpus/{trained_codec}/{shard}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            adapter=of_trained_codec("adapter"),
            checkpoint=f"{BASE}/{{trained_codec}}",
        ),
    shell:
        run("corpus", to="output")


rule pretrain_lm:
    """The language model of a mini system."""
    input:
        code=ancient(code("pretrain_lm", SYSTEMS, of_trained_system("adapter"))),
        codec=lambda wildcards: f"{BASE}/{of_trained_system('codec')(wildcards)}/SHA256SUMS",
        start=lambda wildcards: [
            f"{BASE}/{system}/SHA256SUMS" for system in of_trained_system("start")(wildcards)
        ],
        corpus_codes=lambda wildcards: expand(
            f"{BASE}/codes/{of_trained_system('codec')(wildcards)}/{{shard}}.parquet",
            shard=CORPUS_SHARDS,
        ),
    output:
        f"{BASE}/{{trained_system}}/SHA256SUMS",
    log:
        "logs/mini/pretrain_lm/{trained_system}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            adapter=of_trained_system("adapter"),
            codec_adapter=lambda wildcards: PRETRAIN["codecs"][
                of_trained_system("codec")(wildcards)
            ]["adapter"],
            codec=lambda wildcards: f"{BASE}/{of_trained_system('codec')(wildcards)}",
            hidden_size=of_trained_system("hidden_size"),
            num_layers=of_trained_system("num_layers"),
            # The folder to start from, or nothing.
            start=lambda wildcards: "".join(
                f"{BASE}/{system}" for system in of_trained_system("start")(wildcards)
            ),
            num_steps=of_trained_system("num_steps"),
            batch_size=of_trained_system("batch_size"),
            learning_rate=of_trained_system("learning_rate"),
            seed=config["seed"],
            device=TRACK["device"],
            checkpoint=f"{BASE}/{{trained_system}}.run.pt",
            output=f"{BASE}/{{trained_system}}",
        ),
    shell:
        run("corpus_codes", to=(), threads=True)


rule pretrain:
    """Trains the mini codecs and systems, and puts them into data/mini/checkpoints."""
    input:
        [
            f"{BASE}/{name}/SHA256SUMS"
            for kind in ("codecs", "systems")
            for name in config["tracks"]["mini"][kind]
        ],
    log:
        "logs/mini/pretrain.log",
    localrule: True
    conda:
        "../envs/default.yaml"
    shell:
        "for listing in {input}; do"
        " folder=data/mini/checkpoints/$(basename $(dirname $listing));"
        " mkdir -p $folder && cp $(dirname $listing)/* $folder/;"
        " done 2>&1 | tee {log} >&2"
