"""An interpreter whose vLLM repeats what a real one drew.

Names of arguments are those of 0.33.0, read in its wheel (`api.json`); ids are those of the build
of 0.32.0 for CPUs (`answers.json`, by `record_vllm.py`). What was not recorded ends at
once.
"""

import json
import stat
import sys
from pathlib import Path

from record_vllm import ANSWERS, CALLS, PROMPTS

API = ANSWERS.with_name("api.json")

MODULE = """
import json
from pathlib import Path
from types import SimpleNamespace

API = json.loads(Path({api!r}).read_text())
DRAWN = json.loads(Path({drawn!r}).read_text())
__version__ = API["version"]
print("INFO what vLLM prints on standard output")


class SamplingParams:
    def __init__(self, **options):
        unknown = options.keys() - set(API["SamplingParams"])
        if unknown:
            raise TypeError(f"Unexpected keyword argument {{unknown}}")
        if not 0 <= options["temperature"] <= 2:
            raise ValueError(f"temperature must be in [0, 2], got {{options['temperature']}}.")
        self.options = options


class LLM:
    def __init__(self, model, **options):
        unknown = options.keys() - set(API["LLM"])
        if unknown:
            raise TypeError(f"unexpected keyword argument {{unknown}}")
        with open({log!r}, "a") as log:
            print(json.dumps({{"model": model, **options}}), file=log)

    def generate(self, prompts, sampling_params=None, *, use_tqdm=True):
        if len(prompts) != len(sampling_params):
            raise ValueError("The lengths of prompts and sampling_params must be the same.")
        return [self._output(p, s.options) for p, s in zip(prompts, sampling_params)]

    def _output(self, prompt, options):
        with open({log!r}, "a") as log:
            print(json.dumps(options), file=log)
        key = json.dumps([prompt["prompt_token_ids"], options["seed"]])
        ids = DRAWN.get(key, options["stop_token_ids"][:1])
        return SimpleNamespace(outputs=[SimpleNamespace(token_ids=tuple(ids))])
"""


def recorded_calls() -> list[dict[tuple[int, int], list[int]]]:
    """Returns, of each call, the number of the prompt and the seed of each request, and its ids."""
    answers = json.loads(ANSWERS.read_text())["calls"]
    return [dict(zip(call, ids, strict=True)) for call, ids in zip(CALLS, answers, strict=True)]


def make_interpreter(folder: Path, module: str = MODULE) -> tuple[Path, Path]:
    """Writes a Python with that vLLM; returns it and the file of what its vLLM is given."""
    log, drawn, package = folder / "asked.jsonl", folder / "drawn.json", folder / "site" / "vllm.py"
    ids = {
        json.dumps([PROMPTS[number], seed]): ids
        for call in recorded_calls()
        for (number, seed), ids in call.items()
    }
    drawn.write_text(json.dumps(ids))
    package.parent.mkdir()
    package.write_text(module.format(log=str(log), api=str(API), drawn=str(drawn)))
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{package.parent}" exec "{sys.executable}" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return python, log
