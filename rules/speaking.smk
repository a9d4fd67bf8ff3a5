"""What `selfverify speak` starts from; by name, not part of `all`.

in:  data/{track}/prompts/train.parquet, which nothing is evaluated with
out: data/{track}/results/speak_{system}.json
"""

import json


def recogniser_options(role):
    """What loads the track's verifier or evaluator, as JSON."""
    entry = TRACK["recognisers"][TRACK[role]]
    loaded = {key: value for key, value in entry.items() if key != "hub"}
    device = {} if TRACK["device"] == "cpu" else {"device": TRACK["device"]}
    return json.dumps(loaded | device | {"language": config["metric"]["language"]})


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
