"""A system's pools at several temperatures on prompts of calibration, judged."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.asr import load_recogniser
from selfverify.asr.base import Recogniser
from selfverify.asr.clips import transcribe_clips
from selfverify.audio.clips import describe_clip
from selfverify.codecs import load_codec
from selfverify.codecs.base import Codec
from selfverify.metric.content import content_error
from selfverify.metric.taxonomy import Evidence, Thresholds, judge, verdict_columns
from selfverify.sampling.pools import draw_pools
from selfverify.storage.records import Candidate, Clip, Utterance
from selfverify.storage.tables import read_records, write_table
from selfverify.systems import load_system
from selfverify.systems.base import SamplingSettings, TTSSystem
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


@dataclass(frozen=True)
class Models:
    """What speaks and what listens."""

    adapter: str  # of the system
    checkpoint: Path
    dtype: str  # of its weights, a name of torch's
    codec_adapter: str
    codec: Path
    verifier: str  # the recogniser that selects, as JSON: what params.yaml has on it
    evaluator: str  # the recogniser that reports, likewise
    voice: str = ""  # the speaker, for systems that have several
    device: str = "cpu"


def draw_temperatures(
    *,
    prompts: Path,
    num_prompts: int,
    pool_size: int,
    temperatures: list[float],
    system: str,
    models: Models,
    sampling: SamplingSettings,
    batch_size: int,
    thresholds: Thresholds,
    base_seed: int,
    output: Path,
) -> None:
    """Writes verdicts with the column temperature, a row per candidate; models are loaded once.

    Args:
        prompts: a prompt set that nothing is evaluated with; its categories are in turn.
        num_prompts: how many of them, the first.
        pool_size: candidates of a prompt at each temperature.
        temperatures: to try.
        system: its name, part of each candidate's seed.
        models: what speaks and what listens.
        sampling: all but the temperature.
        batch_size: candidates sampled at once.
        thresholds: of the metric.
        base_seed: of the study; these candidates have seeds of their own.
        output: Parquet file to write.
    """
    set_up_torch()
    utterances = read_records(Utterance, prompts)[:num_prompts]
    speaker, codec, ears = _load(models)
    tables = []
    for temperature in temperatures:
        pool = draw_pools(
            speaker, utterances, replace(sampling, temperature=temperature),
            name=f"{system}/calibration/{temperature}", identity="", pool_size=pool_size,
            base_seed=base_seed, batch_size=batch_size,
        )  # fmt: skip
        clips = _decoded(pool, codec)
        tables.append(_judged(clips, utterances, ears, thresholds).assign(temperature=temperature))
    write_table(pd.concat(tables, ignore_index=True), output)


def _load(models: Models) -> tuple[TTSSystem, Codec, list[Recogniser]]:
    speaker = load_system(
        models.adapter, models.checkpoint, voice=models.voice, device=models.device,
        dtype=models.dtype,
    )  # fmt: skip
    codec = load_codec(models.codec_adapter, models.codec, device=models.device)
    return (
        speaker,
        codec,
        [load_recogniser(**json.loads(text)) for text in (models.verifier, models.evaluator)],
    )


def _decoded(pool: Sequence[Candidate], codec: Codec) -> list[Clip]:
    waveforms = codec.decode([np.array(c.codes, dtype=np.int64) for c in pool])
    return [
        describe_clip(c.utterance_id, c.candidate_index, audio, codec.sample_rate, c.stop_reason)
        for c, audio in zip(pool, waveforms, strict=True)
    ]


def _judged(
    clips: list[Clip],
    utterances: list[Utterance],
    ears: list[Recogniser],
    thresholds: Thresholds,
) -> pd.DataFrame:
    """Verdicts by verifier and evaluator with the columns of the study's."""
    by_id = {u.utterance_id: u for u in utterances}
    columns = [name for name in Clip.__dataclass_fields__ if name not in ("audio", "sample_rate")]
    table = pd.DataFrame(map(asdict, clips))[columns].assign(
        category=[by_id[clip.utterance_id].category for clip in clips],
        expected_s=[by_id[clip.utterance_id].expected_s for clip in clips],
    )
    for prefix, recogniser in zip(("verifier_", ""), ears, strict=True):
        heard = transcribe_clips(
            recogniser, clips, min_speech_s=thresholds.min_speech_s, name=prefix or "evaluator"
        )
        verdicts = [
            judge(_evidence(clip, by_id[clip.utterance_id], transcript.hypothesis), thresholds)
            for clip, transcript in zip(clips, heard, strict=True)
        ]
        table = table.join(pd.DataFrame(map(verdict_columns, verdicts)).add_prefix(prefix))
    return table


def _evidence(clip: Clip, utterance: Utterance, text: str) -> Evidence:
    error = content_error(list(utterance.spoken), text)
    return Evidence(
        clip.stop_reason, clip.duration_s, clip.speech_s, utterance.expected_s, error, clip.rms_db
    )


if __name__ == "__main__":
    run_script(draw_temperatures)
