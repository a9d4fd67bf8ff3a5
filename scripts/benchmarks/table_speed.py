"""The table: sampling and recognition against the packages' own loops."""

import json
import platform
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import whisper

from selfverify.asr import load_recogniser
from selfverify.audio.voice import load_voice, speak
from selfverify.benchmarks.speed import (
    compare,
    generate_one_by_one,
    heard_alike,
    sample_batches,
    texts_of,
)
from selfverify.results.markup import TableFiles, write_shown
from selfverify.speaking.setup import read_setup
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_records, write_csv
from selfverify.systems import load_system
from selfverify.systems.base import SamplingRequest, SamplingSettings
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch

ONE_IN = 8  # of the candidates, those that `generate` draws too


def table_speed(
    *,
    prompts: Path,
    systems: list[str],
    verifier: str,
    evaluator: str,
    whisper_model: str,
    num_candidates: int,
    num_clips: int,
    num_repeats: int,
    files: TableFiles,
) -> None:
    """Writes a row per system and recogniser.

    Args:
        prompts: of which the first are said.
        systems: names; each against `generate`, one text and one candidate at a time.
        verifier: what loads it, as JSON; against `transcribe` of OpenAI's package.
        evaluator: the same; against itself, clip by clip.
        whisper_model: of OpenAI's package.
        num_candidates: drawn a repeat.
        num_clips: heard a repeat.
        num_repeats: of which the median counts.
        files: the table.
    """
    set_up_torch(1)
    utterances = read_records(Utterance, prompts)
    texts = list(islice(cycle(u.text for u in utterances), num_candidates))
    rows = [_of_system(name, texts, num_repeats) for name in systems]
    voice = load_voice()
    clips = [speak(voice, u.spoken[0].capitalize()) for u in utterances[:num_clips]]
    verifying, evaluating = json.loads(verifier), json.loads(evaluator)
    theirs = _by_transcribe(whisper_model, clips)
    rows.append(_of_recogniser(verifying, "transcribe", theirs, clips, num_repeats))
    theirs = _clip_by_clip(evaluating, clips)
    rows.append(_of_recogniser(evaluating, "clip by clip", theirs, clips, num_repeats))
    write_csv(pd.DataFrame(rows), files.csv)
    note = NOTE.format(machine=platform.processor() or platform.machine(), n=num_repeats)
    write_shown(pd.DataFrame(map(_shown, rows)), note, files)


def _of_system(name: str, texts: list[str], num_repeats: int) -> dict[str, Any]:
    setup = read_setup(name)
    entry = setup.system
    system = load_system(entry["adapter"], setup.checkpoint, dtype=entry["dtype"])
    settings = SamplingSettings(
        entry["temperature"], entry["top_p"], entry["top_k"], entry["max_audio_s"]
    )
    requests = [SamplingRequest(text, seed) for seed, text in enumerate(texts)]
    found = compare(
        lambda: generate_one_by_one(system, entry["adapter"], requests[::ONE_IN], settings),
        lambda: sample_batches(system, requests, settings, entry["batch_size"]),
        num_repeats,
    )
    return {"what": f"sampling, {name}", "against": "generate", "unit": "frame"} | found


def _by_transcribe(model: str, clips: list[np.ndarray]) -> Callable[[], list[str]]:
    """OpenAI's package as its README shows it."""
    theirs = whisper.load_model(model)
    return lambda: [
        str(theirs.transcribe(clip, language="en", fp16=False)["text"]) for clip in clips
    ]


def _clip_by_clip(entry: dict[str, Any], clips: list[np.ndarray]) -> Callable[[], list[str]]:
    alone: dict[str, Any] = entry | {"batch_size": 1}
    single = load_recogniser(**alone)
    return lambda: [text for clip in clips for text in texts_of(single, [clip])]


def _of_recogniser(
    entry: dict[str, Any],
    against: str,
    theirs: Callable[[], list[str]],
    clips: list[np.ndarray],
    num_repeats: int,
) -> dict[str, Any]:
    recogniser = load_recogniser(**entry)
    heard: dict[str, list[str]] = {}

    def counted(name: str, listen: Callable[[], list[str]]) -> int:
        heard[name] = listen()
        return len(clips)

    found = compare(
        lambda: counted("theirs", theirs),
        lambda: counted("ours", lambda: texts_of(recogniser, clips)),
        num_repeats,
    )
    keys = {"what": f"recognition, {entry['adapter']}", "against": against, "unit": "clip"}
    alike = {"alike": heard_alike(heard["ours"], heard["theirs"]), "num_clips": len(clips)}
    return keys | found | alike


def _shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "what": row["what"],
        "against": row["against"],
        "CPU ms a unit": f"{1e3 * row['theirs_s']:.1f} → {1e3 * row['ours_s']:.1f} a {row['unit']}",
        "times faster": f"{row['ratio']:.1f} [{row['ratio_low']:.1f}, {row['ratio_high']:.1f}]",
        "same text": f"{row['alike']}/{row['num_clips']}" if "alike" in row else "",
    }


NOTE = (
    "CPU seconds of one thread on {machine}, the two loops taking turns; medians of {n} repeats "
    "and the range of their ratios. The two sample with other random numbers: frames are counted."
)


if __name__ == "__main__":
    run_script(table_speed)
