"""Clips to hear: some as files, and a page per system.

in:  data/{track}/verdicts, audio and prompts
out: figures/{track}/audio/{system}/
     data/{track}/listening/{system}.html, more of them, with pictures
     figures/{track}/table_simulated_raters.*, table_listening_power.*
     by name alone, for people to rate (docs/listening.md), each with its .key.csv:
     data/{track}/listening/test_{system}.html, `listening_test_{system}`
     data/{track}/listening/pairs_{system}.html and pairs_{policy}.html, `listening_pairs_{system}`
     where people rated, figures/{track}/table_listeners.*
"""

from selfverify.listening.command import NUM_CLIPS

NUM_EXAMPLES = 2  # of candidates that pass, and of those that fail, per system
EXAMPLES = [
    f"{kind}_{number}.flac"
    for kind in ("passing", "failing")
    for number in range(1, NUM_EXAMPLES + 1)
]
EXAMPLE_FILES = [
    f"{FIGURES}/audio/{system}/{file}"
    for system in TRACK["systems"]
    for file in [*EXAMPLES, "index.csv"]
]


rule audio_examples:
    """To listen to: two candidates of a system that pass and two that fail."""
    input:
        code=code("audio_examples"),
        verdicts=set_files(f"{DATA}/verdicts", "{system}"),
        audio=shard_files(f"{DATA}/audio", "{system}"),
        prompts=expand(f"{DATA}/prompts/{{prompt_set}}.parquet", prompt_set=PROMPT_SETS),
    output:
        passing=[f"{FIGURES}/audio/{{system}}/{file}" for file in EXAMPLES[:NUM_EXAMPLES]],
        failing=[f"{FIGURES}/audio/{{system}}/{file}" for file in EXAMPLES[NUM_EXAMPLES:]],
        index=f"{FIGURES}/audio/{{system}}/index.csv",
    log:
        f"logs/{TRACK_NAME}/audio_examples/{{system}}.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("verdicts", "audio", "prompts", to=("passing", "failing", "index"))


rule listening_page:
    """To listen to: a page of a system's failures of every mode, beside what passes."""
    input:
        code=code("listening_page"),
        verdicts=set_files(f"{DATA}/verdicts", "{system}"),
        audio=shard_files(f"{DATA}/audio", "{system}"),
        prompts=expand(f"{DATA}/prompts/{{prompt_set}}.parquet", prompt_set=PROMPT_SETS),
    output:
        report(
            f"{DATA}/listening/{{system}}.html",
            caption="../report/listening.rst",
            category="Clips",
            labels={"system": "{system}"},
        ),
    log:
        f"logs/{TRACK_NAME}/listening_page/{{system}}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            system="{system}",
        ),
    shell:
        run("verdicts", "audio", "prompts", to="output")


rule listening_test:
    """A blind test of a system's clips for raters, in one file, and the key to their answers."""
    input:
        code=code("listening_test"),
        verdicts=set_files(f"{DATA}/verdicts", "{system}"),
        audio=shard_files(f"{DATA}/audio", "{system}"),
        prompts=expand(f"{DATA}/prompts/{{prompt_set}}.parquet", prompt_set=PROMPT_SETS),
        references=shard_files(f"{DATA}/audio", "reference"),
    output:
        page=f"{DATA}/listening/test_{{system}}.html",
        key=f"{DATA}/listening/test_{{system}}.key.csv",
    log:
        f"logs/{TRACK_NAME}/listening_test/{{system}}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            system="{system}",
            num_clips=NUM_CLIPS,
            seed=config["seed"],
        ),
    shell:
        run("verdicts", "audio", "prompts", "references", to=["page"])


rule listening_pairs_of_selection:
    """A blind test of pairs: the single shot and what best-of-n keeps, where both pass."""
    input:
        code=code("listening_pairs"),
        verdicts=judged(["{system}"]),
        audio=judged_audio("{system}"),
        selected=judged(["{system}"], "selected"),
        prompts=expand(f"{DATA}/prompts/{{prompt_set}}.parquet", prompt_set=ORIGINAL_SETS),
        references=shard_files(f"{DATA}/audio", "reference"),
    output:
        page=f"{DATA}/listening/pairs_{{system}}.html",
        key=f"{DATA}/listening/pairs_{{system}}.key.csv",
    log:
        f"logs/{TRACK_NAME}/listening_pairs/{{system}}.log",
    wildcard_constraints:
        system=one_of(TRACK["systems"]),
    conda:
        "../envs/default.yaml"
    params:
        options(
            system="{system}",
            best_of=max(TRACK["best_of"]),
            num_pairs=NUM_CLIPS,
            seed=config["seed"],
        ),
    shell:
        run("verdicts", "audio", "selected", "prompts", "references", to=["page"])


rule listening_pairs_of_distillation:
    """A blind test of pairs: a system's first candidate and its policy's, where both pass."""
    input:
        code=code("listening_pairs"),
        verdicts=lambda wildcards: judged([of_policy(wildcards).system]),
        audio=lambda wildcards: judged_audio(of_policy(wildcards).system),
        policy_verdicts=judged(["{policy}"]),
        policy_audio=judged_audio("{policy}"),
        prompts=expand(f"{DATA}/prompts/{{prompt_set}}.parquet", prompt_set=ORIGINAL_SETS),
        references=shard_files(f"{DATA}/audio", "reference"),
    output:
        page=f"{DATA}/listening/pairs_{{policy}}.html",
        key=f"{DATA}/listening/pairs_{{policy}}.key.csv",
    log:
        f"logs/{TRACK_NAME}/listening_pairs/{{policy}}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            system=lambda wildcards: of_policy(wildcards).system,
            policy="{policy}",
            num_pairs=NUM_CLIPS,
            seed=config["seed"],
        ),
    shell:
        run(
            "verdicts",
            "audio",
            "policy_verdicts",
            "policy_audio",
            "prompts",
            "references",
            to=["page"],
        )


# `snakemake listening_test_mini-llasa`, and the like.
for kind, names in {
    "test": TRACK["systems"],
    "pairs": [*TRACK["systems"], *STUDIED],
}.items():
    for name in names:

        rule:
            name:
                f"listening_{kind}_{name}"
            input:
                f"{DATA}/listening/{kind}_{name}.html",
            localrule: True


rule table_simulated_raters:
    """Table: what a listening test finds, by simulated raters; no person was asked."""
    input:
        code=code("table_simulated_raters"),
    output:
        **reported("table_simulated_raters"),
    log:
        f"logs/{TRACK_NAME}/table_simulated_raters.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_studies=config["listening"]["num_studies"],
            seed=config["seed"],
        ),
    shell:
        run(to=TABLE)


rule table_listening_power:
    """Table: clips and raters that a corrected rate takes, by simulated raters."""
    input:
        code=code("table_listening_power"),
    output:
        **reported("table_listening_power"),
    log:
        f"logs/{TRACK_NAME}/table_listening_power.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_studies=config["listening"]["num_studies"],
            seed=config["seed"],
        ),
    shell:
        run(to=TABLE)


if RATED:

    rule table_listeners:
        """Table: what people heard, where they rated the track's clips."""
        input:
            code=code("table_listeners"),
            answers=expand(f"{DATA}/listening/test_{{system}}.key.csv", system=RATED),
            ratings=local([file for files in RATED.values() for file in files]),
        output:
            **reported("table_listeners"),
        log:
            f"logs/{TRACK_NAME}/table_listeners.log",
        conda:
            "../envs/default.yaml"
        params:
            options(
                systems=list(RATED),
            ),
        shell:
            run("answers", "ratings", to=TABLE)
