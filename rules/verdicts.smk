"""Verdicts on candidates, and what best-of-n keeps.

in:  data/{track}/prompts, audio and transcripts
out: data/{track}/verdicts/{system}/{prompt_set}.parquet
     data/{track}/selected/{system}/{prompt_set}.parquet
"""


rule judge_candidates:
    """Failure labels of every candidate, by verifier and evaluator; of policies by the latter."""
    input:
        code=code("judge_candidates"),
        prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
        audio=all_shards("audio"),
        verifier=verifier_transcripts,
        evaluator=all_shards(f"transcripts/{TRACK['evaluator']}"),
    output:
        f"{DATA}/verdicts/{{voice}}/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/judge_candidates/{{voice}}/{{prompt_set}}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            thresholds=THRESHOLDS,
        ),
    shell:
        run("prompts", "audio", "verifier", "evaluator", to="output")


rule select_best_of_n:
    """The candidate that the verifier keeps, for every n; references have a pool of one."""
    input:
        code=code("select_best_of_n"),
        verdicts=f"{DATA}/verdicts/{{voice}}/{{prompt_set}}.parquet",
    output:
        f"{DATA}/selected/{{voice}}/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/select_best_of_n/{{voice}}/{{prompt_set}}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            best_of=lambda wildcards: ([1] if wildcards.voice in REFERENCES else TRACK["best_of"]),
        ),
    shell:
        run("verdicts", to="output")
