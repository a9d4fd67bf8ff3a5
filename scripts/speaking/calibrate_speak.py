"""Temperature and n that `selfverify speak` starts from, by a calibration pool of one system."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from selfverify.asr import load_recogniser
from selfverify.asr.base import Recogniser
from selfverify.asr.clips import transcribe_clips
from selfverify.audio.clips import describe_clip
from selfverify.codecs import load_codec
from selfverify.metric.content import content_error
from selfverify.metric.taxonomy import Evidence, Thresholds, judge
from selfverify.sampling.pools import draw_pools
from selfverify.selection.best_of_n import selection_score
from selfverify.speaking.calibration import Pools, calibrate, choose
from selfverify.storage.checkpoints import CHECKSUMS, file_sha256
from selfverify.storage.files import atomic_path
from selfverify.storage.records import Clip, Utterance, Verdict
from selfverify.storage.tables import read_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingSettings
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def calibrate_speak(
    *,
    prompts: Path,
    num_prompts: int,
    pool_size: int,
    temperatures: list[float],
    system: str,
    adapter: str,
    checkpoint: Path,
    dtype: str,
    voice: str = "",
    sampling: SamplingSettings,
    batch_size: int,
    codec_adapter: str,
    codec: Path,
    verifier: str,
    evaluator: str,
    thresholds: Thresholds,
    base_seed: int,
    device: str,
    output: Path,
) -> None:
    """Writes the chosen pair, and what every pair does on the calibration pool.

    Args:
        prompts: a prompt set that nothing is evaluated with; its categories are in turn.
        num_prompts: how many of them, the first.
        pool_size: candidates of a prompt at each temperature, and the largest n.
        temperatures: to try.
        system: its name, part of each candidate's seed.
        adapter: of the system.
        checkpoint: of the system.
        dtype: of its weights, a name of torch's.
        voice: the speaker, for systems that have several.
        sampling: all but the temperature.
        batch_size: candidates sampled at once.
        codec_adapter: of the codec.
        codec: its checkpoint.
        verifier: the recogniser that selects, as JSON: what params.yaml has on it.
        evaluator: the recogniser that reports, likewise.
        thresholds: of the metric.
        base_seed: of the study; these candidates have seeds of their own.
        device: "cpu" or "cuda".
        output: JSON file to write.
    """
    set_up_torch()
    utterances = read_records(Utterance, prompts)[:num_prompts]
    speaker = load_system(adapter, checkpoint, voice=voice, device=device, dtype=dtype)
    decoder = load_codec(codec_adapter, codec, device=device)
    recognisers = [load_recogniser(**json.loads(text)) for text in (verifier, evaluator)]
    pools = []
    for temperature in temperatures:
        pool = draw_pools(
            speaker, utterances, replace(sampling, temperature=temperature),
            name=f"{system}/calibration/{temperature}", identity="", pool_size=pool_size,
            base_seed=base_seed, batch_size=batch_size,
        )  # fmt: skip
        waveforms = decoder.decode([np.array(c.codes, dtype=np.int64) for c in pool])
        clips = [
            describe_clip(
                c.utterance_id, c.candidate_index, audio, decoder.sample_rate, c.stop_reason
            )
            for c, audio in zip(pool, waveforms, strict=True)
        ]
        pools.append(_judged(temperature, clips, utterances, recognisers, thresholds))
    cells = calibrate(pools)
    listing = checkpoint / CHECKSUMS
    result = {
        "system": system,
        "checkpoint_sha256": file_sha256(listing) if listing.exists() else "",
        "num_prompts": len(utterances),
        "pool_size": pool_size,
        "start": {key: asdict(choose(cells))[key] for key in ("temperature", "n")},
        "cells": [asdict(cell) for cell in cells],
    }
    with atomic_path(output) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")


def _judged(
    temperature: float,
    clips: list[Clip],
    utterances: list[Utterance],
    recognisers: list[Recogniser],
    thresholds: Thresholds,
) -> Pools:
    by_id = {u.utterance_id: u for u in utterances}
    verified, evaluated = (
        [
            _judge(clip, by_id[clip.utterance_id], transcript.hypothesis, thresholds)
            for clip, transcript in zip(
                clips,
                transcribe_clips(
                    recogniser, clips, min_speech_s=thresholds.min_speech_s, name=str(temperature)
                ),
                strict=True,
            )
        ]
        for recogniser in recognisers
    )
    shape = (len(utterances), -1)
    cer = np.array([verdict.cer for verdict in verified])
    refused = np.array([verdict.is_catastrophic for verdict in verified])
    return Pools(
        temperature,
        selection_score(cer, refused).reshape(shape),
        np.array([verdict.is_catastrophic for verdict in evaluated]).reshape(shape),
        np.array([clip.duration_s for clip in clips]).reshape(shape),
    )


def _judge(clip: Clip, utterance: Utterance, text: str, thresholds: Thresholds) -> Verdict:
    error = content_error(list(utterance.spoken), text)
    evidence = Evidence(
        clip.stop_reason, clip.duration_s, clip.speech_s, utterance.expected_s, error, clip.rms_db
    )
    return judge(evidence, thresholds)


if __name__ == "__main__":
    run_script(calibrate_speak)
