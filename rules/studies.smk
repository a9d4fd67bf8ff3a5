"""What the published studies say together; by name, not part of `all`.

in:  figures/{study}/table_{method_comparison,distillation}.csv, as git has them
out: figures/studies/table_{verification_gain,training_spread}.{csv,md,tex}
     figures/studies/verification_gain.{pdf,png}
"""

# Those that declare a contrast of verified with random own candidates.
STUDIES = ("mini", "online", "teacher", "frames", "gain", "slower", "rounds", "eight", "large")
COMPARISONS = [f"figures/{study}/table_method_comparison.csv" for study in STUDIES]
# What params.eight.yaml declared the mean of.
GROUP = (
    "mini=mini-llasa=sft-from-cooler",
    "teacher=mini-llasa=sft-from-cooler",
    "gain=mini-llasa=sft-gain",
    "eight=mini-llasa=sft-gain",
)
DISTILLATIONS = [f"figures/{study}/table_distillation.csv" for study in STUDIES]


rule table_verification_gain:
    """Table: what verification adds to SFT, in every study and in the mean over all."""
    input:
        code=code("table_verification_gain"),
    output:
        csv="figures/studies/table_verification_gain.csv",
        markdown="figures/studies/table_verification_gain.md",
        latex="figures/studies/table_verification_gain.tex",
    log:
        "logs/studies/table_verification_gain.log",
    conda:
        "../envs/default.yaml"
    params:
        # No inputs: of the study that is configured the table would be made anew first, and all
        # that it needs, which a clone does not have. After a study was published:
        # `snakemake verification_gain --forcerun table_verification_gain`.
        options(
            studies=STUDIES,
            comparisons=COMPARISONS,
            group=GROUP,
        ),
    shell:
        run(to=TABLE)


rule verification_gain:
    """Figure: what verification adds to SFT, in every study and in the mean over all."""
    input:
        code=code("plot_verification_gain"),
        table=rules.table_verification_gain.output.csv,
    output:
        pdf="figures/studies/verification_gain.pdf",
        png="figures/studies/verification_gain.png",
    log:
        "logs/studies/verification_gain.log",
    conda:
        "../envs/default.yaml"
    params:
        options(
            systems=lambda wildcards: list(config["tracks"]["mini"]["systems"]),
        ),
    shell:
        run("table", to=("pdf", "png"))


rule table_training_spread:
    """Table: how far trainings of one arm lie apart, and how many tell two arms apart."""
    input:
        code=code("table_training_spread"),
    output:
        csv="figures/studies/table_training_spread.csv",
        markdown="figures/studies/table_training_spread.md",
        latex="figures/studies/table_training_spread.tex",
    log:
        "logs/studies/table_training_spread.log",
    conda:
        "../envs/default.yaml"
    params:
        # no inputs, for the same reason
        options(
            distillations=DISTILLATIONS,
        ),
    shell:
        run(to=TABLE)
