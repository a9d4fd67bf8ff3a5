"""Time and disk that a track takes on CPU cores: counts of params.yaml times measured rates.

Rates are seconds of the jobs of the mini track's recorded run, two at a time on two cores of a
server, by the candidates that they made (`selfverify doctor --json` has those of the run that is
recorded now); those of openai-whisper and faster-whisper are of a run before. Distillation is not
counted.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

# Seconds of a core a candidate: 3,096 a system, of llasa the mean of its two.
SAMPLE_S = {"llasa": 0.21, "orpheus": 0.14, "csm": 0.07}
DECODE_S = {"xcodec2": 0.10, "snac": 0.17, "mimi": 0.29}
HEAR_S = {
    "openai-whisper": 0.59,
    "faster-whisper": 0.61,
    "openvino-whisper": 0.23,
    "moonshine": 0.11,
}
OTHER_S = 0.5  # of a recogniser without a record
VOICE_S = 0.25  # of a reference: spoken, and once through each codec
CORRUPTED_A_SHARD = 240  # clips with failures made on purpose: 12 kinds of 20 prompts
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
    sets = list(track["prompt_sets"].values())
    prompts = sum(entry["num_utterances"] for entry in sets)
    shards = sum(entry["num_shards"] for entry in sets)
    systems, codecs = track["systems"].values(), track["codecs"]
    calibration = track.get("calibration", {"num_utterances": 0, "num_shards": 0, "pool_size": 0})
    drawn = prompts * track["pool_size"]
    drawn += calibration["num_utterances"] * calibration["pool_size"]
    seconds = sum(
        drawn * (SAMPLE_S[s["adapter"]] + DECODE_S.get(codecs[s["codec"]]["adapter"], 0.1))
        for s in systems
    )
    heard = drawn * len(systems) + prompts * (len(codecs) + 1) + shards * CORRUPTED_A_SHARD
    listeners = [track["recognisers"][n] for n in {track["verifier"], track["evaluator"]}]
    seconds += heard * sum(HEAR_S.get(entry["adapter"], OTHER_S) for entry in listeners)
    seconds += prompts * (len(codecs) + 1) * VOICE_S
    voices = len(systems) + len(codecs) + 2
    num_jobs = shards * (2 * len(systems) + len(codecs) + 2 + len(listeners) * voices)
    num_jobs += calibration["num_shards"] * len(systems) * (2 + len(listeners))
    num_jobs += len(sets) * (2 * voices + 1) + NUM_SUMMARIES + 2 * len(systems)
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
