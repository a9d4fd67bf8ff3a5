"""The controlled comparison of policies and rivals with their teachers.

Every arm is drawn at its system's temperature on all prompts, and on some at one at which the system
itself fails less: what an arm gains there, it gains on top of cooling.

in:  data/{track}/verdicts, audio and policies
out: data/{track}/measures/{system}/{arm}/voice.parquet and entropy.parquet
     figures/{track}/sharpening_line.*, table_distillation.*, table_method_comparison.*, distillation_gain.*, …
"""

DISTILLED_FILES = {
    name: figure_files(name, csv="csv", markdown="md", latex="tex")
    for name in (
        "table_distillation",
        "table_method_comparison",
        "table_budgets",
        "table_guards",
        "table_gain_by_prompt",
        "table_distillation_power",
        "table_distillation_claims",
    )
} | {
    name: figure_files(name, pdf="pdf", png="png")
    for name in ("distillation_gain", "training_curves")
}
DISTILLED_FILES["sharpening_line"] = figure_files(
    "sharpening_line", csv="csv", pdf="pdf", png="png"
)

ARMS = [f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()]
PRIMARY = [
    "{system}={prompt_set}={arm}={baseline}".format(**contrast)
    for contrast in DISTILLATION["primary_contrasts"]
]
MATCHED_ARMS = [f"{name}={system}={arm}" for name, (system, arm) in MATCHED.items()]

# Speaker → (system, arm) of every point of the sharpening line; a rival that is a point of the line
# of its system is no arm there.
SHARPENED = (
    {name: (policy.system, policy.arm) for name, policy in FINAL.items()}
    | MATCHED
    | {name: (system, TEACHER) for name, (system, _) in LINE.items()}
)
# Of the sweep, what is compared: no round on the way.
TRIED = {
    name: policy
    for name, policy in SWEEP.items()
    if name not in {other.start for other in SWEEP.values()}
}
TRAINED_IN_SWEEP = [name for name, policy in TRIED.items() if policy.is_trained]
SHARPENED_SETS = DISTILLATION["sharpening_line"]["prompt_sets"]
# The same of what is drawn at its system's temperature.
OWN = {system: (system, TEACHER) for system in DISTILLATION["systems"]} | {
    name: (policy.system, policy.arm) for name, policy in FINAL.items()
}


rule table_distillation:
    """Table: failures of every arm, single shot, and the share that it closes."""
    input:
        code=code("table_distillation"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
        matched=judged(MATCHED, sets=DISTILLATION["matched_prompt_sets"]),
    output:
        **reported("table_distillation"),
    log:
        f"logs/{TRACK_NAME}/table_distillation.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=ARMS,
            matched_arms=MATCHED_ARMS,
            temperatures=[
                f"{system}={temperature:g}"
                for system, temperature in DISTILLATION["matched_temperature"].items()
            ],
            ceiling=DISTILLATION["pool_size"],
            seed=config["seed"],
        ),
    shell:
        run("teachers", "policies", "matched", to=TABLE)


rule table_method_comparison:
    """Table: paired contrasts between the arms, with tests and the prompts needed."""
    input:
        code=code("table_method_comparison"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
        matched=judged(MATCHED, sets=DISTILLATION["matched_prompt_sets"]),
    output:
        **reported("table_method_comparison"),
    log:
        f"logs/{TRACK_NAME}/table_method_comparison.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=ARMS,
            matched_arms=MATCHED_ARMS,
            primary=PRIMARY,
            seed=config["seed"],
        ),
    shell:
        run("teachers", "policies", "matched", to=TABLE)


rule table_distillation_power:
    """Table: the smallest share closed that each primary contrast can show, before any training."""
    input:
        code=code("table_distillation_power"),
        teachers=judged(DISTILLATION["systems"]),
    output:
        **reported("table_distillation_power"),
    log:
        f"logs/{TRACK_NAME}/table_distillation_power.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            primary=PRIMARY,
            num_baseline=[drawn_of(c, c["baseline"]) for c in DISTILLATION["primary_contrasts"]],
            num_arm=[drawn_of(c, c["arm"]) for c in DISTILLATION["primary_contrasts"]],
            ceiling=DISTILLATION["pool_size"],
            seed=config["seed"],
        ),
    shell:
        run("teachers", to=TABLE)


rule measure_voice:
    """Pitch, its spread and timbre of every candidate of an arm."""
    input:
        code=code("measure_voice"),
        audio=said_by("audio", OWN, ORIGINAL_SETS),
    output:
        f"{DATA}/measures/{{system}}/{{arm}}/voice.parquet",
    log:
        f"logs/{TRACK_NAME}/measure_voice/{{system}}/{{arm}}.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("audio", to="output")


rule table_guards:
    """Table: whether training has changed how candidates sound, with equivalence tests."""
    input:
        code=code("table_guards"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
        voices=measured("voice", OWN),
    output:
        **reported("table_guards"),
    log:
        f"logs/{TRACK_NAME}/table_guards.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=ARMS,
        ),
    shell:
        run("teachers", "policies", "voices", to=TABLE)


rule table_gain_by_prompt:
    """Table: failures by difficulty and category of the prompt."""
    input:
        code=code("table_gain_by_prompt"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
    output:
        **reported("table_gain_by_prompt"),
    log:
        f"logs/{TRACK_NAME}/table_gain_by_prompt.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=ARMS,
        ),
    shell:
        run("teachers", "policies", to=TABLE)


rule table_budgets:
    """Table: candidates, examples and sequences that each training had."""
    input:
        code=code("table_budgets"),
        trainings=expand(f"{DATA}/policies/{{name}}/training.json", name=STUDIED),
    output:
        **reported("table_budgets"),
    log:
        f"logs/{TRACK_NAME}/table_budgets.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("trainings", to=TABLE)


if TRIED:

    rule table_sweep:
        """Table: what a sweep tries, arms and rivals, on training prompts by the verifier alone."""
        input:
            code=code("table_sweep"),
            systems=swept_pools({policy.system: None for policy in TRIED.values()}),
            policies=swept_pools(TRIED),
            trainings=[f"{DATA}/policies/{name}/training.json" for name in TRAINED_IN_SWEEP],
            curves=[f"{DATA}/policies/{name}/curve.csv" for name in TRAINED_IN_SWEEP],
        output:
            **figure_files("table_sweep", csv="csv", markdown="md", latex="tex"),
        log:
            f"logs/{TRACK_NAME}/table_sweep.log",
        conda:
            "../envs/default.yaml"
        params:
            options(
                arms=[f"{name}={policy.system}={policy.arm}" for name, policy in TRIED.items()],
                seed=config["seed"],
            ),
        shell:
            run("systems", "policies", "trainings", "curves", to=TABLE)


rule table_distillation_claims:
    """Table: what the paper reported of distillation, what this track finds, and what follows."""
    input:
        code=code("table_distillation_claims"),
        arms=DISTILLED_FILES["table_distillation"]["csv"],
        contrasts=DISTILLED_FILES["table_method_comparison"]["csv"],
        by_prompt=DISTILLED_FILES["table_gain_by_prompt"]["csv"],
    output:
        **reported("table_distillation_claims"),
    log:
        f"logs/{TRACK_NAME}/table_distillation_claims.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            # The paper's claims are on SFT as it has it; where nothing is trained so, none is run.
            systems=[name for name, arms in DISTILLATION["systems"].items() if "sft" in arms]
            or list(DISTILLATION["systems"]),
        ),
    shell:
        run("arms", "contrasts", "by_prompt", to=TABLE)


rule distillation_gain:
    """Figure: failure rate of every arm beside its teacher's."""
    input:
        code=code("plot_distillation_gain"),
        table=DISTILLED_FILES["table_distillation"]["csv"],
    output:
        **reported("distillation_gain"),
    log:
        f"logs/{TRACK_NAME}/distillation_gain.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
        ),
    shell:
        run("table", to=("pdf", "png"))


rule training_curves:
    """Figure: loss and accuracy by step of every training."""
    input:
        code=code("plot_training_curves"),
        curves=expand(f"{DATA}/policies/{{name}}/curve.csv", name=TRAINED),
        facts=expand(f"{DATA}/policies/{{name}}/training.json", name=TRAINED),
    output:
        **reported("training_curves"),
    log:
        f"logs/{TRACK_NAME}/training_curves.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=[f"{name}={policy.system}={policy.arm}" for name, policy in TRAINED.items()],
        ),
    shell:
        run("curves", to=("pdf", "png"))


rule measure_entropy:
    """How sharply the speakers of an arm chose what they say."""
    input:
        code=code("measure_entropy", SYSTEMS, of_system("adapter")),
        prompts=expand(f"{DATA}/prompts/{{prompt_set}}.parquet", prompt_set=SHARPENED_SETS),
        candidates=said_by("candidates", SHARPENED, SHARPENED_SETS),
        checkpoints=checkpoint_files_of(SHARPENED),
    output:
        f"{DATA}/measures/{{system}}/{{arm}}/entropy.parquet",
    log:
        f"logs/{TRACK_NAME}/measure_entropy/{{system}}/{{arm}}.log",
    conda:
        "../envs/default.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
        gpu=GPU,
    params:
        options(
            speakers=members_of(SHARPENED),
            checkpoints=of_members("checkpoint", SHARPENED),
            temperatures=of_members("temperature", SHARPENED),
            adapter=of_system("adapter"),
            dtype=of_system("dtype"),
            voice=of_system("voice", ""),
            # A rival is alone in its arm; all others differ from their system in temperature alone.
            sampling=lambda wildcards: sampling_settings(
                SPEAKERS[members_of(SHARPENED)(wildcards)[0]]
            ),
            device=TRACK["device"],
        ),
    shell:
        run("prompts", "candidates", to="output", on_card=True)


rule sharpening_line:
    """Figure: failure rate against entropy, systems as they cool and every arm beside them."""
    input:
        code=code("plot_sharpening_line"),
        verdicts=judged(SHARPENED, sets=SHARPENED_SETS),
        entropies=measured("entropy", SHARPENED),
    output:
        **reported("sharpening_line"),
    log:
        f"logs/{TRACK_NAME}/sharpening_line.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=[f"{name}={system}={arm}" for name, (system, arm) in SHARPENED.items()],
            temperatures=[SPEAKERS[name]["temperature"] for name in SHARPENED],
            predicted=[predicted_temperature(*speaker) for speaker in SHARPENED.items()],
            seed=config["seed"],
        ),
    shell:
        run("verdicts", "entropies", to=("csv", "pdf", "png"))


rule distillation:
    """Every figure and table of distillation."""
    input:
        [file for files in DISTILLED_FILES.values() for file in files.values()],
    localrule: True
