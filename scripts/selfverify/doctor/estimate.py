"""Time and disk that a track takes on CPU cores: counts of params.yaml times measured rates.

Rates are seconds of the jobs of the mini track's recorded run, two at a time on two cores of a
server, by the candidates that they made (`selfverify doctor --json` has those of the run that is
recorded now); those of openai-whisper and faster-whisper are of a run before.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

from selfverify.doctor.distilled import Distilled, count_distilled

# Seconds of a core a candidate, of the whole run; of llasa between its two, .09 and .32.
SAMPLE_S = {"llasa": 0.13, "orpheus": 0.12, "csm": 0.06}
DECODE_S = {"xcodec2": 0.05, "snac": 0.21, "mimi": 0.18}
HEAR_S = {
    "openai-whisper": 0.59,
    "faster-whisper": 0.61,
    "openvino-whisper": 0.25,
    "moonshine": 0.095,
}
OTHER_S = 0.5  # of a recogniser without a record
MEASURE_S = 0.07  # voice and entropy of what policies say
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
    distilled = count_distilled(track)
    to_learn, to_compare = distilled.to_learn.total(), distilled.to_compare.total()
    candidates = _candidates(track, distilled)
    prompts = sum(entry["num_utterances"] for entry in track["prompt_sets"].values())
    references = prompts * (len(track["codecs"]) + 1)
    shards = sum(entry["num_shards"] for entry in track["prompt_sets"].values())
    twice = sum(candidates.values()) - to_learn - to_compare + references
    twice += shards * CORRUPTED_A_SHARD  # heard by the verifier and the evaluator
    verifier_s, evaluator_s = (_hear_s(track, role) for role in ("verifier", "evaluator"))
    is_one = track["verifier"] == track["evaluator"]
    seconds = distilled.training_s + references * VOICE_S + _speaking_s(track, candidates)
    seconds += twice * (verifier_s + (0 if is_one else evaluator_s))
    seconds += to_learn * verifier_s + to_compare * (evaluator_s + MEASURE_S)
    num_jobs = _num_jobs(track) + distilled.num_jobs
    core_s = seconds + num_jobs * JOB_S
    return Estimate(
        num_candidates=sum(candidates.values()),
        num_jobs=num_jobs,
        core_s=core_s,
        wall_s=PLAN_S + core_s / num_cores,
        disk_gb=2 * (twice + to_learn + to_compare) * CANDIDATE_KB / 1e6,
    )


def _candidates(track: dict[str, Any], distilled: Distilled) -> dict[str, int]:
    """What is drawn of each system and of its policies."""
    drawn = track["pool_size"] * sum(e["num_utterances"] for e in track["prompt_sets"].values())
    if "calibration" in track:
        drawn += track["calibration"]["num_utterances"] * track["calibration"]["pool_size"]
    return {
        name: drawn + distilled.to_learn[name] + distilled.to_compare[name]
        for name in track["systems"]
    }


def _speaking_s(track: dict[str, Any], candidates: dict[str, int]) -> float:
    """Seconds of a core that drawing and decoding take."""
    seconds = 0.0
    for name, entry in track["systems"].items():
        decode_s = DECODE_S.get(track["codecs"][entry["codec"]]["adapter"], 0.1)
        sample_s = SAMPLE_S.get(entry["adapter"], 0.1)
        seconds += candidates[name] * (sample_s + decode_s)
    return seconds


def _num_jobs(track: dict[str, Any]) -> int:
    """Jobs of a run without distillation."""
    sets, systems = track["prompt_sets"].values(), len(track["systems"])
    shards = sum(entry["num_shards"] for entry in sets)
    voices = systems + len(track["codecs"]) + 2
    listeners = len({track["verifier"], track["evaluator"]})
    num_jobs = shards * (voices + systems + listeners * voices)
    num_jobs += len(sets) * (2 * voices + 1) + NUM_SUMMARIES + 2 * systems
    if "calibration" in track:
        num_jobs += track["calibration"]["num_shards"] * systems * (2 + listeners)
    return num_jobs


def _hear_s(track: dict[str, Any], role: str) -> float:
    """Seconds of a core that the verifier or the evaluator takes a clip."""
    return HEAR_S.get(track["recognisers"][track[role]]["adapter"], OTHER_S)


def in_words(seconds: float) -> str:
    """Returns a duration for people, such as 55 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = ceil(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{seconds / 3600:.1f} h"
