"""One prompt set of the mini track."""

from pathlib import Path

from selfverify.prompts.corpus import corpus_sentences
from selfverify.prompts.covariates import reading_words, write_prompts
from selfverify.prompts.mini import make_prompt_set
from selfverify.prompts.overlap import apart_from
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_records
from selfverify.workflow.script import run_script


def make_prompts(
    *,
    prompt_set: str,
    num_utterances: int,
    seed: int,
    corpus_num_utterances: int,
    corpus_seed: int,
    evaluation: list[Path],
    max_overlap: float,
    output: Path,
) -> None:
    """Writes the utterances of a prompt set, none of them a sentence of the training corpus.

    Args:
        prompt_set: "standard", "hard", "calibration" or "train".
        num_utterances: how many.
        seed: of the draw.
        corpus_num_utterances: of the corpus that the mini systems were trained on.
        corpus_seed: of that corpus.
        evaluation: prompt sets to keep apart from.
        max_overlap: with a prompt of these, at and above which a sentence is refused.
        output: Parquet file to write.
    """
    corpus = corpus_sentences(corpus_num_utterances, corpus_seed)
    evaluated = [u for path in evaluation for u in read_records(Utterance, path)]
    utterances = make_prompt_set(
        prompt_set,
        num_utterances=num_utterances,
        seed=seed,
        conflict=apart_from((s.text for s in corpus), evaluated, max_overlap),
    )
    trained = {word for sentence in corpus for word in reading_words(sentence.readings[0])}
    write_prompts(utterances, output, trained)


if __name__ == "__main__":
    run_script(make_prompts)
