"""`engine: vllm`: the Llama systems drawn by vLLM, which lives in an environment of its own.

vLLM pins other versions of torch and transformers than this package, so that it is never imported
here: prompts and codes are made here, ids there, by `vllm_worker`. What is passed are arguments of
`vllm.LLM`, `vllm.SamplingParams` and `vllm.inputs.TokensPrompt` of vLLM 0.33.0.

A request's ids depend on its prompt, seed and settings, as everywhere, but another generator draws
them: the same seed gives other ids than `engine: transformers`. vLLM does not say whether logits
were numbers, so that `NoNumbers` is never raised.
"""

import json
import os
import subprocess
import weakref
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from transformers import LlamaConfig

from selfverify.errors import InputError
from selfverify.systems import vllm_worker
from selfverify.systems.base import (
    RepetitionAwareSettings,
    SampledCodes,
    SamplingRequest,
    SamplingSettings,
)
from selfverify.systems.llama import LlamaSystem
from selfverify.systems.llasa import Llasa
from selfverify.systems.orpheus import Orpheus

PYTHON = "SELFVERIFY_VLLM_PYTHON"  # environment variable: the interpreter that has vLLM
MADE_BY_MAKE = ".venv-vllm/bin/python"
INSTEAD = "mend that, or set `engine: transformers`"
CURE = "make its environment with `make vllm`, or set `engine: transformers`"
# Of prompt and candidate together, for which vLLM plans its cache: what Orpheus was trained on.
MAX_POSITIONS = 8192


class VllmEngine:
    """A process of vLLM with one checkpoint.

    Args:
        checkpoint: folder.
        dtype: of the weights, a name of torch's.
        device: "cpu" for a CPU build of vLLM, "cuda", or one of several cards, "cuda:1".
        num_positions: of a prompt and what follows it, at most.

    Raises:
        InputError: if the environment is missing, or vLLM cannot load the checkpoint.
    """

    def __init__(
        self, checkpoint: str | Path, *, dtype: str, device: str, num_positions: int
    ) -> None:
        self.name = Path(checkpoint).name
        python = os.environ.get(PYTHON, MADE_BY_MAKE)
        if not Path(python).exists():
            raise InputError(f"engine: vllm: no {python}; {CURE}")
        self._process = subprocess.Popen(
            # -P: the worker's folder is no place to import from.
            [python, "-P", vllm_worker.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(device),
        )
        weakref.finalize(self, _stop, self._process)
        self.version = self._ask(
            {
                "engine": {
                    "model": str(checkpoint),
                    "dtype": dtype,
                    "max_model_len": num_positions,
                    "seed": 0,  # of what has no seed of its own: nothing here
                    # Ids in, ids out; nor may generation_config.json add to what is asked for.
                    "skip_tokenizer_init": True,
                    "generation_config": "vllm",
                }
            }
        )["version"]

    def draw(
        self,
        prompts: Sequence[Sequence[int]],
        seeds: Sequence[int],
        settings: SamplingSettings,
        *,
        num_steps: int,
        stop_ids: Sequence[int],
    ) -> list[list[int]]:
        """Returns the new ids of each prompt, the one of `stop_ids` that ended it included.

        Args:
            prompts: token ids, one list per request.
            seeds: of each.
            settings: of sampling.
            num_steps: ids to draw at most.
            stop_ids: that end a row.

        Raises:
            InputError: if vLLM refuses a setting, or its process ends.
        """
        params = [sampling_params(settings, seed, num_steps, stop_ids) for seed in seeds]
        return self._ask({"prompts": [list(ids) for ids in prompts], "params": params})["ids"]

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            raise InputError(
                f"{self.name}: vLLM's process ended, see what it printed; {CURE}"
            ) from None
        if "error" in answer:
            raise InputError(f"{self.name}: vLLM: {answer['error']}; {INSTEAD}")
        return answer


def sampling_params(
    settings: SamplingSettings, seed: int, num_steps: int, stop_ids: Sequence[int]
) -> dict[str, Any]:
    """Returns the arguments of `vllm.SamplingParams` for one request; each of ours is explicit."""
    return {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_k": settings.top_k,  # 0 switches it off there too
        "repetition_penalty": settings.repetition_penalty,
        "seed": seed,
        "stop_token_ids": sorted(stop_ids),
        "max_tokens": num_steps,
        "detokenize": False,
    }


def cut_after_speech(ids: Sequence[int], first_id: int, last_id: int) -> list[int]:
    """Returns ids up to and including the first that is no speech.

    vLLM stops at the ids that end speech; of the others there are a hundred thousand.
    """
    speech = list(takewhile(lambda token: first_id <= token <= last_id, ids))
    return [*speech, *ids[len(speech) : len(speech) + 1]]


class _ByVllm(LlamaSystem):
    """What a Llama system is with this engine; stands before the system's class."""

    def _load_model(self, checkpoint: str | Path, device: str, dtype: str) -> None:
        longest = LlamaConfig.from_pretrained(checkpoint).max_position_embeddings
        self.num_positions = min(longest, MAX_POSITIONS)
        self.engine = VllmEngine(
            checkpoint, dtype=dtype, device=device, num_positions=self.num_positions
        )
        # What pools ask of a model: no path of ours runs it.
        self.model = SimpleNamespace(device=torch.device(device), dtype=getattr(torch, dtype))

    def sample(
        self, requests: Sequence[SamplingRequest], settings: SamplingSettings
    ) -> list[SampledCodes]:
        """Returns one result per request; see `TTSSystem.sample`.

        Raises:
            InputError: if vLLM has no such sampling, or a candidate more positions than it keeps.
        """
        if isinstance(settings, RepetitionAwareSettings):
            raise InputError(
                f"{self.name}: vLLM has no repetition-aware sampling; set `engine: transformers`"
            )
        num_steps = self.num_steps(settings)
        prompts = [self.prompt_ids(request.text) for request in requests]
        self._check_room(prompts, num_steps)
        drawn = self.engine.draw(
            prompts,
            [request.seed for request in requests],
            settings,
            num_steps=num_steps,
            stop_ids=sorted(self.stop_ids),
        )
        cut = [cut_after_speech(ids, self.first_code_id, self.last_code_id) for ids in drawn]
        return [self.parse(ids) for ids in cut]

    def _check_room(self, prompts: Sequence[Sequence[int]], num_steps: int) -> None:
        """At its last position vLLM would end a candidate, as if it were the cap."""
        wanted = max(map(len, prompts), default=0) + num_steps
        if wanted > self.num_positions:
            raise InputError(
                f"{self.engine.name}: a prompt and its candidate take {wanted} positions, vLLM "
                f"keeps {self.num_positions}; lower `max_audio_s`, or set `engine: transformers`"
            )


class VllmLlasa(_ByVllm, Llasa):
    """Llasa, drawn by vLLM."""


class VllmOrpheus(_ByVllm, Orpheus):
    """Orpheus, drawn by vLLM."""


def _environment(device: str) -> dict[str, str]:
    """This process's variables, without its modules, and with the one card that is asked for."""
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    number = device.partition(":")[2]
    if number:
        listed = [card for card in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if card]
        variables["CUDA_VISIBLE_DEVICES"] = listed[int(number)] if listed else number
    return variables


def _stop(process: subprocess.Popen[str]) -> None:
    """Ends the worker as it ends by itself, at the end of its input."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
