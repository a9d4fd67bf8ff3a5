"""Other people's checkpoints: what adapters rest on is checked at load, and numbers are numbers."""

import json
import shutil

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import real_layout
from selfverify.audio.clips import describe_clip
from selfverify.codecs import load_codec
from selfverify.distillation.finetuning import TrainingSettings, trainer_options
from selfverify.errors import InputError
from selfverify.sampling.pools import draw_pools
from selfverify.storage.records import StopReason, Utterance
from selfverify.systems import load_system
from selfverify.systems.base import SamplingRequest, SamplingSettings
from selfverify.systems.checks import NoNumbers, check_device, count_codes
from selfverify.systems.sampling import SeededChoice

SETTINGS = SamplingSettings(0.8, 1.0, 0, 1.0)
NAN, INF = float("nan"), float("inf")


def logits(*changes):
    """Zeros, (2, 50), with values put into the second row."""
    table = torch.zeros(2, 50)
    for column, value in enumerate(changes):
        table[1, column] = value
    return table


@pytest.mark.parametrize("settings", [SETTINGS, SamplingSettings(1.0, 0.9, 5, 1.0, 1.2)])
@pytest.mark.parametrize("wrong", [logits(NAN), logits(INF), logits(*[-INF] * 50)])
def test_a_number_that_is_none_is_no_draw(wrong, settings):
    choose = SeededChoice([1, 2], 4, settings)
    with pytest.raises(NoNumbers) as error:
        choose(wrong, torch.arange(2), 0, torch.zeros(2, 1, dtype=torch.long))
    assert error.value.row == 1


def test_minus_infinity_is_a_probability_of_nothing():
    choose = SeededChoice([1, 2], 4, SETTINGS)
    wall = torch.full((2, 50), -INF)
    wall[:, 7] = 0.0
    drawn = choose(wall, torch.arange(2), 0, torch.zeros(2, 1, dtype=torch.long))
    assert drawn.tolist() == [7, 7]


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
def test_a_system_of_no_numbers_is_named_with_dtype_and_utterance(tiny_systems, adapter):
    system = load_system(adapter, tiny_systems[adapter])
    next(iter(system.model.parameters())).data.fill_(NAN)
    utterance = Utterance("standard-0003", "Peter has desks.", ("x",), "x", "standard", 3, 1.0)
    with pytest.raises(InputError) as error:
        draw_pools(
            system, [utterance], SETTINGS, name="x", identity="", pool_size=2, base_seed=1,
            batch_size=4,
        )  # fmt: skip
    for part in ("standard-0003", system.name, "float32", "Peter has desks.", "no numbers"):
        assert part in str(error.value)


def test_a_clip_of_no_numbers_is_named():
    audio = np.zeros(1600, np.float32)
    audio[3] = NAN
    with pytest.raises(InputError, match="u-7, candidate 2: audio samples that are no numbers"):
        describe_clip("u-7", 2, audio, 16_000)


@pytest.fixture(scope="module")
def orpheus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "orpheus"
    torch.manual_seed(0)
    real_layout.make_orpheus(folder)
    return folder


@pytest.fixture(scope="module")
def llasa(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "llasa"
    torch.manual_seed(0)
    real_layout.make_llasa(folder)
    return folder


def add_tokens(source, target, tokens, *, resize=True):
    """A fine-tune of a checkpoint with tokens more."""
    shutil.copytree(source, target)
    tokenizer = AutoTokenizer.from_pretrained(source)
    tokenizer.add_tokens(tokens)
    tokenizer.save_pretrained(target)
    if resize:
        model = AutoModelForCausalLM.from_pretrained(source)
        model.resize_token_embeddings(len(tokenizer))
        model.save_pretrained(target)
    return target


def test_tokens_added_behind_orpheus_codes_shift_no_code(orpheus, tmp_path):
    tuned = add_tokens(orpheus, tmp_path / "tuned", [f"<style_{i}>" for i in range(6)])
    before = load_system("orpheus", orpheus, load_model=False)
    system = load_system("orpheus", tuned)
    assert system.codebook_size == before.codebook_size == 4096
    codes = np.arange(14).reshape(7, 2) * 290
    ids = before.training_example("Hi.", codes).input_ids[-15:]
    assert np.array_equal(system.parse(ids).codes, codes)
    assert system.training_example("Hi.", codes).input_ids[-15:] == ids
    system.sample([SamplingRequest("Hi.", 1)], SETTINGS)


def test_padding_added_behind_llasas_codes_is_no_code(llasa, tmp_path):
    tuned = load_system("llasa", add_tokens(llasa, tmp_path / "tuned", ["[PAD]"]), load_model=False)
    assert tuned.codebook_size == 65_536
    parsed = tuned.parse([tuned.first_code_id, tuned.first_code_id + 65_536])
    assert (parsed.codes.shape[1], parsed.stop_reason) == (1, StopReason.INVALID_CODES)


def test_a_tokenizer_with_more_ids_than_the_model_is_refused(llasa, tmp_path):
    tuned = add_tokens(llasa, tmp_path / "tuned", ["[PAD]"], resize=False)
    with pytest.raises(InputError, match="the tokenizer has ids up to 193800, the model embeds"):
        load_system("llasa", tuned, load_model=False)


def test_codes_with_a_gap_are_refused():
    from selfverify.systems.checks import check_code_range

    vocabulary = {f"<|s_{n}|>": 10 + n for n in range(5)} | {"<|s_9|>": 19}
    assert count_codes(vocabulary, "<|s_{}|>", 0) == 5
    with pytest.raises(InputError, match=r"x: tokenizer: <\|s_5\|> is missing"):
        check_code_range("x", vocabulary, "<|s_{}|>", 0, num_slots=1)


@pytest.mark.parametrize("end", [128_009, 128_001, 128_262])
def test_a_stop_id_of_the_generation_config_is_an_end(orpheus, tmp_path, end):
    folder = tmp_path / "orpheus"
    shutil.copytree(orpheus, folder)
    frame = [128_266 + 4096 * slot for slot in range(7)]
    (folder / "generation_config.json").write_text("{}")
    plain = load_system("orpheus", folder, load_model=False)
    assert plain.parse([*frame, end]).stop_reason is StopReason.INVALID_CODES
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [end, 3]}))
    system = load_system("orpheus", folder, load_model=False)
    assert system.parse([*frame, end]).stop_reason is StopReason.EOS
    assert system.parse([*frame, 5]).stop_reason is StopReason.INVALID_CODES


def test_a_pickle_where_tensors_are_expected_is_not_run(tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    real_layout.make_snac(tmp_path / "snac")
    (tmp_path / "snac/pytorch_model.bin").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError, match="snac: no SNAC of its config and weights"):
        load_codec("snac", tmp_path / "snac")
    assert not (tmp_path / "ran").exists()


TRAINING = TrainingSettings(("sft",), 0.0, 1e-4, 3, 2, 2, 4, 1)


@pytest.mark.parametrize(
    ("device", "dtype", "has_bf16"),
    [("cuda", "float16", False), ("cuda", "float32", False), ("cuda", "bfloat16", True),
     ("cpu", "bfloat16", False)],
)  # fmt: skip
def test_training_computes_in_the_dtype_of_the_parameters(tmp_path, device, dtype, has_bf16):
    assert trainer_options(TRAINING, tmp_path, device, dtype)["bf16"] == has_bf16


def test_a_gpu_without_bfloat16_is_named_before_a_model_is_loaded(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla T4")
    check_device("cuda", "float16")
    with pytest.raises(InputError, match="dtype: bfloat16: Tesla T4 has none"):
        load_system("llasa", "nowhere", device="cuda", dtype="bfloat16")
    with pytest.raises(InputError, match="device: cuda:1: there are 1 GPUs"):
        check_device("cuda:1", "float32")


def test_a_gpu_that_is_not_there_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="device: cuda: no GPU that torch sees"):
        load_system("csm", "nowhere", device="cuda")
