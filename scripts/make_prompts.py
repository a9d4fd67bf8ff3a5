"""One prompt set of the mini track."""

from pathlib import Path

from selfverify.command import run_script
from selfverify.prompts.grammar import corpus_sentences
from selfverify.prompts.mini import make_prompt_set
from selfverify.tables import write_records


def make_prompts(
    *,
    prompt_set: str,
    num_utterances: int,
    seed: int,
    corpus_num_utterances: int,
    corpus_seed: int,
    output: Path,
) -> None:
    """Writes the utterances of a prompt set, none of them a sentence of the training corpus.

    Args:
        prompt_set: "standard" or "hard".
        num_utterances: how many.
        seed: of the draw.
        corpus_num_utterances: of the corpus that the mini systems were trained on.
        corpus_seed: of that corpus.
        output: Parquet file to write.
    """
    corpus = set(corpus_sentences(corpus_num_utterances, corpus_seed))
    utterances = make_prompt_set(
        prompt_set, num_utterances=num_utterances, seed=seed, excluded=corpus
    )
    write_records(utterances, output)


if __name__ == "__main__":
    run_script(make_prompts)
