"""Contract of the systems, all of them: prompts, sampling, stop reasons, training examples."""

import copy
import re

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from selfverify.adapters import ENGINES, SYSTEMS
from selfverify.adapters.loading import load_class
from selfverify.errors import InputError
from selfverify.storage.records import StopReason
from selfverify.systems import load_system
from selfverify.systems.base import RepetitionAwareSettings, SamplingRequest, SamplingSettings
from selfverify.systems.csm import Csm
from selfverify.systems.sampling import SeededChoice
from tiny import NUM_CODEBOOKS, NUM_CODES

TEXTS = ["Peter has two old desks.", "Susan found 9 rings.", "Kathy sold sixty toys on Monday."]
SETTINGS = SamplingSettings(temperature=1.0, top_p=1.0, top_k=0, max_audio_s=1.0)


# What an engine of its own draws is held to the contract in test_vllm_engine.py.
ELSEWHERE = {name for table in ENGINES.values() for name in table.values()}


@pytest.fixture(scope="module", params=sorted(SYSTEMS.keys() - ELSEWHERE))
def adapter(request):
    return request.param


@pytest.fixture(scope="module")
def system(adapter, tiny_systems):
    return load_system(adapter, tiny_systems[adapter])


@pytest.fixture(scope="module")
def results(system):
    requests = [SamplingRequest(text, seed) for seed in range(60) for text in TEXTS]
    return system.sample(requests, SETTINGS)


def test_codes_are_valid_and_of_all_codebooks(system, adapter, results):
    assert system.codebook_size == NUM_CODES[adapter]
    for result in results:
        assert result.codes.shape[0] == NUM_CODEBOOKS[adapter]
        assert ((result.codes >= 0) & (result.codes < system.codebook_size)).all()


def test_stop_reasons_follow_from_the_frames(system, adapter, results):
    num_frames = {r.stop_reason: set() for r in results}
    for result in results:
        num_frames[result.stop_reason].add(result.codes.shape[1])
    cap = int(np.ceil(SETTINGS.max_audio_s * system.frame_rate))
    # A random Orpheus hardly ever draws seven codes in the order of their slots.
    assert len(num_frames) > 1 or adapter == "orpheus"
    assert num_frames.get(StopReason.CAP, {cap}) == {cap}
    assert num_frames.get(StopReason.EMPTY, {0}) == {0}
    assert 0 not in num_frames.get(StopReason.EOS, ())


def test_same_seed_same_codes_alone_or_in_a_batch(system, results):
    alone = [system.sample([SamplingRequest(text, 3)], SETTINGS)[0] for text in TEXTS]
    assert [a.token_ids for a in alone] == [b.token_ids for b in results[9:12]]


def test_other_seed_other_codes(system):
    first, second = (system.sample([SamplingRequest(TEXTS[0], s)], SETTINGS)[0] for s in (0, 5))
    assert first.token_ids != second.token_ids


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.1}, {"top_k": 1}, {"top_p": 0.1}, {"max_audio_s": 0.04},
        {"repetition_penalty": 5.0},
    ],
)  # fmt: skip
def test_every_sampling_setting_matters(system, results, change):
    settings = SamplingSettings(**(SETTINGS.__dict__ | change))
    requests = [SamplingRequest(text, seed) for seed in range(20) for text in TEXTS]
    changed = system.sample(requests, settings)
    assert [r.token_ids for r in changed] != [r.token_ids for r in results[: len(changed)]]


def test_a_training_example_is_read_back_as_the_codes_that_it_teaches(system, adapter, rng):
    codes = rng.integers(1, system.codebook_size, size=(NUM_CODEBOOKS[adapter], 5))
    example = system.training_example("Susan sold 7 toys.", codes)
    taught = [label for label in example.labels if label != -100]
    assert example.input_ids == system.prompt_ids("Susan sold 7 toys.") + taught
    frames = np.reshape(taught, (-1, 2)).tolist() if adapter == "csm" else taught
    parsed = system.parse(frames)
    np.testing.assert_array_equal(parsed.codes, codes)
    assert parsed.stop_reason is StopReason.EOS


@pytest.mark.parametrize(
    ("text", "message"), [("", "empty"), ("  ", "empty"), ("Pay £5", "lacks '£': spell")]
)
def test_texts_that_cannot_be_spoken_say_why(system, text, message):
    with pytest.raises(InputError, match=message):
        system.prompt_ids(text)


NO_TEXT = {
    "llasa": ["<|pad|>", "<|TEXT_UNDERSTANDING_END|>", "<|SPEECH_GENERATION_END|>", "<|s_3|>"],
    "orpheus": ["<|pad|>", "<|eot_id|>", "<custom_token_10>"],
    "csm": ["<|pad|>", "<|end_of_text|>"],
}


def test_a_token_of_the_system_is_no_text(system, adapter):
    for token in NO_TEXT[adapter]:
        with pytest.raises(InputError, match=f"the text has {re.escape(token)}, which"):
            system.prompt_ids(f"Say {token} again.")


def test_a_tag_that_was_added_to_the_text_is_text(system):
    added = copy.copy(system)
    added.__dict__.pop("_added", None)
    added.tokenizer = copy.deepcopy(system.tokenizer)
    added.tokenizer.add_tokens(["<laugh>"])
    tag = added.tokenizer.convert_tokens_to_ids("<laugh>")
    assert tag in added.prompt_ids("Say <laugh> again.")


# ids of the mini tokenizers: <|pad|> 0, <|unk|> 1, then " .,?$:()_=-'[]" 2 … 15, digits 16 … 25,
# a … z 26 … 51, then the system's own tokens from 52 on. "Ab 5." is 26 27 2 21 3.
SPELLED = [26, 27, 2, 21, 3]


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        # Llasa: TEXT_GENERATION_START 52 … in the order of train_tts.py, so
        # TEXT_UNDERSTANDING_START 54, _END 55, SPEECH_GENERATION_START 56
        ("llasa", [54, *SPELLED, 55, 56]),
        # Orpheus: <|eot_id|> 52, <custom_token_N> 53 + N: start of human 3, eot, end of human 4,
        # start of AI 5, start of speech 1 (engine_class.py)
        ("orpheus", [56, *SPELLED, 52, 57, 58, 54]),
        # CSM: <|begin_of_text|> 52, "[0]" 14 16 15, text, <|end_of_text|> 53
        ("csm", [52, 14, 16, 15, *SPELLED, 53]),
    ],
)
def test_prompts_are_the_documented_sequences(tiny_systems, name, prompt):
    system = load_system(name, tiny_systems[name], load_model=False)
    assert system.prompt_ids("Ab 5.") == prompt


@pytest.mark.parametrize(
    ("name", "voice", "ids"),
    [("orpheus", "tara", [56, 45, 26, 43, 26, 7, 2, 26, 3]), ("csm", "1", [52, 14, 17, 15, 26, 3])],
)
def test_the_voice_stands_before_the_text(tiny_systems, name, voice, ids):
    system = load_system(name, tiny_systems[name], voice=voice, load_model=False)
    assert system.prompt_ids("a.")[: len(ids)] == ids


def test_llasa_has_no_voices(tiny_systems):
    with pytest.raises(InputError, match="no voices to choose from; remove 'tara'"):
        load_system("llasa", tiny_systems["llasa"], voice="tara", load_model=False)


LLASA_END, LLASA_CODE = 57, 60  # SPEECH_GENERATION_END, <|s_0|>


@pytest.mark.parametrize(
    ("ids", "codes", "reason"),
    [
        ([60, 62, 57], [0, 2], StopReason.EOS),
        ([57], [], StopReason.EMPTY),
        ([60, 75], [0, 15], StopReason.CAP),
        ([60, 4], [0], StopReason.INVALID_CODES),
        ([56], [], StopReason.INVALID_CODES),  # speech starts again: no code either
        ([60, 59, 61], [0], StopReason.INVALID_CODES),  # what follows is not spoken
    ],
)
def test_llasas_ids_to_codes(tiny_systems, ids, codes, reason):
    parsed = load_system("llasa", tiny_systems["llasa"], load_model=False).parse(ids)
    assert (parsed.codes.tolist(), parsed.stop_reason) == ([codes], reason)
    assert parsed.token_ids == ids


# Orpheus' codes start at id 63 (custom token 10), 16 a slot. Two frames written by hand: slots are
# level 0, level 1, level 2, level 2, level 1, level 2, level 2 (decoder.py); rows 0, 1 2, 3 4 5 6
# are levels 0, 1, 2 in order of time.
FRAME = [63 + 9, 79 + 1, 95 + 3, 111 + 4, 127 + 2, 143 + 5, 159 + 6]
ROWS = [9, 1, 2, 3, 4, 5, 6]
ORPHEUS_END = 55


@pytest.mark.parametrize(
    ("ids", "frames", "reason"),
    [
        ([*FRAME, *FRAME, ORPHEUS_END], 2, StopReason.EOS),
        ([*FRAME, *FRAME], 2, StopReason.CAP),
        ([ORPHEUS_END], 0, StopReason.EMPTY),
        ([*FRAME, *FRAME[:3], ORPHEUS_END], 1, StopReason.EOS),  # an unfinished frame is cut
        ([*FRAME, FRAME[1]], 1, StopReason.INVALID_CODES),  # a code of another slot
        ([*FRAME, FRAME[0] + 7 * 16], 1, StopReason.INVALID_CODES),
        ([*FRAME[:6]], 0, StopReason.CAP),
        ([63, *FRAME[1:], ORPHEUS_END], 1, StopReason.EOS),  # code 0, which upstream drops
    ],
)
def test_orpheus_ids_to_codes(tiny_systems, ids, frames, reason):
    parsed = load_system("orpheus", tiny_systems["orpheus"], load_model=False).parse(ids)
    rows = [0 if ids[0] == 63 else 9, *ROWS[1:]]
    assert parsed.codes.shape == (7, frames)
    assert parsed.codes.T.tolist() == [rows] * frames
    assert parsed.stop_reason is reason


@pytest.mark.parametrize(
    ("frames", "codes", "reason"),
    [
        ([[3, 0], [1, 15], [0, 0]], [[3, 1], [0, 15]], StopReason.EOS),
        ([[3, 0], [1, 15]], [[3, 1], [0, 15]], StopReason.CAP),
        ([[0, 0]], [[], []], StopReason.EMPTY),
        ([[3, 0], [1, 16]], [[3], [0]], StopReason.INVALID_CODES),  # the codec has 0 … 15
    ],
)
def test_csm_frames_to_codes(tiny_systems, frames, codes, reason):
    parsed = load_system("csm", tiny_systems["csm"], load_model=False).parse(frames)
    assert (parsed.codes.tolist(), parsed.stop_reason) == (codes, reason)


def test_csm_samples_what_its_class_generates(tiny_systems):
    """Greedy, against transformers' own nested `generate`."""
    system = load_system("csm", tiny_systems["csm"])
    assert isinstance(system, Csm)
    greedy = SamplingSettings(temperature=1.0, top_p=1.0, top_k=1, max_audio_s=0.8)
    (sampled,) = system.sample([SamplingRequest(TEXTS[0], 0)], greedy)
    # A pad id makes transformers mask that code out of the depth decoder's input.
    system.model.depth_decoder.generation_config.pad_token_id = None
    system.model.depth_decoder.config.pad_token_id = None
    ids = torch.tensor([system.prompt_ids(TEXTS[0])])
    generated = system.model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False,
        depth_decoder_do_sample=False, max_new_tokens=20,
    )  # fmt: skip
    num_frames = sampled.codes.shape[1]
    assert num_frames > 5
    np.testing.assert_array_equal(generated[0, :num_frames].numpy().T, sampled.codes)


@pytest.mark.parametrize(("name", "lacks"), [("llasa", "Llasa"), ("orpheus", "Orpheus")])
def test_a_checkpoint_of_another_system_is_refused(tiny_systems, tmp_path, name, lacks):
    plain = AutoTokenizer.from_pretrained(tiny_systems[name]).backend_tokenizer.model
    PreTrainedTokenizerFast(tokenizer_object=Tokenizer(plain)).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=f"so this is no {lacks}; "):
        load_class(SYSTEMS, name, "system")(tmp_path, load_model=False)


def test_choice_follows_the_distribution():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2, 0.0]])).repeat(4000, 1)
    choose = SeededChoice(range(4000), 1, SETTINGS)
    rows = torch.arange(4000)
    chosen = choose(logits, rows, 0, torch.zeros(4000, 1, dtype=torch.long))
    share = torch.bincount(chosen, minlength=4) / 4000
    # Four standard errors of a share of one half of 4,000.
    assert share.tolist() == pytest.approx([0.5, 0.3, 0.2, 0.0], abs=0.032)


def test_unknown_system_names_the_near_one(tiny_systems):
    with pytest.raises(InputError, match="did you mean llasa"):
        load_system("lasa", tiny_systems["llasa"])


def test_a_repeated_id_is_drawn_again_from_all():
    """The nucleus keeps id 0 alone; a window that has it lets the rest in."""
    logits = torch.log(torch.tensor([[0.6, 0.3, 0.1]])).expand(4000, 3)
    settings = RepetitionAwareSettings(1.0, 0.5, 0, 1.0, repetition_window=10)
    rows, before = torch.arange(4000), torch.full((4000, 1), 7)
    choose = SeededChoice(range(4000), 1, settings)
    assert choose(logits, rows, 0, before.expand(4000, 12)).unique().tolist() == [0]
    once = torch.cat([torch.zeros_like(before), before.expand(4000, 9)], dim=1)
    shares = torch.bincount(choose(logits, rows, 0, once), minlength=3) / 4000
    assert shares.tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.032)
    long_ago = torch.cat([once, before], dim=1)
    assert choose(logits, rows, 0, long_ago).unique().tolist() == [0]


def test_without_a_window_the_numbers_are_those_of_before():
    """Another option must not change what a study has drawn."""
    logits, rows = torch.zeros(50, 9), torch.arange(50)
    aware = RepetitionAwareSettings(1.0, 1.0, 0, 1.0, repetition_window=10)
    sequence = torch.full((50, 1), 99)
    drawn = [SeededChoice(range(50), 4, s)(logits, rows, 3, sequence) for s in (SETTINGS, aware)]
    assert drawn[0].tolist() == drawn[1].tolist()


def test_csm_has_no_window_of_ids(tiny_systems):
    system = load_system("csm", tiny_systems["csm"])
    with pytest.raises(InputError, match="remove repetition_window"):
        system.sample([], RepetitionAwareSettings(1.0, 1.0, 0, 1.0))
