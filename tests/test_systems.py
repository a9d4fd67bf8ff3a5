"""Contract of the systems, and Llasa's layout against its documents."""

import numpy as np
import pytest
import torch

from selfverify.adapters import SYSTEMS
from selfverify.records import StopReason
from selfverify.systems import load_system
from selfverify.systems.base import SamplingRequest, SamplingSettings
from selfverify.systems.llasa import Llasa
from selfverify.systems.sampling import SeededChoice

TEXTS = ["Peter has two old desks.", "Susan found nine rings.", "Kathy sold sixty toys on Monday."]
SETTINGS = SamplingSettings(temperature=1.0, top_p=1.0, top_k=0, max_audio_s=1.0)


@pytest.fixture(scope="module")
def llasa(tiny_llasa):
    return load_system("llasa", tiny_llasa)


@pytest.fixture(scope="module")
def results(llasa):
    requests = [SamplingRequest(text, seed) for seed in range(60) for text in TEXTS]
    return llasa.sample(requests, SETTINGS)


def test_codes_are_valid_and_as_long_as_they_say(llasa, results):
    for result in results:
        assert result.codes.ndim == 2
        assert result.codes.shape[0] == 1
        assert ((result.codes >= 0) & (result.codes < llasa.codebook_size)).all()


def test_stop_reasons_follow_from_the_ids(llasa, results):
    reasons = {result.stop_reason for result in results}
    assert {StopReason.INVALID_CODES, StopReason.EOS, StopReason.CAP} <= reasons
    for result in results:
        num_frames, ids = result.codes.shape[1], result.token_ids
        if result.stop_reason is StopReason.CAP:
            assert num_frames == len(ids) == 50
        else:
            assert len(ids) == num_frames + 1
            assert (ids[-1] == llasa.end_id) == (result.stop_reason is not StopReason.INVALID_CODES)


def test_same_seed_same_codes_alone_or_in_a_batch(llasa, results):
    alone = [llasa.sample([SamplingRequest(text, 3)], SETTINGS)[0] for text in TEXTS]
    assert [a.token_ids for a in alone] == [b.token_ids for b in results[9:12]]


def test_other_seed_other_codes(llasa):
    first, second = (llasa.sample([SamplingRequest(TEXTS[0], s)], SETTINGS)[0] for s in (0, 5))
    assert first.token_ids != second.token_ids


@pytest.mark.parametrize(
    "change", [{"temperature": 0.1}, {"top_k": 1}, {"top_p": 0.1}, {"max_audio_s": 0.04}]
)
def test_every_sampling_setting_matters(llasa, results, change):
    settings = SamplingSettings(**(SETTINGS.__dict__ | change))
    requests = [SamplingRequest(text, seed) for seed in range(4) for text in TEXTS]
    changed = llasa.sample(requests, settings)
    assert [r.token_ids for r in changed] != [r.token_ids for r in results[: len(changed)]]


# The mini tokenizer's ids: <|pad|> 0, <|unk|> 1, space 2, "." 3, a … z 4 … 29, then Llasa's tokens
# in the order in which train_tts.py adds them: TEXT_GENERATION_START 30 … SPEECH_UNDERSTANDING_END
# 37, then <|s_0|> 38 …
START_OF_TEXT, END_OF_TEXT, START_OF_SPEECH, END_OF_SPEECH, FIRST_CODE = 32, 33, 34, 35, 38


def test_prompt_is_llasas_layout(llasa):
    #                                     a  b  <space>  z  .
    assert llasa.prompt_ids("Ab z.") == [
        START_OF_TEXT,
        4,
        5,
        2,
        29,
        3,
        END_OF_TEXT,
        START_OF_SPEECH,
    ]
    assert (llasa.end_id, llasa.first_code_id) == (END_OF_SPEECH, FIRST_CODE)


def test_training_example_has_its_loss_on_codes_and_end(llasa):
    example = llasa.training_example("a", np.array([[0, 15, 7]]))
    prompt = [START_OF_TEXT, 4, END_OF_TEXT, START_OF_SPEECH]
    speech = [FIRST_CODE, FIRST_CODE + 15, FIRST_CODE + 7, END_OF_SPEECH]
    assert example.input_ids == prompt + speech
    assert example.labels == [-100] * 4 + speech


@pytest.mark.parametrize(
    ("ids", "codes", "reason"),
    [
        ([38, 40, 35], [0, 2], StopReason.EOS),
        ([35], [], StopReason.EMPTY),
        ([38, 53], [0, 15], StopReason.CAP),
        ([38, 4], [0], StopReason.INVALID_CODES),
        ([34], [], StopReason.INVALID_CODES),  # speech starts again: no code either
        ([38, 37, 39], [0], StopReason.INVALID_CODES),  # what follows is not spoken
    ],
)
def test_ids_to_codes(llasa, ids, codes, reason):
    parsed = llasa.parse(ids)
    assert parsed.codes.tolist() == [codes]
    assert parsed.stop_reason is reason
    assert parsed.token_ids == ids


@pytest.mark.parametrize(
    ("text", "message"), [("", "empty"), ("  ", "empty"), ("Pay £5", r"lacks '5', '£'")]
)
def test_texts_that_cannot_be_spoken_say_why(llasa, text, message):
    with pytest.raises(ValueError, match=message):
        llasa.prompt_ids(text)


def test_a_checkpoint_of_another_system_is_refused(tiny_llasa, tmp_path):
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    plain = AutoTokenizer.from_pretrained(tiny_llasa).backend_tokenizer.model
    from tokenizers import Tokenizer

    PreTrainedTokenizerFast(tokenizer_object=Tokenizer(plain)).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="no Llasa checkpoint"):
        Llasa(tmp_path, load_model=False)


def test_choice_follows_the_distribution():
    scores = torch.log(torch.tensor([[0.5, 0.3, 0.2, 0.0]])).repeat(4000, 1)
    settings = SamplingSettings(temperature=1.0, top_p=1.0, top_k=0, max_audio_s=1.0)
    choice = SeededChoice(range(4000), 1, settings)(torch.zeros(4000, 1, dtype=torch.long), scores)
    share = torch.bincount(choice.argmax(-1), minlength=4) / 4000
    # Four standard errors of a share of one half of 4,000.
    assert share.tolist() == pytest.approx([0.5, 0.3, 0.2, 0.0], abs=0.032)


def test_unknown_system_names_the_near_one(tiny_llasa):
    with pytest.raises(ValueError, match="did you mean llasa"):
        load_system("lasa", tiny_llasa)


def test_every_system_of_the_table_can_be_imported():
    from selfverify.lookup import load_class

    assert all(load_class(SYSTEMS, name, "system") for name in SYSTEMS)
