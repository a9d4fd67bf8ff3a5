"""One prompt set of texts that somebody brings."""

from pathlib import Path

from selfverify.audio.pace import LIBRISPEECH_READERS, MINI_VOICE
from selfverify.prompts.covariates import write_prompts
from selfverify.prompts.own import own_prompts
from selfverify.workflow.script import run_script

PACES = {"mini voice": MINI_VOICE, "readers": LIBRISPEECH_READERS}


def read_own_texts(
    *, texts: Path, prompt_set: str, num_utterances: int, pace: str, output: Path
) -> None:
    """Writes the utterances of a prompt set.

    Args:
        texts: table with the column text; see `selfverify.prompts.own`.
        prompt_set: its name.
        num_utterances: how many, the first of the table.
        pace: whose pace they are expected to be said at, a key of `PACES`.
        output: Parquet file to write.
    """
    utterances = own_prompts(texts, prompt_set, num_utterances=num_utterances, pace=PACES[pace])
    write_prompts(utterances, output)


if __name__ == "__main__":
    run_script(read_own_texts)
