"""The contract of `engine: vllm`, by what a real vLLM drew from the same tiny Llasa once."""

import json
from dataclasses import replace

import pytest

from fake_vllm import make_interpreter, recorded_calls
from selfverify.errors import InputError
from selfverify.sampling.pools import draw_pools
from selfverify.storage.records import StopReason, Utterance
from selfverify.systems import load_system
from selfverify.systems.base import RepetitionAwareSettings, SamplingRequest, SamplingSettings
from selfverify.systems.vllm_engine import PYTHON, cut_after_speech
from tiny import NUM_CODEBOOKS, NUM_CODES

SETTINGS = SamplingSettings(temperature=1.0, top_p=1.0, top_k=0, max_audio_s=0.26)
TEXTS = ["Ab 5.", "a"]  # of the recorded prompts
REQUESTS = [SamplingRequest(TEXTS[seed % 2], seed) for seed in range(400)]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """What vLLM was given, a line each: an engine's arguments, then those of each request."""
    python, log = make_interpreter(tmp_path_factory.mktemp("vllm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PYTHON, str(python))
        yield log


@pytest.fixture(scope="module")
def system(asked, tiny_systems):
    return load_system("llasa-vllm", tiny_systems["llasa"])


@pytest.fixture(scope="module")
def results(system):
    return system.sample(REQUESTS, SETTINGS)


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_vllm_draws_a_request_alike_alone_and_beside_others():
    first, alone, other, *_ = recorded_calls()
    for key, ids in (alone | {(1, 2**62 + 5): first[1, 2**62 + 5]}).items():
        assert first[key] == other[key] == ids
    drawn = [tuple(ids) for call in recorded_calls() for ids in call.values()]
    assert len(set(drawn)) > 390  # other seeds, other ids


def test_codes_and_stop_reasons_are_those_of_the_recorded_ids(results):
    recorded = {seed: ids for call in recorded_calls() for (_, seed), ids in call.items()}
    for request, result in zip(REQUESTS, results, strict=True):
        ids = recorded[request.seed]
        assert result.token_ids == ids[: len(result.token_ids)]
        assert result.codes.shape[0] == NUM_CODEBOOKS["llasa"]
        assert ((result.codes >= 0) & (result.codes < NUM_CODES["llasa"])).all()
        if result.stop_reason is StopReason.CAP:
            assert result.codes.shape[1] == len(ids) == 13
        if result.stop_reason is StopReason.EOS:
            assert ids[-1] == 57
    assert {result.stop_reason for result in results} == set(StopReason)


def test_each_setting_is_given_explicitly(tiny_systems, asked):
    # .26 s: 13 frames of a token, and the 4 frames of 85 ms that hold it, of 7 tokens each.
    for adapter, num_steps in (("llasa", 13), ("orpheus", 28)):
        asked.unlink(missing_ok=True)
        system = load_system(f"{adapter}-vllm", tiny_systems[adapter])
        settings = replace(SETTINGS, top_k=50, top_p=0.9, repetition_penalty=1.1)
        system.sample([SamplingRequest("Ab 5.", 2**62 + 5)], settings)
        engine, given = lines(asked)
        assert engine == {
            "model": str(tiny_systems[adapter]), "dtype": "float32", "max_model_len": 2048,
            "seed": 0, "skip_tokenizer_init": True,
            "generation_config": "vllm",  # or its top-k of 50 and its ends would be added
        }  # fmt: skip
        assert given == {
            "temperature": 1.0, "top_p": 0.9, "top_k": 50, "repetition_penalty": 1.1,
            "seed": 2**62 + 5, "stop_token_ids": sorted(system.stop_ids),
            "max_tokens": num_steps, "detokenize": False,
        }  # fmt: skip


def test_pools_are_drawn_through_it(system, results, monkeypatch):
    utterances = [Utterance(f"u-{i}", t, (t,), "x", "hard", 1, 1.0) for i, t in enumerate(TEXTS)]
    # Seeds that were recorded: 2 × index of the first text, and one more of the second.
    monkeypatch.setattr(
        "selfverify.sampling.pools.candidate_seed",
        lambda base, name, key, index: 2 * index + int(key[-1]),
    )
    pool = draw_pools(
        system, utterances, SETTINGS, name="s", identity="x", pool_size=3, base_seed=0,
        batch_size=4,
    )  # fmt: skip
    drawn = [(c.utterance_id, c.candidate_index, c.token_ids) for c in pool]
    expected = [(f"u-{i}", n, results[2 * n + i].token_ids) for i in (0, 1) for n in range(3)]
    assert drawn == expected


@pytest.mark.parametrize(
    ("ids", "kept"),
    [([5, 6, 9], [5, 6, 9]), ([5, 2, 6], [5, 2]), ([2], [2]), ([5, 6], [5, 6]), ([], [])],
)
def test_ids_end_with_the_first_that_is_no_speech(ids, kept):
    assert cut_after_speech(ids, 5, 7) == kept


def test_what_vllm_lacks_or_refuses_is_said_in_a_line(system):
    aware = RepetitionAwareSettings(**SETTINGS.__dict__)
    with pytest.raises(InputError, match="no repetition-aware sampling; set `engine: transf"):
        system.sample(REQUESTS[:1], aware)
    with pytest.raises(InputError, match=r"temperature must be in \[0, 2\], got 3\.0\.; mend"):
        system.sample(REQUESTS[:1], replace(SETTINGS, temperature=3.0))
    with pytest.raises(InputError, match="positions, vLLM keeps 2048; lower `max_audio_s`"):
        system.sample(REQUESTS[:1], replace(SETTINGS, max_audio_s=1000.0))
    with pytest.raises(InputError, match="tokenizer lacks '£'"):
        system.sample([SamplingRequest("Pay £5.", 0)], SETTINGS)


def test_a_missing_environment_is_named_with_the_cure(tiny_systems, monkeypatch):
    monkeypatch.setenv(PYTHON, "/nowhere/python")
    with pytest.raises(InputError, match="no /nowhere/python; make its environment with `make vl"):
        load_system("llasa-vllm", tiny_systems["llasa"])
    prompter = load_system("llasa-vllm", tiny_systems["llasa"], load_model=False)
    assert prompter.prompt_ids("a") == [54, 26, 55, 56]


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("raise ImportError('libcudart.so.13: no such file')", "libcudart.so.13: no such file"),
        ("import os\nos._exit(7)", "vLLM's process ended, see what it printed"),
    ],
)
def test_an_environment_that_does_not_work_is_named(
    tiny_systems, monkeypatch, tmp_path, module, message
):
    python, _ = make_interpreter(tmp_path, module)
    monkeypatch.setenv(PYTHON, str(python))
    with pytest.raises(InputError, match=message):
        load_system("llasa-vllm", tiny_systems["llasa"])


def test_its_process_ends_with_the_system(tiny_systems, asked):
    system = load_system("llasa-vllm", tiny_systems["llasa"])
    process = system.engine._process
    assert process.poll() is None
    del system
    process.wait(timeout=60)
    assert process.returncode == 0
