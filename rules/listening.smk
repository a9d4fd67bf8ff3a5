"""Clips to hear: some as files, and a page per system.

in:  data/{track}/verdicts, audio and prompts
out: figures/{track}/audio/{system}/
     data/{track}/listening/{system}.html, more of them, with pictures
"""

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
