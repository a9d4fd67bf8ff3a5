"""One prompt set of the paper track: LibriSpeech's transcripts in written form."""

from pathlib import Path

import numpy as np

from selfverify.prompts.covariates import write_prompts
from selfverify.prompts.librispeech import choose_utterances, read_utterances
from selfverify.workflow.script import run_script


def make_librispeech_prompts(
    *, source: Path, prompt_set: str, num_utterances: int, max_s: float, seed: int, output: Path
) -> None:
    """Writes a choice of a split's utterances, speakers in turn.

    Args:
        source: archive or folder of a LibriSpeech split.
        prompt_set: its name.
        num_utterances: how many.
        max_s: longest human recording, in seconds.
        seed: of the choice.
        output: Parquet file to write.
    """
    rng = np.random.default_rng([seed, *prompt_set.encode()])
    utterances = read_utterances(source, prompt_set)
    chosen = choose_utterances(utterances, num_utterances=num_utterances, max_s=max_s, rng=rng)
    write_prompts(chosen, output)


if __name__ == "__main__":
    run_script(make_librispeech_prompts)
