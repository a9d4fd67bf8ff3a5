"""How the mini checkpoints in data/mini/checkpoints were made; not part of `all`.

`snakemake pretrain` speaks the corpus, trains codec and language model, and puts them in place.
Hours on a CPU; an interrupted run goes on where it was. Everything stays below data/mini/pretrain
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
        num_utterances=PRETRAIN["corpus"]["num_utterances"],
        num_dev=PRETRAIN["corpus"]["num_dev"],
        seed=PRETRAIN["corpus"]["seed"],
        shard="{shard}",
        num_shards=PRETRAIN["corpus"]["num_shards"],
    shell:
        "python {input.code[0]} --num-utterances {params.num_utterances}"
        " --num-dev {params.num_dev} --seed {params.seed} --shard $((10#{params.shard}))"
        " --num-shards {params.num_shards} --output {output} 2>&1 | tee {log} >&2"


rule pretrain_codec:
    """The mini codec."""
    input:
        code=ancient(code("pretrain_codec")),
        corpus=expand(
            f"{BASE}/corpus/{{shard}}.parquet",
            shard=CORPUS_SHARDS[: PRETRAIN["mini-xcodec2"]["corpus_shards"]],
        ),
    output:
        f"{BASE}/mini-xcodec2/SHA256SUMS",
    log:
        "logs/mini/pretrain_codec.log",
    conda:
        "../envs/default.yaml"
    threads: 2
    params:
        num_clips=PRETRAIN["mini-xcodec2"]["num_clips"],
        num_steps=PRETRAIN["mini-xcodec2"]["num_steps"],
        learning_rate=PRETRAIN["mini-xcodec2"]["learning_rate"],
        seed=config["seed"],
        run=f"{BASE}/mini-xcodec2.run.pt",
    shell:
        "python {input.code[0]} --corpus {input.corpus} --num-clips {params.num_clips}"
        " --num-steps {params.num_steps} --learning-rate {params.learning_rate}"
        " --seed {params.seed} --num-threads {threads} --checkpoint {params.run}"
        " --output $(dirname {output}) 2>&1 | tee {log} >&2"


rule encode_corpus:
    """The corpus as codes."""
    input:
        code=ancient(code("encode_corpus")),
        corpus=f"{BASE}/corpus/{{shard}}.parquet",
        codec=rules.pretrain_codec.output,
    output:
        f"{BASE}/codes/mini-xcodec2/{{shard}}.parquet",
    log:
        "logs/mini/encode_corpus/{shard}.log",
    conda:
        "../envs/default.yaml"
    shell:
        "python {input.code[0]} --corpus {input.corpus} --adapter xcodec2"
        " --checkpoint $(dirname {input.codec}) --output {output} 2>&1 | tee {log} >&2"


rule pretrain_lm:
    """The mini language model."""
    input:
        code=ancient(code("pretrain_lm")),
        codec=rules.pretrain_codec.output,
        codes=expand(f"{BASE}/codes/mini-xcodec2/{{shard}}.parquet", shard=CORPUS_SHARDS),
    output:
        f"{BASE}/mini-llasa/SHA256SUMS",
    log:
        "logs/mini/pretrain_lm.log",
    conda:
        "../envs/default.yaml"
    threads: 2
    params:
        hidden_size=PRETRAIN["mini-llasa"]["hidden_size"],
        num_layers=PRETRAIN["mini-llasa"]["num_layers"],
        num_steps=PRETRAIN["mini-llasa"]["num_steps"],
        batch_size=PRETRAIN["mini-llasa"]["batch_size"],
        learning_rate=PRETRAIN["mini-llasa"]["learning_rate"],
        seed=config["seed"],
        run=f"{BASE}/mini-llasa.run.pt",
    shell:
        "python {input.code[0]} --corpus-codes {input.codes} --codec $(dirname {input.codec})"
        " --hidden-size {params.hidden_size} --num-layers {params.num_layers}"
        " --num-steps {params.num_steps} --batch-size {params.batch_size}"
        " --learning-rate {params.learning_rate} --seed {params.seed} --num-threads {threads}"
        " --checkpoint {params.run} --output $(dirname {output}) 2>&1 | tee {log} >&2"


rule pretrain:
    """Trains the mini codec and language model, and puts them into data/mini/checkpoints."""
    input:
        rules.pretrain_codec.output,
        rules.pretrain_lm.output,
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
