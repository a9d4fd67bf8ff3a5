"""Records what a real vLLM draws, for `fake_vllm` to repeat; a build for CPUs will do.

`.venv-vllm/bin/python tests/support/record_vllm.py CHECKPOINT`, where CHECKPOINT is what
`tiny.make_system("llasa", ...)` writes. Each call of `generate` is a list of requests, so that the
same request is drawn alone and beside others.
"""

import json
import sys
from pathlib import Path

# Of the tiny tokenizer: "Ab 5." and "a", as test_systems.py has the first.
PROMPTS = [[54, 26, 27, 2, 21, 3, 55, 56], [54, 26, 55, 56]]
LARGE = 2**62 + 5  # seeds of candidates have 63 bits
CALLS = [
    [(0, 3), (1, LARGE)],
    [(0, 3)],
    [(1, LARGE), (0, 3), (1, 9)],
    *([(seed % 2, seed) for seed in range(start, start + 40)] for start in range(0, 400, 40)),
]
ANSWERS = Path(__file__).parent / "vllm_0_33" / "answers.json"


def record(checkpoint: str) -> None:
    """Writes the version and, of each call, prompts, seeds and ids."""
    import vllm

    engine = vllm.LLM(
        model=checkpoint, dtype="float32", skip_tokenizer_init=True, generation_config="vllm",
        max_model_len=256, seed=0, enforce_eager=True,
    )  # fmt: skip
    calls = []
    for call in CALLS:
        params = [
            vllm.SamplingParams(
                temperature=1.0, top_p=1.0, top_k=0, seed=seed, stop_token_ids=[57], max_tokens=13,
                detokenize=False,
            )
            for _, seed in call
        ]  # fmt: skip
        prompts = [{"prompt_token_ids": PROMPTS[number]} for number, _ in call]
        outputs = engine.generate(prompts, params, use_tqdm=False)
        calls.append([list(output.outputs[0].token_ids) for output in outputs])
    ANSWERS.write_text(json.dumps({"version": vllm.__version__, "calls": calls}) + "\n")


if __name__ == "__main__":
    record(sys.argv[1])
