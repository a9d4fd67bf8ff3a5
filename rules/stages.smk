"""Stages: what `dvc.yaml` versions together, each a target here (`snakemake stage_audio`)."""

SHARDED = {
    prompt_set: [f"{prompt_set}/{shard}.parquet" for shard in shards(prompt_set)]
    for prompt_set in PROMPT_SETS
}
VOICES = [*TRACK["systems"], *REFERENCES]
EVERY_SHARD = [name for names in SHARDED.values() for name in names]


def per_shard(folder, owners):
    return [f"{DATA}/{folder}/{owner}/{name}" for owner in owners for name in EVERY_SHARD]


STAGES = {
    "prompts": [f"{DATA}/prompts/{prompt_set}.parquet" for prompt_set in PROMPT_SETS],
    "candidates": per_shard("candidates", TRACK["systems"]),
    "audio": per_shard("audio", VOICES),
    "transcripts": [
        path
        for recogniser in sorted({TRACK["verifier"], TRACK["evaluator"]})
        for path in per_shard(f"transcripts/{recogniser}", VOICES)
    ],
    "verdicts": [f"{DATA}/verdicts/{name}" for name in JUDGED],
    "selected": [f"{DATA}/selected/{name}" for name in JUDGED],
    "results": list(rules.tabulate_failures.output),
    "figures": [*rules.failure_by_n.output, *rules.table_best_of_n.output],
}

for stage, files in STAGES.items():

    rule:
        name:
            f"stage_{stage}"
        input:
            files,
        localrule: True
