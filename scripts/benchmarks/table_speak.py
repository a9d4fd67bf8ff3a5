"""`selfverify speak` end to end: cost against a single shot, and latency."""

import time
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.results.markup import as_markdown
from selfverify.speaking.speaker import Speaker
from selfverify.storage.files import atomic_path
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_records, write_csv
from selfverify.workflow.script import run_script


def table_speak(
    *, prompts: Path, systems: list[str], num_prompts: int, csv: Path, markdown: Path
) -> None:
    """Writes a row per system; the models are loaded before any clock starts.

    Single shot: the same system and sampler draws once and decodes, no recogniser. Latency: from a
    text, given alone, to its first verified segment. CPU seconds count all threads.

    Args:
        prompts: what is spoken.
        systems: names.
        num_prompts: how many, the first.
        csv: table to write.
        markdown: the same for readers.
    """
    texts = [u.text for u in read_records(Utterance, prompts)[:num_prompts]]
    table = pd.DataFrame([measure(system, texts) for system in systems])
    write_csv(table, csv)
    with atomic_path(markdown) as temporary:
        temporary.write_text(as_markdown(table.round(3).astype(str)) + "\n")


def measure(system: str, texts: list[str]) -> dict[str, object]:
    """Returns what one system's speaker takes for the texts."""
    speaker = Speaker(system)
    split = [(str(i), speaker.split(text)) for i, text in enumerate(texts)]
    first = next(iter(speaker.segments(split[:1])))  # warm
    del first
    started_cpu_s, started_s = time.process_time(), time.perf_counter()
    segments = list(speaker.segments(split))
    cpu_s, wall_s = time.process_time() - started_cpu_s, time.perf_counter() - started_s
    started_cpu_s = time.process_time()
    speaker.draw_unverified(split)
    single_cpu_s = time.process_time() - started_cpu_s
    latencies = []
    for one in split:
        started_s = time.perf_counter()
        next(iter(speaker.segments([one])))
        latencies.append(time.perf_counter() - started_s)
    audio_s = sum(len(s.audio) for s in segments) / speaker.sample_rate
    return {
        "system": system,
        "segments": len(segments),
        "verified": sum(s.is_verified for s in segments),
        "mean_draws": np.mean([len(s.takes) for s in segments]),
        "cpu_s": cpu_s,
        "single_cpu_s": single_cpu_s,
        "cost": cpu_s / single_cpu_s,
        "real_time_factor": wall_s / audio_s,
        "latency_p50_s": np.percentile(latencies, 50),
        "latency_p95_s": np.percentile(latencies, 95),
    }


if __name__ == "__main__":
    run_script(table_speak)
