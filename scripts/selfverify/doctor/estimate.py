"""Time and disk that a track takes on CPU cores: counts of params.yaml times measured rates.

Rates are sums over the job records of the mini track's full run (data/mini/provenance: 6,854 s of
jobs on two cores of a server) by the candidates that the jobs made. Distillation is not counted.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

# Seconds of a core a candidate: 1,344 candidates a system.
SAMPLE_S = {"llasa": 0.16, "orpheus": 0.26, "csm": 0.16}
DECODE_S = {"xcodec2": 0.07, "snac": 0.16, "mimi": 0.28}
HEAR_S = {"openai-whisper": 0.59, "faster-whisper": 0.61, "moonshine": 0.18}
OTHER_S = 0.5  # of a recogniser without a record
VOICE_S = 0.25  # of a reference: spoken, and once through each codec
JOB_S = 2.0  # to start one, import what it needs and load its models
NUM_SUMMARIES = 20  # figures and tables, a job each
PLAN_S = 12.0  # of Snakemake and of the commit to DVC, once
CANDIDATE_KB = 75.0  # FLAC, codes and transcripts, twice: in the folder and in DVC's cache


@dataclass(frozen=True)
class Estimate:
    """What a whole run of a track takes."""

    num_candidates: int
    num_jobs: int
    core_s: float  # of all jobs together
    wall_s: float  # with the cores that there are
    disk_gb: float


def estimate_cpu(track: dict[str, Any], num_cores: int) -> Estimate:
    """Returns time and space of `snakemake all` for a track whose models run on the CPU.

    Args:
        track: that part of params.yaml, checked.
        num_cores: that jobs run on, side by side.
    """
    sets = track["prompt_sets"].values()
    prompts = sum(entry["num_utterances"] for entry in sets)
    shards = sum(entry["num_shards"] for entry in sets)
    systems, codecs = track["systems"].values(), track["codecs"]
    drawn = prompts * track["pool_size"]
    seconds = sum(
        drawn * (SAMPLE_S[s["adapter"]] + DECODE_S.get(codecs[s["codec"]]["adapter"], 0.1))
        for s in systems
    )
    heard = drawn * len(systems) + prompts * (len(codecs) + 2)
    listeners = [track["recognisers"][n] for n in {track["verifier"], track["evaluator"]}]
    seconds += heard * sum(HEAR_S.get(entry["adapter"], OTHER_S) for entry in listeners)
    seconds += prompts * (len(codecs) + 1) * VOICE_S
    voices = len(systems) + len(codecs) + 2
    num_jobs = shards * (2 * len(systems) + len(codecs) + 2 + len(listeners) * voices)
    num_jobs += len(track["prompt_sets"]) * (2 * voices + 1) + NUM_SUMMARIES + 2 * len(systems)
    core_s = seconds + num_jobs * JOB_S
    return Estimate(
        num_candidates=drawn * len(systems),
        num_jobs=num_jobs,
        core_s=core_s,
        wall_s=PLAN_S + core_s / num_cores,
        disk_gb=2 * heard * CANDIDATE_KB / 1e6,
    )


def in_words(seconds: float) -> str:
    """Returns a duration for people, such as 55 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = ceil(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{seconds / 3600:.1f} h"
