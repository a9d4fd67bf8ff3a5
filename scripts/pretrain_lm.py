"""Train a mini Llasa on the encoded corpus and save it in the Hugging Face layout."""

import sys
import tempfile
from math import prod
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaForCausalLM, Xcodec2Config

from selfverify.command import run_script
from selfverify.pretraining.card import save_with_card
from selfverify.pretraining.lm import (
    collate,
    draw_batch,
    mean_loss,
    mini_llasa_config,
    mini_llasa_tokenizer,
)
from selfverify.pretraining.trainer import TrainSettings, train
from selfverify.systems.base import TrainingExample
from selfverify.systems.llasa import Llasa
from selfverify.tables import read_tables
from selfverify.torch_setup import set_up_torch

HELD_OUT_BATCH = 40


def pretrain_lm(
    *,
    corpus_codes: list[Path],
    codec: Path,
    hidden_size: int,
    num_layers: int,
    num_steps: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    num_threads: int,
    checkpoint: Path,
    output: Path,
) -> None:
    """Trains a small Llama in Llasa's format; an interrupted run goes on from `checkpoint`.

    Args:
        corpus_codes: shards of the encoded corpus.
        codec: checkpoint whose codes these are.
        hidden_size: of the model, a multiple of 64.
        num_layers: of the model.
        num_steps: at most; early stopping on the held-out loss may end before.
        batch_size: utterances a step.
        learning_rate: peak of the cycle.
        seed: of weights, batches and dropout.
        num_threads: of this process.
        checkpoint: state of the run.
        output: folder of the trained model.
    """
    set_up_torch(num_threads)
    torch.manual_seed(seed)
    levels = Xcodec2Config.from_pretrained(codec).quantization_levels
    tokenizer = mini_llasa_tokenizer(prod(levels))
    training, held_out = _examples(corpus_codes, tokenizer)
    lengths = np.array([len(example.input_ids) for example in training])
    model = LlamaForCausalLM(mini_llasa_config(len(tokenizer), hidden_size, num_layers))
    pad_id = tokenizer.convert_tokens_to_ids("<|pad|>")
    assert isinstance(pad_id, int)

    def loss(rng: np.random.Generator) -> torch.Tensor:
        batch = [training[i] for i in draw_batch(lengths, rng, batch_size)]
        return mean_loss(model, collate(batch, pad_id))

    def held_out_loss() -> float:
        starts = range(0, len(held_out), HELD_OUT_BATCH)
        batches = (collate(held_out[i : i + HELD_OUT_BATCH], pad_id) for i in starts)
        return float(np.mean([mean_loss(model, batch).item() for batch in batches]))

    state = train(
        model,
        settings=TrainSettings(
            num_steps, learning_rate, seed, weight_decay=0.05, evaluate_every=200
        ),
        loss=loss,
        held_out_loss=held_out_loss,
        checkpoint=checkpoint,
        name=output.name,
    )
    save_with_card(
        model, output, state=state, command=sys.argv, corpus=corpus_codes, tokenizer=tokenizer
    )


def _examples(shards, tokenizer) -> tuple[list[TrainingExample], list[TrainingExample]]:
    """Training and held-out examples, the latter sorted by length."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        system = Llasa(folder, load_model=False)
    table = read_tables(shards).sort_values("utterance_id")
    by_split: dict[str, list[TrainingExample]] = {"train": [], "dev": []}
    for row in table.to_dict("records"):
        codes = np.stack(row["codes"])
        by_split[row["split"]].append(system.training_example(row["text"], codes))
    held_out = sorted(by_split["dev"], key=lambda example: len(example.input_ids))
    return by_split["train"], held_out


if __name__ == "__main__":
    run_script(pretrain_lm)
