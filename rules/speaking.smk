"""What policies of spending cost, and what `selfverify speak` starts from; by name, not in `all`.

in:  data/{track}/verdicts, for the policies
     data/{track}/prompts/train.parquet, which nothing is evaluated with, for the calibration
out: data/{track}/results/policy_costs.csv, figures/{track}/failure_cost.*, table_policies.*
     data/{track}/results/speak_{system}.json
"""

POLICY_COSTS = f"{DATA}/results/policy_costs.csv"
POLICY_FILES = {
    "failure_cost": figure_files("failure_cost", pdf="pdf", png="png"),
    "table_policies": figure_files("table_policies", csv="csv", markdown="md", latex="tex"),
}


rule tabulate_policies:
    """Failure rate and cost of each policy of spending, exact expectations on the pools."""
    input:
        code=code("tabulate_policies"),
        verdicts=[f for system in TRACK["systems"] for f in judged([system])],
    output:
        POLICY_COSTS,
    log:
        f"logs/{TRACK_NAME}/tabulate_policies.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            num_draws=TRACK["best_of"],
            max_share=config["metric"]["runaway_share"],
        ),
    shell:
        run("verdicts", to="output")


rule failure_cost:
    """Figure: failure rate against cost, for each policy of spending."""
    input:
        code=code("plot_failure_cost"),
        costs=POLICY_COSTS,
    output:
        **POLICY_FILES["failure_cost"],
    log:
        f"logs/{TRACK_NAME}/failure_cost.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=list(TRACK["systems"]),
        ),
    shell:
        run("costs", to=("pdf", "png"))


rule table_policies:
    """Table: failure rate, draws and cost of each policy of spending, and what an oracle leaves."""
    input:
        code=code("table_policies"),
        costs=POLICY_COSTS,
    output:
        **POLICY_FILES["table_policies"],
    log:
        f"logs/{TRACK_NAME}/table_policies.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("costs", to=TABLE)


rule calibrate_system:
    """Failure rate by temperature and n on a calibration pool, and the pair to start from."""
    input:
        code=code("calibrate_speak", SYSTEMS, of_system("adapter")),
        prompts=f"{DATA}/prompts/train.parquet",
        checkpoint=files_of(of_system("checkpoint")),
        codec_files=files_of(of_codec("checkpoint")),
        model=[
            file
            for role in ("verifier", "evaluator")
            for file in [TRACK["recognisers"][TRACK[role]]["model"]]
            if file == BUNDLED_WHISPER
        ],
    output:
        f"{DATA}/results/speak_{{system}}.json",
    log:
        f"logs/{TRACK_NAME}/calibrate_system/{{system}}.log",
    conda:
        "../envs/default.yaml"
    resources:
        gpu=GPU,
    params:
        options(
            num_prompts=15,  # the first: one of each category
            pool_size=4,
            temperatures=[0.3, 0.5, 0.65, 0.8, 1.0],
            system="{system}",
            adapter=of_system("adapter"),
            checkpoint=of_system("checkpoint"),
            dtype=of_system("dtype"),
            voice=of_system("voice", ""),
            sampling=lambda wildcards: sampling_settings(SPEAKERS[wildcards.system]),
            batch_size=of_system("batch_size"),
            codec_adapter=of_codec("adapter"),
            codec=of_codec("checkpoint"),
            verifier=lambda wildcards: recogniser_options("verifier"),
            evaluator=lambda wildcards: recogniser_options("evaluator"),
            thresholds=THRESHOLDS,
            base_seed=config["seed"],
            device=TRACK["device"],
        ),
    shell:
        run("prompts", to="output")


rule calibrate_speak:
    """Temperature and n that `selfverify speak` starts from, for each system of the track."""
    input:
        expand(f"{DATA}/results/speak_{{system}}.json", system=TRACK["systems"]),
    localrule: True
