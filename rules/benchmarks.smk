"""What the workflow itself costs, and what the real systems need; by name, not part of `all`.

out: figures/{track}/table_scale.{csv,md}
     figures/{track}/table_speak.{csv,md,tex}
     figures/paper/table_resources.{csv,md}
     figures/paper/table_training_resources.{csv,md}
     figures/paper/table_cards.{csv,md}
     figures/benchmarks/table_gpu.{csv,md}
     figures/benchmarks/table_speed.{csv,md}
     figures/benchmarks/table_fast_verifier.{csv,md}
     figures/benchmarks/table_changes.{csv,md}
"""

# What the verifier has the weights of, as its authors run it.
REFERENCE_RECOGNISER = "openai-whisper-tiny.en"


rule table_scale:
    """Table: seconds to plan, start and commit, for 10 to 1,000 shards."""
    input:
        code=code("measure_scale"),
    output:
        csv=f"{FIGURES}/table_scale.csv",
        markdown=f"{FIGURES}/table_scale.md",
    log:
        f"logs/{TRACK_NAME}/table_scale.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_shards=[10, 100, 1000],
            candidates_per_shard=1000,
            seed=config["seed"],
        ),
    shell:
        run(to=("csv", "markdown"))


rule table_resources:
    """Table: GPU memory and least time of the real systems, computed from their architectures."""
    input:
        code=code("table_resources"),
    output:
        csv="figures/paper/table_resources.csv",
        markdown="figures/paper/table_resources.md",
        latex="figures/paper/table_resources.tex",
    log:
        "logs/paper/table_resources.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=lambda wildcards: list(config["tracks"]["paper"]["systems"]),
            codecs=of_paper("codec"),
            dtypes=of_paper("dtype"),
            batch_sizes=of_paper("batch_size"),
            max_audio_s=of_paper("max_audio_s"),
            # Assumed of a candidate and its prompt; LibriSpeech's test-clean has 2,620 utterances in
            # 5.4 hours (Panayotov et al. 2015), 7.4 s each.
            mean_audio_s=8.0,
            num_prompt_ids=80,
        ),
    shell:
        run(to=TABLE)


rule table_training_resources:
    """Table: GPU memory that training the real systems takes, computed from their architectures."""
    input:
        code=code("table_training_resources"),
    output:
        csv="figures/paper/table_training_resources.csv",
        markdown="figures/paper/table_training_resources.md",
        latex="figures/paper/table_training_resources.tex",
    log:
        "logs/paper/table_training_resources.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=lambda wildcards: list(config["tracks"]["paper"]["systems"]),
            codecs=of_paper("codec"),
            dtypes=of_paper("dtype"),
            max_audio_s=of_paper("max_audio_s"),
            lora_rank=config["tracks"]["paper"]["distillation"]["lora_rank"],
            num_sequences=config["tracks"]["paper"]["distillation"]["micro_batch_size"],
            num_prompt_ids=80,  # assumed
        ),
    shell:
        run(to=TABLE)


rule table_cards:
    """Table: candidates and sequences of the real systems that a card's memory holds at once."""
    input:
        code=code("table_cards"),
        sampling=rules.table_resources.output.csv,
        training=rules.table_training_resources.output.csv,
    output:
        csv="figures/paper/table_cards.csv",
        markdown="figures/paper/table_cards.md",
        latex="figures/paper/table_cards.tex",
    log:
        "logs/paper/table_cards.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_sequences=config["tracks"]["paper"]["distillation"]["micro_batch_size"],
            card_gb=[24, 40, 48, 80, 141],
        ),
    shell:
        run("sampling", "training", to=TABLE)


rule table_speak:
    """Table: `selfverify speak` end to end: cost against a single shot, real time, latency."""
    input:
        code=code("table_speak"),
        prompts=f"{DATA}/prompts/{ORIGINAL_SETS[0]}.parquet",
    output:
        **figure_files("table_speak", csv="csv", markdown="md", latex="tex"),
    log:
        f"logs/{TRACK_NAME}/table_speak.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
            num_prompts=20,
            num_draws=4,
            policies=["accepted", "good", "best"],
            verifiers=["one", "grey", "both"],
        ),
    shell:
        run("prompts", to=TABLE)


rule benchmark_gpu:
    """Table: speed and memory of the real systems on this machine's card, with random weights."""
    input:
        code=code("benchmark_gpu"),
        plans="figures/paper/table_training_resources.csv",
    output:
        csv="figures/benchmarks/table_gpu.csv",
        markdown="figures/benchmarks/table_gpu.md",
        latex="figures/benchmarks/table_gpu.tex",
    log:
        "logs/benchmark_gpu.log",
    conda:
        "../envs/default.yaml"
    resources:
        gpu=1,
    params:
        options(
            systems=lambda wildcards: list(config["tracks"]["paper"]["systems"]),
            codecs=of_paper("codec"),
            dtypes=of_paper("dtype"),
            temperatures=of_paper("temperature"),
            top_ps=of_paper("top_p"),
            top_ks=of_paper("top_k"),
            repetition_penalties=of_paper("repetition_penalty", 1.0),
            max_audio_s=of_paper("max_audio_s"),
            training=lambda wildcards: training_workload(config["tracks"]["paper"]),
            mean_audio_s=8.0,  # assumed, as of table_resources
            num_prompt_ids=80,
            device="cuda",
            budget_s=480,
            # No output, so that a run that was cut off goes on; remove it to measure anew.
            measurements="logs/benchmark_gpu.jsonl",
        ),
    shell:
        run("plans", to=TABLE)


rule table_speed:
    """Table: sampling and recognition on the CPU against the packages' own loops."""
    input:
        code=code("table_speed"),
        prompts=f"{DATA}/prompts/hard.parquet",
        model=BUNDLED_WHISPER,
    output:
        csv="figures/benchmarks/table_speed.csv",
        markdown="figures/benchmarks/table_speed.md",
        latex="figures/benchmarks/table_speed.tex",
    log:
        "logs/table_speed.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
            verifier=recogniser_options("verifier"),
            evaluator=recogniser_options("evaluator"),
            whisper_model=BUNDLED_WHISPER,
            num_candidates=64,
            num_clips=32,
            num_repeats=3,
        ),
    shell:
        run("prompts", to=TABLE)


rule table_changes:
    """Table: decisions of `selfverify score` that flip when a file changes as nobody hears."""
    input:
        code=code("table_changes"),
        audio=[
            f"{DATA}/audio/{voice}/hard/000.parquet"
            for voice in [*TRACK["systems"], "reference", CORRUPTED]
        ],
        prompts=f"{DATA}/prompts/hard.parquet",
    output:
        csv="figures/benchmarks/table_changes.csv",
        markdown="figures/benchmarks/table_changes.md",
        latex="figures/benchmarks/table_changes.tex",
    log:
        "logs/table_changes.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_clips=40,
            recogniser="moonshine",
        ),
    shell:
        run("audio", "prompts", to=TABLE)


if REFERENCE_RECOGNISER in TRACK["recognisers"]:

    # The verifier beside the recogniser that it stands for, in the evaluator's place.
    use rule judge_candidates as judge_both_ways with:
        input:
            code=code("judge_candidates"),
            prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
            audio=all_shards("audio"),
            verifier=all_shards(f"transcripts/{TRACK['verifier']}"),
            evaluator=all_shards(f"transcripts/{REFERENCE_RECOGNISER}"),
        output:
            f"{DATA}/judged_both_ways/{{voice}}/{{prompt_set}}.parquet",
        log:
            f"logs/{TRACK_NAME}/judge_both_ways/{{voice}}/{{prompt_set}}.log",

    rule table_fast_verifier:
        """Table: verdicts of the fast verifier beside those of the one that it stands for."""
        input:
            code=code("table_fast_verifier"),
            verdicts=[
                f"{DATA}/judged_both_ways/{system}/hard.parquet" for system in TRACK["systems"]
            ],
        output:
            csv="figures/benchmarks/table_fast_verifier.csv",
            markdown="figures/benchmarks/table_fast_verifier.md",
            latex="figures/benchmarks/table_fast_verifier.tex",
        log:
            "logs/table_fast_verifier.log",
        conda:
            "../envs/default.yaml"
        params:
            options(
                reference=REFERENCE_RECOGNISER,
                fast=TRACK["verifier"],
            ),
        shell:
            run("verdicts", to=TABLE)
