"""The static sampler against the plain path: equal ids, whatever the settings, rows and refills."""

import numpy as np
import pytest
import torch
from peft import get_peft_model
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import LlamaConfig, LlamaForCausalLM

from selfverify.distillation.finetuning import lora_config
from selfverify.systems import load_system
from selfverify.systems.base import (
    RepetitionAwareSettings,
    SamplingRequest,
    SamplingSettings,
)
from selfverify.systems.card_sampling import sample_on_card, static_network
from selfverify.systems.checks import NoNumbers
from selfverify.systems.networks import CsmNetwork, LlamaNetwork
from selfverify.systems.sampling import generate_seeded
from selfverify.systems.static_choice import MAX_TIES, StaticChoice
from selfverify.systems.static_sampling import StaticSampler, sample_static
from selfverify.systems.step_kernels import attend_by_matmul

VOCAB, SPEECH, NUM_STEPS = 297, (10, 290), 40
PLAIN = {"temperature": 0.8, "top_p": 1.0, "top_k": 0, "max_audio_s": 1.0}
CHANGES = [
    {}, {"top_k": 20}, {"top_p": 0.8}, {"repetition_penalty": 1.2},
    {"top_k": 20, "top_p": 0.9, "repetition_penalty": 1.3},
]  # fmt: skip


@pytest.fixture(scope="module")
def llama():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCAB, hidden_size=64, intermediate_size=96, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, initializer_range=0.1,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


@pytest.fixture(scope="module")
def prompts():
    rng = np.random.default_rng(0)
    return [rng.integers(VOCAB, size=rng.integers(1, 10)).tolist() for _ in range(30)]


def outside_speech(ids):
    return ((ids < SPEECH[0]) | (ids > SPEECH[1])).any(dim=1)


def sampled_statically(model, prompts, settings, num_rows):
    drawn = sample_static(
        lambda rows, positions: LlamaNetwork(model, rows, positions), prompts,
        range(len(prompts)), settings, num_rows=num_rows, num_steps=NUM_STEPS, num_codes=1,
        ends=outside_speech, device=model.device, dtype=model.dtype,
    )  # fmt: skip
    return [[step[0] for step in item] for item in drawn]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("num_rows", [4, 30])
def test_llamas_ids_are_those_of_the_plain_path(llama, prompts, changes, num_rows):
    settings = SamplingSettings(**(PLAIN | changes))
    requests = [SamplingRequest("", seed) for seed in range(len(prompts))]
    expected = generate_seeded(
        llama, prompts, requests, settings, num_steps=NUM_STEPS, speech_ids=SPEECH
    )
    assert sampled_statically(llama, prompts, settings, num_rows) == expected
    assert len({len(item) for item in expected}) > 3, "some end, some reach the cap"


@pytest.mark.parametrize("changes", [{}, {"top_k": 5}, {"top_p": 0.7}], ids=str)
@pytest.mark.parametrize("num_rows", [3, 12])
def test_csms_frames_are_those_of_the_plain_path(tiny_systems, changes, num_rows):
    system = load_system("csm", tiny_systems["csm"])
    settings = SamplingSettings(**(PLAIN | changes))
    requests = [SamplingRequest(f"Peter has {seed} desks.", seed) for seed in range(12)]
    prompts = [system.prompt_ids(request.text) for request in requests]
    num_steps = int(np.ceil(system.frame_rate))
    drawn = sample_static(
        lambda rows, positions: CsmNetwork(system.model, rows, positions), prompts, range(12),
        settings, num_rows=num_rows, num_steps=num_steps,
        num_codes=system.num_codebooks, ends=system._is_end, device=system.model.device,
        dtype=system.model.dtype,
    )  # fmt: skip
    assert drawn == system.sample_plainly(prompts, requests, settings, num_steps)


def test_a_card_is_given_what_the_static_sampler_understands(llama, prompts, tiny_systems):
    """The same function on the CPU, where it can run as well."""
    settings = SamplingSettings(**PLAIN)
    requests = [SamplingRequest("", seed) for seed in range(len(prompts))]
    options = {"num_steps": NUM_STEPS, "ends": outside_speech}
    drawn = sample_on_card(llama, prompts, range(len(prompts)), settings, **options)
    assert drawn is not None
    assert [[step[0] for step in item] for item in drawn] == generate_seeded(
        llama, prompts, requests, settings, num_steps=NUM_STEPS, speech_ids=SPEECH
    )
    assert sample_on_card(llama, [], [], settings, **options) == []
    csm = load_system("csm", tiny_systems["csm"]).model
    assert static_network(csm, settings) is not None
    for other in (
        RepetitionAwareSettings(**PLAIN, repetition_window=4),
        SamplingSettings(**PLAIN, repetition_penalty=1.2),
    ):
        assert static_network(csm, other) is None  # a penalty there looks at a frame alone
    assert static_network(llama, RepetitionAwareSettings(**PLAIN, repetition_window=4)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}},
        {"hidden_act": "gelu"},
    ],
    ids=str,
)
def test_other_architectures_are_left_to_transformers(changes):
    config = LlamaConfig(
        vocab_size=VOCAB, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=1, num_key_value_heads=1, **changes,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    assert static_network(model.eval(), SamplingSettings(**PLAIN)) is None


def test_a_model_in_training_or_with_adapters_is_left_to_transformers(tiny_systems):
    settings = SamplingSettings(**PLAIN)
    model = load_system("llasa", tiny_systems["llasa"]).model
    assert static_network(model, settings) is not None
    assert static_network(model.train(), settings) is None
    adapted = get_peft_model(model, lora_config(2)).eval()
    assert static_network(adapted.get_base_model(), settings) is None


def test_more_ties_than_the_short_search_looks_at_are_drawn_from_all_the_same(prompts):
    config = LlamaConfig(
        vocab_size=VOCAB, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=1, num_key_value_heads=1,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    model.lm_head.weight.data.zero_()  # all ids tie
    settings = SamplingSettings(**(PLAIN | {"top_k": 5}))
    drawn = sampled_statically(model, prompts, settings, 8)
    assert len({token for item in drawn for token in item}) > 5 + MAX_TIES


def test_logits_that_are_no_numbers_name_the_request(llama):
    def broken(rows, positions):
        network = LlamaNetwork(llama, rows, positions)
        network.head = lambda hidden: llama.lm_head(hidden).index_fill(
            0, torch.tensor([1]), float("nan")
        )
        return network

    with pytest.raises(NoNumbers) as raised:
        sample_static(
            broken, [[3, 4], [5, 6], [7, 8]], range(3), SamplingSettings(**PLAIN), num_rows=3,
            num_steps=5, num_codes=1, ends=outside_speech, device=llama.device, dtype=llama.dtype,
        )  # fmt: skip
    assert raised.value.row == 1


class Recorder(TorchDispatchMode):
    """The names of all operators of the block."""

    def __enter__(self):
        self.names = set()
        return super().__enter__()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.add(str(function.overloadpacket))
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_a_step_reads_nothing_back_and_takes_nothing_from_the_host(llama, changes):
    """What a CUDA graph forbids: sizes that depend on values, and copies from or to the host."""
    settings = SamplingSettings(**(PLAIN | changes))
    with torch.inference_mode():
        sampler = StaticSampler(
            LlamaNetwork(llama, 4, 60), StaticChoice(range(4), NUM_STEPS, settings, llama.device),
            num_rows=4, num_requests=4, num_steps=NUM_STEPS, num_positions=60,
            ends=outside_speech, device=llama.device, dtype=llama.dtype,
        )  # fmt: skip
        sampler.start(range(4), range(4), [[1, 2, 3]] * 4)
        with Recorder() as recorder:
            sampler._step(60)
    assert "aten.index_copy_" in recorder.names, "the step was recorded"
    forbidden = {
        "_local_scalar_dense",
        "item",
        "nonzero",
        "masked_select",
        "lift_fresh",
        "is_nonzero",
    }
    assert not recorder.names & {f"aten.{name}" for name in forbidden}


def test_attention_is_that_of_the_definition():
    torch.manual_seed(0)
    query, cache = torch.randn(3, 4, 8), torch.randn(2, 3, 2, 11, 8)
    last = torch.tensor([0, 5, 10])
    ours = attend_by_matmul(query, cache[0], cache[1], last, 11)
    for row in range(3):
        for head in range(4):
            keys, values = cache[:, row, head // 2, : last[row] + 1]
            weights = torch.softmax(keys @ query[row, head] / 8**0.5, dim=0)
            torch.testing.assert_close(ours[row, head * 8 : head * 8 + 8], weights @ values)
