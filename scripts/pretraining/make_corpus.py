"""One shard of the mini training corpus: sentences of the grammar, spoken by the voice.

A row: utterance_id "corpus-00017", text "Peter has 20 old desks.", spoken "Peter has twenty old
desks." (what the voice was given), split "train" or "dev" (held out for early stopping), audio
(FLAC), sample_rate, duration_s.
"""

from pathlib import Path

import pandas as pd

from selfverify.audio.samples import encode_flac
from selfverify.audio.voice import SAMPLE_RATE, load_voice, speak
from selfverify.prompts.corpus import corpus_sentences
from selfverify.storage.tables import write_table
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script


def make_corpus(
    *, num_utterances: int, num_dev: int, seed: int, shard: int, num_shards: int, output: Path
) -> None:
    """Writes every `num_shards`-th utterance of the corpus, from number `shard` on.

    Args:
        num_utterances: of the whole corpus.
        num_dev: how many of them, the last, are held out.
        seed: of the sentences.
        shard: which part, counted from 0.
        num_shards: number of parts.
        output: Parquet file to write.
    """
    sentences = list(enumerate(corpus_sentences(num_utterances, seed)))
    voice = load_voice()
    rows = []
    part = sentences[shard::num_shards]
    for index, sentence in progress(part, name=f"corpus {shard}", unit="utt"):
        audio = speak(voice, sentence.spoken[0])
        rows.append(
            {
                "utterance_id": f"corpus-{index:05d}",
                "text": sentence.text,
                "spoken": sentence.spoken[0],
                "split": "dev" if index >= num_utterances - num_dev else "train",
                "audio": {"bytes": encode_flac(audio, SAMPLE_RATE), "path": None},
                "sample_rate": SAMPLE_RATE,
                "duration_s": len(audio) / SAMPLE_RATE,
            }
        )
    write_table(pd.DataFrame(rows), output)


if __name__ == "__main__":
    run_script(make_corpus)
