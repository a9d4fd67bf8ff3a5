"""What policies of spending cost, and what `selfverify speak` starts from.

in:  data/{track}/verdicts
out: data/{track}/results/policy_costs.csv, figures/{track}/failure_cost.*, table_policies.*,
     table_rerolls.*
     data/{track}/results/speak_{system}.json, where there are prompts of calibration
     by name alone (docs/speak.md):
     data/{track}/temperatures/{system}.parquet, results/speak_temperatures_{system}.json,
     figures/{track}/failure_temperature.*, table_temperatures.*, `calibrate_speak`
     data/{track}/listening/speak.html, figures/{track}/table_speak_page.*, `speak_page`
     data/{track}/second/, figures/{track}/table_verifiers.*
"""

POLICY_COSTS = f"{DATA}/results/policy_costs.csv"
FIGURE_FILES |= {
    "failure_cost": figure_files("failure_cost", pdf="pdf", png="png"),
    "table_policies": figure_files("table_policies", csv="csv", markdown="md", latex="tex"),
    "table_rerolls": figure_files("table_rerolls", csv="csv", markdown="md", latex="tex"),
}
# System → what its speaker starts from.
STARTS = {
    system: f"{DATA}/results/speak_{system}.json" for system in TRACK["systems"] if CALIBRATION_SETS
}
# The same where its temperature was tried too, which `speak` prefers.
TEMPERATURES = [f"{DATA}/results/speak_temperatures_{system}.json" for system in TRACK["systems"]]
FIRST_SYSTEM = next(iter(TRACK["systems"].values()))  # which `speak_page` is of
RECOGNISER_MODELS = [model_files(TRACK[role]) for role in ("verifier", "evaluator")]


rule tabulate_policies:
    """Failure rate and cost of each policy of spending, exact expectations on the pools."""
    input:
        code=code("tabulate_policies"),
        verdicts=judged(TRACK["systems"]),
        starts=list(STARTS.values()),
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
        run("verdicts", *(["starts"] if STARTS else []), to="output")


rule failure_cost:
    """Figure: failure rate against cost, for each policy of spending."""
    input:
        code=code("plot_failure_cost"),
        costs=POLICY_COSTS,
    output:
        **reported("failure_cost"),
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
        **reported("table_policies"),
    log:
        f"logs/{TRACK_NAME}/table_policies.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            best_of=USUAL_N,
        ),
    shell:
        run("costs", to=TABLE)


rule table_rerolls:
    """Table: whether another draw of a prompt that failed fails again, and in the same way."""
    input:
        code=code("table_rerolls"),
        verdicts=judged(TRACK["systems"]),
    output:
        **reported("table_rerolls"),
    log:
        f"logs/{TRACK_NAME}/table_rerolls.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("verdicts", to=TABLE)


rule calibrate_system:
    """What `speak` starts from: n and limit that the system's calibration pool shows to be best."""
    input:
        code=code("calibrate_speak"),
        pools=f"{DATA}/verdicts/{{system}}/calibration.parquet",
        checkpoint=files_of(of_system("checkpoint")),
    output:
        f"{DATA}/results/speak_{{system}}.json",
    log:
        f"logs/{TRACK_NAME}/calibrate_system/{{system}}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            system="{system}",
            checkpoint=of_system("checkpoint"),
            temperature=of_system("temperature"),
        ),
    shell:
        run("pools", to="output")


# The rest by name, not in `all`: models are run again.


rule draw_temperatures:
    """A system's pools at five temperatures on prompts of calibration, by verifier and evaluator."""
    input:
        code=code("draw_temperatures", SYSTEMS, of_system("adapter")),
        prompts=f"{DATA}/prompts/{CALIBRATION_SETS[0] if CALIBRATION_SETS else 'train'}.parquet",
        checkpoint=files_of(of_system("checkpoint")),
        codec_files=files_of(of_codec("checkpoint")),
        model=RECOGNISER_MODELS,
    output:
        f"{DATA}/temperatures/{{system}}.parquet",
    log:
        f"logs/{TRACK_NAME}/draw_temperatures/{{system}}.log",
    conda:
        "../envs/default.yaml"
    resources:
        gpu=GPU,
    params:
        options(
            num_prompts=34,  # the first: two of each category
            pool_size=4,
            temperatures=[0.3, 0.5, 0.65, 0.8, 1.0],
            system="{system}",
            models={
                "adapter": of_system("adapter"),
                "checkpoint": of_system("checkpoint"),
                "dtype": of_system("dtype"),
                "codec_adapter": of_codec("adapter"),
                "codec": of_codec("checkpoint"),
                "verifier": recogniser_options("verifier"),
                "evaluator": recogniser_options("evaluator"),
                "voice": of_system("voice", ""),
                "device": TRACK["device"],
            },
            sampling=lambda wildcards: sampling_settings(SPEAKERS[wildcards.system]),
            batch_size=of_system("batch_size"),
            thresholds=THRESHOLDS,
            base_seed=config["seed"],
        ),
    shell:
        run("prompts", to="output", on_card=True)


rule calibrate_temperatures:
    """Temperature, n and limit that a system's pools at several temperatures show to be best."""
    input:
        code=code("calibrate_speak"),
        pools=f"{DATA}/temperatures/{{system}}.parquet",
        checkpoint=files_of(of_system("checkpoint")),
    output:
        f"{DATA}/results/speak_temperatures_{{system}}.json",
    log:
        f"logs/{TRACK_NAME}/calibrate_temperatures/{{system}}.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            system="{system}",
            checkpoint=of_system("checkpoint"),
        ),
    shell:
        run("pools", to="output")


rule failure_temperature:
    """Figure: failure rate against cost at each temperature, by system."""
    input:
        code=code("plot_failure_temperature"),
        calibrations=TEMPERATURES,
    output:
        **figure_files("failure_temperature", pdf="pdf", png="png"),
    log:
        f"logs/{TRACK_NAME}/failure_temperature.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("calibrations", to=("pdf", "png"))


rule table_temperatures:
    """Table: failures at each temperature, single, selected and never passing; retrying at another."""
    input:
        code=code("table_temperatures"),
        pools=expand(f"{DATA}/temperatures/{{system}}.parquet", system=TRACK["systems"]),
    output:
        **figure_files("table_temperatures", csv="csv", markdown="md", latex="tex"),
    log:
        f"logs/{TRACK_NAME}/table_temperatures.log",
    conda:
        "../envs/default.yaml"
    shell:
        run("pools", to=TABLE)


rule calibrate_speak:
    """What `selfverify speak` starts from, temperature included, for each system of the track."""
    input:
        TEMPERATURES,
        rules.failure_temperature.output,
        rules.table_temperatures.output,
    localrule: True


rule speak_page:
    """To listen to: 20 hard texts as a single shot and verified, scored by the evaluator."""
    input:
        code=code("speak_page"),
        prompts=f"{DATA}/prompts/hard.parquet",
        checkpoint=files_of(lambda wildcards: FIRST_SYSTEM["checkpoint"]),
        start=[*list(STARTS.values())[:1], *(f for f in TEMPERATURES[:1] if Path(f).exists())],
        model=RECOGNISER_MODELS,
    output:
        **figure_files("table_speak_page", csv="csv", markdown="md", latex="tex"),
        page=f"{DATA}/listening/speak.html",
    log:
        f"logs/{TRACK_NAME}/speak_page.log",
    conda:
        "../envs/default.yaml"
    resources:
        gpu=GPU,
    params:
        options(
            num_texts=20,  # the first: each category once, some twice
            system=next(iter(TRACK["systems"])),
            evaluator=recogniser_options("evaluator"),
            thresholds=THRESHOLDS,
        ),
    shell:
        run("prompts", to=("page", *TABLE))


if CALIBRATION_SETS and config["metric"]["language"] == "en":

    # A family that is neither the verifier's nor the evaluator's, whose word on it can be trusted.
    use rule transcribe as hear_by_second with:
        input:
            code=code("transcribe", RECOGNISERS, lambda wildcards: "pocketsphinx"),
            audio=f"{DATA}/audio/{{voice}}/{{prompt_set}}/{{shard}}.parquet",
        output:
            f"{DATA}/second/transcripts/{{voice}}/{{prompt_set}}/{{shard}}.parquet",
        log:
            f"logs/{TRACK_NAME}/hear_by_second/{{voice}}/{{prompt_set}}/{{shard}}.log",
        benchmark:
            f"logs/{TRACK_NAME}/hear_by_second/{{voice}}/{{prompt_set}}/{{shard}}.tsv"
        params:
            options(
                adapter="pocketsphinx",
                model="en-us",
                sha256="",
                language=config["metric"]["language"],
                min_speech_s=config["metric"]["min_speech_s"],
                batch_size=1,
                padding_s=0,
                device="cpu",
            ),

    use rule judge_candidates as judge_by_second with:
        input:
            code=code("judge_candidates"),
            prompts=f"{DATA}/prompts/{{prompt_set}}.parquet",
            audio=all_shards("audio"),
            verifier=all_shards("second/transcripts"),
            evaluator=all_shards(f"transcripts/{TRACK['evaluator']}"),
        output:
            f"{DATA}/second/verdicts/{{voice}}/{{prompt_set}}.parquet",
        log:
            f"logs/{TRACK_NAME}/judge_by_second/{{voice}}/{{prompt_set}}.log",

    rule table_verifiers:
        """Table: verifiers of one and of two families of recognisers on the calibration pools."""
        input:
            code=code("table_verifiers"),
            first=judged(TRACK["systems"], sets=CALIBRATION_SETS),
            second=judged(TRACK["systems"], folder="second/verdicts", sets=CALIBRATION_SETS),
        output:
            **figure_files("table_verifiers", csv="csv", markdown="md", latex="tex"),
        log:
            f"logs/{TRACK_NAME}/table_verifiers.log",
        conda:
            "../envs/default.yaml"
        params:
            options(
                num_draws=TRACK["calibration"]["pool_size"],
            ),
        shell:
            run("first", "second", to=TABLE)
