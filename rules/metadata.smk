"""The study as catalogues describe it, by name, not part of `all`: cards, and Croissant.

in:  data/{track}/results, prompts and verdicts; training.json of checkpoints
out: data/{track}/README.md, the card of the data, and croissant.json
     data/{track}/cards/{name}.md, of each checkpoint that was trained here
"""

# Checkpoint → (name, class, codec); codecs have none.
CARDED = {
    entry["checkpoint"]: (name, entry["adapter"], entry.get("codec", ""))
    for kind in ("systems", "codecs")
    for name, entry in TRACK[kind].items()
    if "hub" not in entry and Path(entry["checkpoint"], "training.json").exists()
}
METADATA = {
    "dataset": f"{DATA}/README.md",
    "cards": [f"{DATA}/cards/{name}.md" for name, *_ in CARDED.values()],
}
# Options that a script has only where there are checkpoints to card.
OF_CARDED, TO_CARDS = (["checkpoints"], ["cards"]) if CARDED else ([], [])
CROISSANT = f"{DATA}/croissant.json"
# Whose texts may be under another licence than the rest.
SOURCED = [f"{name}={TRACK['prompt_sets'][name]['source']}" for name in ORIGINAL_SETS]


rule cards:
    """Cards in the hub's format: of the track's data, and of each checkpoint trained here."""
    input:
        code=code("write_cards"),
        rates=RESULTS["rates"],
        modes=RESULTS["modes"],
        texts=local(
            [f"scripts/selfverify/metadata/{kind}_card.md.jinja" for kind in ("model", "dataset")]
        ),
        checkpoints=local([f"{folder}/training.json" for folder in CARDED]),
    output:
        **METADATA,
    log:
        f"logs/{TRACK_NAME}/cards.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
            sets=SOURCED,
            language=config["metric"]["language"],
            classes=["=".join(known) for known in CARDED.values()] or None,
            track=TRACK_NAME,
        ),
    shell:
        run("rates", "modes", *OF_CARDED, to=("dataset", *TO_CARDS))


rule croissant:
    """Result tables, prompts and judged pools in Croissant."""
    input:
        code=code("write_croissant"),
        context=local("scripts/selfverify/metadata/croissant_context.json"),
        dictionary=local("data/README.md"),
        project=local("pyproject.toml"),
        citation=local("CITATION.cff"),
        tables=[
            *(path for name, path in RESULTS.items() if name != "metrics"),
            THRESHOLD_SWEEP,
            *REGIMES,
            *(f"{DATA}/prompts/{prompt_set}.parquet" for prompt_set in ORIGINAL_SETS),
            *judged(TRACK["systems"]),
        ],
    output:
        CROISSANT,
    log:
        f"logs/{TRACK_NAME}/croissant.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            track=TRACK_NAME,
            sets=SOURCED,
        ),
    shell:
        run("tables", "dictionary", "project", "citation", to="output")
