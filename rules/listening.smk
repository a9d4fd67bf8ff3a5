"""Clips to hear: some as files, and a page per system.

in:  data/{track}/verdicts, audio and prompts
out: figures/{track}/audio/{system}/
     data/{track}/listening/{system}.html, more of them, with pictures
     by name alone, for people to rate (docs/listening.md):
     data/{track}/listening/test_{system}.html and .key.csv, `listening_tests`
     figures/{track}/table_simulated_raters.*
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
        run("verdicts", "audio", "prompts", to=("page", "key"))


rule listening_tests:
    """A blind test of each system's clips, for raters."""
    input:
        expand(f"{DATA}/listening/test_{{system}}.html", system=TRACK["systems"]),
    localrule: True


rule table_simulated_raters:
    """Table: what a listening test finds, by simulated raters; no person was asked."""
    input:
        code=code("table_simulated_raters"),
    output:
        **figure_files("table_simulated_raters", csv="csv", markdown="md", latex="tex"),
    log:
        f"logs/{TRACK_NAME}/table_simulated_raters.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_studies=200,
            seed=config["seed"],
        ),
    shell:
        run(to=TABLE)
