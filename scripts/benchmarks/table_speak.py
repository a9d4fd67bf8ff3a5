"""`selfverify speak` end to end: cost against a single shot, real-time factor, latency."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.speaking.speaker import Speaker
from selfverify.speaking.text import TextSegment
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_records, write_csv
from selfverify.workflow.script import run_script

Texts = Sequence[tuple[str, Sequence[TextSegment]]]


@dataclass
class Spent:
    """Seconds that something took."""

    cpu_s: float = 0.0  # of all threads
    wall_s: float = 0.0


def table_speak(
    *,
    prompts: Path,
    systems: list[str],
    num_prompts: int,
    num_draws: int,
    policies: list[str],
    verifiers: list[str],
    files: TableFiles,
) -> None:
    """Writes a row per system, policy and verifier; models are loaded before any clock starts.

    Single shot: the same system and sampler draws once and decodes, no recogniser. Latency: from a
    text, given alone, to its first verified segment.

    Args:
        prompts: what is spoken.
        systems: names.
        num_prompts: how many, the first.
        num_draws: n.
        policies: of spending, each with one family of recognisers.
        verifiers: of one and two families, each under the first policy.
        files: the table.
    """
    texts = [u.text for u in read_records(Utterance, prompts)[:num_prompts]]
    variants = [(policy, verifiers[0]) for policy in policies]
    variants += [(policies[0], verifier) for verifier in verifiers[1:]]
    rows = [
        {"system": system, "policy": policy, "verifier": verifier, "n": num_draws}
        | measure(Speaker(system, n=num_draws, policy=policy, verifier=verifier), texts)
        for system in systems
        for policy, verifier in variants
    ]
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE.format(n=num_prompts), files)


def measure(speaker: Speaker, texts: Sequence[str]) -> dict[str, float]:
    """Returns what a speaker takes for the texts, and for a single shot of each."""
    split = [(str(i), speaker.split(text)) for i, text in enumerate(texts)]
    next(iter(speaker.segments(split[:1])))  # warm
    with _clock() as verified:
        segments = list(speaker.segments(split))
    with _clock() as single:
        speaker.draw_unverified(split)
    latencies = [_latency(speaker, [one]) for one in split]
    audio_s = sum(len(s.audio) for s in segments) / speaker.sample_rate
    return {
        "num_segments": len(segments),
        "num_verified": sum(s.is_verified for s in segments),
        "mean_draws": float(np.mean([len(s.takes) for s in segments])),
        "cpu_s": verified.cpu_s,
        "single_cpu_s": single.cpu_s,
        "cost": verified.cpu_s / single.cpu_s,
        "cpu_per_audio_s": verified.cpu_s / audio_s,
        "real_time_factor": verified.wall_s / audio_s,
        **{
            f"latency_{name}_p{share}_s": float(np.percentile(seconds, share))
            for name, seconds in (
                ("cpu", [spent.cpu_s for spent in latencies]),
                ("wall", [spent.wall_s for spent in latencies]),
            )
            for share in (50, 95)
        },
    }


def _latency(speaker: Speaker, text: Texts) -> Spent:
    with _clock() as spent:
        next(iter(speaker.segments(text)))
    return spent


@contextmanager
def _clock() -> Iterator[Spent]:
    spent = Spent()
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    yield spent
    spent.cpu_s, spent.wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s


def _shown(row: dict[str, float]) -> dict[str, str]:
    return {
        "system": str(row["system"]),
        "policy": str(row["policy"]),
        "verifier": str(row["verifier"]),
        "verified": "{num_verified}/{num_segments}".format(**row),
        "draws": f"{row['mean_draws']:.2f}",
        "cost": f"{row['cost']:.2f}",
        "CPU s / s of audio": f"{row['cpu_per_audio_s']:.2f}",
        "real-time factor": f"{row['real_time_factor']:.2f}",
        "latency, CPU s": "{latency_cpu_p50_s:.2f}, {latency_cpu_p95_s:.2f}".format(**row),
        "latency, s": "{latency_wall_p50_s:.2f}, {latency_wall_p95_s:.2f}".format(**row),
    }


NOTE = (
    "The first {n} prompts. Cost: CPU seconds of drawing, decoding and listening; those of a "
    "single shot, drawing and decoding, are 1. Latency: to the first verified segment of a text "
    "given alone, p50 and p95. CPU seconds are of all threads; real-time factor and seconds are of "
    "this machine with all else that it does. Models are loaded before."
)


if __name__ == "__main__":
    run_script(table_speak)
