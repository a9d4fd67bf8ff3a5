"""The controlled comparison of policies and rivals with their teachers.

in:  data/{track}/verdicts, audio and policies
out: data/{track}/pitch/{system}/{prompt_set}.parquet
     figures/{track}/table_distillation.*, table_method_comparison.*, distillation_gain.*, …
"""

DISTILLED_FILES = {
    name: figure_files(name, csv="csv", markdown="md", latex="tex")
    for name in (
        "table_distillation",
        "table_method_comparison",
        "table_budgets",
        "table_guards",
        "table_gain_by_prompt",
    )
} | {
    name: figure_files(name, pdf="pdf", png="png")
    for name in ("distillation_gain", "training_curves")
}


rule table_distillation:
    """Table: failures of every arm, single shot and best of n, and the share that it closes."""
    input:
        code=code("table_distillation"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
    output:
        **DISTILLED_FILES["table_distillation"],
    log:
        f"logs/{TRACK_NAME}/table_distillation.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=[f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()],
            seed=config["seed"],
        ),
    shell:
        run("teachers", "policies", to=TABLE)


rule table_method_comparison:
    """Table: paired contrasts between the arms, with tests and the prompts needed."""
    input:
        code=code("table_method_comparison"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
    output:
        **DISTILLED_FILES["table_method_comparison"],
    log:
        f"logs/{TRACK_NAME}/table_method_comparison.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=[f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()],
            seed=config["seed"],
        ),
    shell:
        run("teachers", "policies", to=TABLE)


rule measure_pitch:
    """Pitch and its spread of every candidate."""
    input:
        code=code("measure_pitch"),
        audio=all_shards("audio"),
    output:
        f"{DATA}/pitch/{{voice}}/{{prompt_set}}.parquet",
    log:
        f"logs/{TRACK_NAME}/measure_pitch/{{voice}}/{{prompt_set}}.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("audio", to="output")


rule table_guards:
    """Table: whether training has changed duration, pace and pitch, with equivalence tests."""
    input:
        code=code("table_guards"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
        pitches=judged([*DISTILLATION["systems"], *FINAL], folder="pitch"),
    output:
        **DISTILLED_FILES["table_guards"],
    log:
        f"logs/{TRACK_NAME}/table_guards.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=[f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()],
        ),
    shell:
        run("teachers", "policies", "pitches", to=TABLE)


rule table_gain_by_prompt:
    """Table: failures by difficulty and category of the prompt."""
    input:
        code=code("table_gain_by_prompt"),
        teachers=judged(DISTILLATION["systems"]),
        policies=judged(FINAL),
    output:
        **DISTILLED_FILES["table_gain_by_prompt"],
    log:
        f"logs/{TRACK_NAME}/table_gain_by_prompt.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            arms=[f"{name}={policy.system}={policy.arm}" for name, policy in FINAL.items()],
        ),
    shell:
        run("teachers", "policies", to=TABLE)


rule table_budgets:
    """Table: candidates, examples, sequences and seconds that each training had."""
    input:
        code=code("table_budgets"),
        trainings=expand(
            f"{DATA}/policies/{{name}}/training.json",
            name=[name for name, policy in POLICIES.items() if policy.is_trained],
        ),
    output:
        **DISTILLED_FILES["table_budgets"],
    log:
        f"logs/{TRACK_NAME}/table_budgets.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("trainings", to=TABLE)


rule distillation_gain:
    """Figure: failure rate of every arm beside its teacher's."""
    input:
        code=code("plot_distillation_gain"),
        table=DISTILLED_FILES["table_distillation"]["csv"],
    output:
        **DISTILLED_FILES["distillation_gain"],
    log:
        f"logs/{TRACK_NAME}/distillation_gain.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("table", to=("pdf", "png"))


rule training_curves:
    """Figure: loss and accuracy by step of every training."""
    input:
        code=code("plot_training_curves"),
        curves=expand(f"{DATA}/policies/{{name}}/curve.csv", name=TRAINED),
        facts=expand(f"{DATA}/policies/{{name}}/training.json", name=TRAINED),
    output:
        **DISTILLED_FILES["training_curves"],
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


rule distillation:
    """Every figure and table of distillation."""
    input:
        [file for files in DISTILLED_FILES.values() for file in files.values()],
    localrule: True
