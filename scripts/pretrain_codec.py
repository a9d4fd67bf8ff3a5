"""Train the mini codec on the corpus and save it in the Hugging Face layout."""

import sys
from pathlib import Path

import numpy as np
import torch

from selfverify.audio import decode_flac
from selfverify.codecs.xcodec2 import pad_to_frames, semantic_features
from selfverify.command import run_script
from selfverify.pretraining.card import save_with_card
from selfverify.pretraining.codec import (
    HOP_LENGTH,
    CodecClip,
    MelLoss,
    TrainableXcodec2,
    draw_crops,
    mini_xcodec2_config,
)
from selfverify.pretraining.trainer import TrainSettings, train
from selfverify.progress import progress
from selfverify.tables import read_tables
from selfverify.torch_setup import set_up_torch

CROP_FRAMES = 50
CROPS = 16
HELD_OUT_CLIPS = 64


def pretrain_codec(
    *,
    corpus: list[Path],
    num_clips: int,
    num_steps: int,
    learning_rate: float,
    seed: int,
    num_threads: int,
    checkpoint: Path,
    output: Path,
) -> None:
    """Trains `mini-xcodec2`; an interrupted run goes on from `checkpoint`.

    Args:
        corpus: shards of the corpus.
        num_clips: how many of its training utterances are used, held in memory.
        num_steps: at most; early stopping on the held-out loss may end before.
        learning_rate: peak of the cycle.
        seed: of weights and batches.
        num_threads: of this process.
        checkpoint: state of the run.
        output: folder of the trained codec.
    """
    set_up_torch(num_threads)
    table = read_tables(corpus).sort_values("utterance_id")
    training = _clips(table[table.split == "train"].head(num_clips))
    held_out = _clips(table[table.split == "dev"].head(HELD_OUT_CLIPS))
    torch.manual_seed(seed)
    model = TrainableXcodec2(mini_xcodec2_config())
    distance = MelLoss(sample_rate=16_000)

    def loss_of(clips: list[CodecClip], rng: np.random.Generator) -> torch.Tensor:
        features, audio = draw_crops(clips, rng, num_crops=CROPS, num_frames=CROP_FRAMES)
        return distance(model(features)[0], audio)

    def held_out_loss() -> float:
        rng = np.random.default_rng(seed)  # the same crops each time
        return float(np.mean([loss_of(held_out, rng).item() for _ in range(4)]))

    state = train(
        model,
        settings=TrainSettings(num_steps, learning_rate, seed),
        loss=lambda rng: loss_of(training, rng),
        held_out_loss=held_out_loss,
        checkpoint=checkpoint,
        name="mini-xcodec2",
    )
    save_with_card(model.fold(), output, state=state, command=sys.argv, corpus=corpus)


def _clips(table) -> list[CodecClip]:
    clips = []
    for row in progress(table.itertuples(), total=len(table), name="features", unit="clip"):
        audio = pad_to_frames(decode_flac(row.audio["bytes"])[0], HOP_LENGTH)
        if len(audio) >= CROP_FRAMES * HOP_LENGTH:
            clips.append(CodecClip(audio, semantic_features(audio, HOP_LENGTH)))
    return clips


if __name__ == "__main__":
    run_script(pretrain_codec)
