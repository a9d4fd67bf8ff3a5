"""From prompt sets to every figure and table of the study, `snakemake all`.

The rules stand in the order of the study; what each makes is in data/README.md.
"""

from snakemake.utils import min_version

min_version("9.18")


configfile: "params.yaml"


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/prompts.smk"


if LIBRISPEECH_SETS:

    include: "rules/librispeech.smk"


include: "rules/checkpoints.smk"
include: "rules/sampling.smk"
include: "rules/audio.smk"
include: "rules/recognition.smk"
include: "rules/verdicts.smk"
include: "rules/results.smk"
include: "rules/figures.smk"
include: "rules/tables.smk"
include: "rules/listening.smk"
include: "rules/scorer.smk"


if ADVERSARIAL_SETS:

    include: "rules/adversarial.smk"


if POLICIES:

    include: "rules/policies.smk"
    include: "rules/distillation.smk"
    include: "rules/comparison.smk"


include: "rules/likelihood.smk"
include: "rules/speaking.smk"
include: "rules/document.smk"
include: "rules/metadata.smk"
include: "rules/verification.smk"
include: "rules/pretraining.smk"
include: "rules/benchmarks.smk"
include: "rules/studies.smk"
include: "rules/stages.smk"
include: "rules/versioning.smk"


rule all:
    """Every figure and table of the track."""
    default_target: True
    # The small results and figures are in git, the data behind them are not: ask for all of it, or
    # a fresh clone would have nothing to do.
    input:
        [file for stage in STAGES for file in stage.files],
        record_again(STAGES),
    localrule: True
