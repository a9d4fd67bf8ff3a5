"""The CPU's own path against transformers' forward: logits of each step, ids, what it leaves."""

from dataclasses import replace

import numba
import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from selfverify.systems import load_system
from selfverify.systems.base import RepetitionAwareSettings, SamplingRequest, SamplingSettings
from selfverify.systems.checks import NoNumbers
from selfverify.systems.cpu_choice import CpuChoice
from selfverify.systems.cpu_networks import CpuCsm, CpuLlama, cpu_network
from selfverify.systems.cpu_sampling import sample_on_cpu
from selfverify.systems.generation import generate
from selfverify.systems.numba_kernels import compiled, exp_less
from selfverify.systems.sampling import SeededChoice, generate_seeded

VOCAB, SPEECH, NUM_STEPS = 297, (10, 290), 40
PLAIN = SamplingSettings(temperature=0.8, top_p=1.0, top_k=0, max_audio_s=1.0)
CHANGES = [
    {}, {"top_k": 20}, {"top_p": 0.8}, {"repetition_penalty": 1.2},
    {"top_k": 20, "top_p": 0.9, "repetition_penalty": 1.3},
]  # fmt: skip


def make_llama(**changes):
    torch.manual_seed(0)
    config = {
        "vocab_size": VOCAB, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3,
        "num_attention_heads": 4, "num_key_value_heads": 2, "initializer_range": 0.1,
    }  # fmt: skip
    return LlamaForCausalLM(LlamaConfig(**config | changes)).eval()


@pytest.fixture(scope="module")
def llama():
    return make_llama()


@pytest.fixture(scope="module")
def prompts():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 10, size=15)
    return [rng.integers(VOCAB, size=length).tolist() for length in lengths for _ in range(2)]


def outside_speech(ids):
    return ((ids < SPEECH[0]) | (ids > SPEECH[1])).any(dim=1)


def drawn_with_logits(monkeypatch, make_network, prompts, **options):
    """Ids of each request, and the logits (N, V) that they were drawn from."""
    logits = [[] for _ in prompts]
    plain_call = CpuChoice.__call__

    def recorded(self, scores, rows, draw, sequence):
        for row, item in zip(rows.tolist(), scores.clone(), strict=True):
            logits[row].append(item)
        return plain_call(self, scores, rows, draw, sequence)

    monkeypatch.setattr(CpuChoice, "__call__", recorded)
    ids = sample_on_cpu(make_network, prompts, range(len(prompts)), PLAIN, **options)
    return ids, [torch.stack(item) for item in logits]


@pytest.mark.parametrize("name", ["llasa", "orpheus"])
@torch.inference_mode()
def test_a_llamas_logits_are_those_of_its_forward(tiny_systems, monkeypatch, name):
    model = load_system(name, tiny_systems[name]).model
    prompts = [[1 + n % 5, 7, 30, *range(20, 20 + n % 7)] for n in range(20)]
    ids, logits = drawn_with_logits(
        monkeypatch, lambda *size: CpuLlama(model, *size), prompts, num_steps=60, num_rows=6,
        ends=lambda drawn: drawn[:, 0] % 29 == 0,
    )  # fmt: skip
    assert len({len(item) for item in ids}) > 5, "rows end at different steps and are refilled"
    for prompt, drawn, ours in zip(prompts, ids, logits, strict=True):
        whole = torch.tensor([[*prompt, *(step[0] for step in drawn[:-1])]])
        expected = model(input_ids=whole).logits[0, len(prompt) - 1 :]
        torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_csms_logits_are_those_of_its_forward(tiny_systems, monkeypatch):
    model = load_system("csm", tiny_systems["csm"]).model
    prompts = [[1 + n % 5, 7, 30, *range(20, 20 + n % 7)] for n in range(20)]
    ids, logits = drawn_with_logits(
        monkeypatch, lambda *size: CpuCsm(model, *size), prompts, num_steps=60, num_rows=6,
        ends=lambda frames: frames[:, 0] == 3,
    )  # fmt: skip
    assert len({len(item) for item in ids}) > 5, "rows end at different steps and are refilled"
    for prompt, frames, ours in zip(prompts, ids, logits, strict=True):
        drawn = torch.tensor(frames)
        embedded = torch.cat(
            [
                model.embed_text_tokens(torch.tensor(prompt)),
                model.backbone_model.embed_tokens(drawn[:-1, None])[:, 0],
            ]
        )
        hidden = model.backbone_model(inputs_embeds=embedded[None]).last_hidden_state
        hidden = hidden[0, len(prompt) - 1 :]
        padded = torch.cat([torch.zeros_like(drawn[:, :1]), drawn[:, :-1]], dim=1)
        inner = model.depth_decoder(
            input_ids=padded, backbone_last_hidden_state=hidden,
            attention_mask=torch.ones_like(padded), use_cache=False,
        ).logits  # fmt: skip
        expected = torch.cat([model.lm_head(hidden)[:, None], inner], dim=1).flatten(0, 1)
        torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("num_rows", [4, 64])
def test_llamas_ids_are_those_of_the_plain_path(llama, prompts, changes, num_rows):
    settings = replace(PLAIN, **changes)
    requests = [SamplingRequest("", seed) for seed in range(len(prompts))]
    expected = generate_seeded(
        llama, prompts, requests, settings, num_steps=NUM_STEPS, speech_ids=SPEECH
    )
    drawn = sample_on_cpu(
        cpu_network(llama), prompts, range(len(prompts)), settings, num_steps=NUM_STEPS,
        ends=outside_speech, num_rows=num_rows,
    )  # fmt: skip
    assert [[step[0] for step in item] for item in drawn] == expected
    assert len({len(item) for item in expected}) > 3, "some end, some reach the cap"


def test_a_window_of_ids_is_that_of_the_plain_path(llama, prompts):
    settings = RepetitionAwareSettings(0.5, 0.7, 0, 1.0, repetition_window=10)
    requests = [SamplingRequest("", seed) for seed in range(len(prompts))]
    options = {"num_steps": NUM_STEPS, "speech_ids": SPEECH}
    expected = generate_seeded(llama, prompts, requests, settings, **options)
    assert generate(llama, prompts, requests, settings, **options) == expected


@pytest.mark.parametrize("changes", [*CHANGES[:4], {"top_k": 5}], ids=str)
def test_csms_frames_are_those_of_the_plain_path(tiny_systems, changes):
    system = load_system("csm", tiny_systems["csm"])
    settings = replace(PLAIN, **changes)
    requests = [SamplingRequest(f"Peter has {seed} desks.", seed) for seed in range(12)]
    prompts = [system.prompt_ids(request.text) for request in requests]
    frames = system.sample_plainly(prompts, requests, settings, int(np.ceil(system.frame_rate)))
    drawn = [item.token_ids for item in system.sample(requests, settings)]
    assert drawn == [np.ravel(item).tolist() for item in frames]


@pytest.mark.parametrize("top_p", [0.05, 0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("spread", [0.1, 3.0, 30.0])
def test_the_nucleus_is_that_of_sorting_all(top_p, spread):
    torch.manual_seed(0)
    logits = torch.randn(500, 211) * spread
    logits[:, :3] = float("-inf")
    settings, rows = replace(PLAIN, top_p=top_p), torch.arange(500)
    sequence = torch.zeros(500, 1, dtype=torch.long)
    expected, ours = (
        kind(range(500), 2, settings)(logits, rows, 1, sequence)
        for kind in (SeededChoice, CpuChoice)
    )
    assert ours.tolist() == expected.tolist()


def test_logits_that_are_no_numbers_name_the_request(llama):
    def broken(*size):
        network = CpuLlama(llama, *size)
        head = network.head
        network.head = lambda hidden: head(hidden).index_fill(0, torch.tensor([1]), float("nan"))
        return network

    with pytest.raises(NoNumbers) as raised:
        sample_on_cpu(
            broken, [[3, 4], [5, 6], [7, 8]], range(3), PLAIN, num_steps=5, ends=outside_speech
        )
    assert raised.value.row == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("part", ["q_proj", "k_proj", "v_proj", "o_proj"])
def test_a_broken_weight_is_not_hidden_by_a_kernel(part, value):
    model = make_llama()
    getattr(model.model.layers[1].self_attn, part).weight.data[:] = value
    with pytest.raises(NoNumbers):
        generate(model, [[3, 4]], [SamplingRequest("", 0)], PLAIN, num_steps=5, speech_ids=SPEECH)


def test_no_requests_have_no_results(llama):
    assert generate(llama, [], [], PLAIN, num_steps=5, speech_ids=SPEECH) == []


ROPE = {"rope_theta": 10000.0, "factor": 2.0, "rope_type": "linear"}


@pytest.mark.parametrize(
    "changes",
    [
        {"rope_parameters": ROPE},
        {"attention_bias": True},
        {"mlp_bias": True},
        {"hidden_act": "gelu"},
    ],
    ids=str,
)
def test_another_architecture_takes_transformers_forward(changes, prompts):
    model = make_llama(**changes)
    assert cpu_network(model) is None
    requests = [SamplingRequest("", seed) for seed in range(len(prompts))]
    options = {"num_steps": NUM_STEPS, "speech_ids": SPEECH}
    expected = generate_seeded(model, prompts, requests, PLAIN, **options)
    assert generate(model, prompts, requests, PLAIN, **options) == expected


def test_other_weights_take_transformers_forward(llama):
    assert cpu_network(make_llama().to(torch.bfloat16)) is None
    assert cpu_network(make_llama().train()) is None
    assert cpu_network(make_llama().to("meta")) is None
    adapted = make_llama()
    inner = adapted.model.layers[2].self_attn

    class Adapted(torch.nn.Linear):
        pass

    inner.q_proj = Adapted(64, 64, bias=False)
    assert cpu_network(adapted) is None
    assert cpu_network(llama) is not None


def test_exponentials_are_right():
    x = np.linspace(-59, 0, 4001, dtype=np.float32)
    ours = x.copy()
    exp_less(ours, np.float32(0), len(x), np.empty(len(x), np.int32))
    np.testing.assert_allclose(ours, np.exp(x.astype(np.float64)), rtol=3e-7)
    odd = np.array([np.nan, -np.inf, -1e9, 0], dtype=np.float32)
    exp_less(odd, np.float32(0), 4, np.empty(4, np.int32))
    assert np.isnan(odd[0])
    assert odd[1:].tolist() == pytest.approx([0, 0, 1], abs=1e-20)


def test_kernels_work_where_no_cache_can_be_written(monkeypatch):
    plain = numba.njit

    def without_cache(**options):
        if options.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return plain(**options)

    monkeypatch.setattr("selfverify.systems.numba_kernels.njit", without_cache)
    assert compiled("contract")(lambda number: number + 1)(2) == 3
