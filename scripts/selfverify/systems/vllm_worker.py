"""Runs in vLLM's own environment and imports nothing of this package: draws ids for `vllm_engine`.

A line of JSON in, a line out. The first starts the engine, `{"engine": {...}}`, the arguments of
`vllm.LLM`; each later one draws, `{"prompts": [ids, ...], "params": [{...}, ...]}`, the arguments
of `vllm.SamplingParams`. Answers are `{"version": ...}`, `{"ids": [...]}` or `{"error": ...}`.
"""

import json
import os
import sys
from typing import Any, TextIO


def main() -> None:
    """Answers until the input ends."""
    answers = _own_output()
    engine: Any = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if "engine" in asked:
                engine, answer = _start(asked["engine"])
            else:
                answer = {"ids": _draw(engine, asked["prompts"], asked["params"])}
        except Exception as error:  # whatever it is, the other side says it to the user
            answer = {"error": f"{type(error).__name__}: {str(error).strip()[:500]}"}
        print(json.dumps(answer), file=answers, flush=True)


def _own_output() -> TextIO:
    """Standard output as it was; what vLLM and its children print there goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _start(options: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    import vllm  # pyright: ignore[reportMissingImports]

    return vllm.LLM(**options), {"version": vllm.__version__}


def _draw(engine: Any, prompts: list[list[int]], params: list[dict[str, Any]]) -> list[list[int]]:
    from vllm import SamplingParams  # pyright: ignore[reportMissingImports]

    outputs = engine.generate(
        [{"prompt_token_ids": ids} for ids in prompts],
        [SamplingParams(**options) for options in params],
        use_tqdm=False,
    )
    return [list(output.outputs[0].token_ids) for output in outputs]


if __name__ == "__main__":
    main()
