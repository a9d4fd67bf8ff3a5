"""Train a mini language model on the encoded corpus and save it in the Hugging Face layout."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from selfverify.adapters import SYSTEMS
from selfverify.adapters.loading import load_class
from selfverify.codecs import load_codec
from selfverify.pretraining import TRAINABLE_LMS
from selfverify.pretraining.card import write_card
from selfverify.pretraining.lm import TrainableLM, draw_batch
from selfverify.pretraining.start import start_from
from selfverify.pretraining.trainer import TrainSettings, train
from selfverify.storage.checkpoints import CHECKSUMS
from selfverify.storage.tables import read_tables
from selfverify.systems.base import TrainingExample
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch

HELD_OUT_BATCH = 40
WORTH_COMPILING = 200  # steps, to make up for the minute that it takes


def pretrain_lm(
    *,
    corpus_codes: list[Path],
    adapter: str,
    codec_adapter: str,
    codec: Path,
    hidden_size: int,
    num_layers: int,
    start: str,
    num_steps: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    num_threads: int,
    device: str,
    checkpoint: Path,
    output: Path,
) -> None:
    """Trains a small model in a system's format; an interrupted run goes on from `checkpoint`.

    Args:
        corpus_codes: shards of the encoded corpus.
        adapter: the system whose format it is.
        codec_adapter: adapter of the codec.
        codec: checkpoint whose codes these are.
        hidden_size: of the model, a multiple of 64.
        num_layers: of the model.
        start: folder of a mini Llama of equal width to start from; empty to start from nothing.
        num_steps: at most; early stopping on the held-out loss may end before.
        batch_size: utterances a step.
        learning_rate: peak of the cycle.
        seed: of weights, batches and dropout.
        num_threads: of this process.
        device: "cpu" or "cuda".
        checkpoint: state of the run; removed at the end.
        output: folder of the trained model.
    """
    set_up_torch(num_threads)
    torch.manual_seed(seed)
    make: Any = load_class(TRAINABLE_LMS, adapter, "system to train")
    lm: TrainableLM = make(load_codec(codec_adapter, codec), hidden_size, num_layers)
    if start:
        start_from(lm, Path(start))
    lm.model.to(torch.device(device))  # type: ignore[arg-type]
    if num_steps >= WORTH_COMPILING:
        lm.compile()
    table = read_tables(corpus_codes).sort_values("utterance_id")
    training = _examples(lm, adapter, table.query("split == 'train'"))
    held_out = _examples(lm, adapter, table.query("split == 'dev'"))
    held_out.sort(key=lambda example: len(example.input_ids))
    lengths = np.array([len(example.input_ids) for example in training])

    def loss(rng: np.random.Generator) -> torch.Tensor:
        return lm.loss([training[i] for i in draw_batch(lengths, rng, batch_size)])

    def held_out_loss() -> float:
        starts = range(0, len(held_out), HELD_OUT_BATCH)
        return float(np.mean([lm.loss(held_out[i : i + HELD_OUT_BATCH]).item() for i in starts]))

    settings = TrainSettings(
        num_steps, learning_rate, seed, weight_decay=0.05, evaluate_every=100, is_muon=True
    )
    state = train(
        lm.model,
        settings=settings,
        loss=loss,
        held_out_loss=held_out_loss,
        checkpoint=checkpoint,
        name=output.name,
    )
    lm.model.half().save_pretrained(output)
    lm.tokenizer.save_pretrained(output)
    inputs = [*corpus_codes, *([Path(start, CHECKSUMS)] if start else [])]
    write_card(
        lm.model, output, state=state, command=sys.argv, corpus=inputs,
        start=Path(start) if start else None,
    )  # fmt: skip
    checkpoint.unlink(missing_ok=True)  # a later run begins anew, whatever it learns from


def _examples(lm: TrainableLM, adapter: str, table: pd.DataFrame) -> list[TrainingExample]:
    """Ids and labels as the system's own adapter makes them."""
    with tempfile.TemporaryDirectory() as folder:
        lm.tokenizer.save_pretrained(folder)
        lm.model.config.save_pretrained(folder)
        system = load_class(SYSTEMS, adapter, "system")(folder, load_model=False)
    return [
        system.training_example(row["text"], np.stack(row["codes"]))
        for row in table.to_dict("records")
    ]


if __name__ == "__main__":
    run_script(pretrain_lm)
