"""Train a mini codec on the corpus and save it in the layout of the real one."""

import sys
from pathlib import Path

import numpy as np
import torch

from selfverify.adapters.loading import load_class
from selfverify.audio.samples import decode_flac
from selfverify.audio.voice import SAMPLE_RATE
from selfverify.codecs.base import pad_to_frames
from selfverify.pretraining import TRAINABLE_CODECS
from selfverify.pretraining.card import write_card
from selfverify.pretraining.codec import CodecClip, MelLoss, TrainableCodec, draw_crops
from selfverify.pretraining.trainer import TrainSettings, train
from selfverify.storage.tables import read_tables
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch

HELD_OUT_CLIPS = 64


def pretrain_codec(
    *,
    corpus: list[Path],
    adapter: str,
    num_clips: int,
    num_steps: int,
    learning_rate: float,
    seed: int,
    num_threads: int,
    device: str,
    checkpoint: Path,
    output: Path,
) -> None:
    """Trains a mini codec; an interrupted run goes on from `checkpoint`.

    Args:
        corpus: shards of the corpus.
        adapter: which codec.
        num_clips: how many of its training utterances are used, held in memory.
        num_steps: at most; early stopping on the held-out loss may end before.
        learning_rate: peak of the cycle.
        seed: of weights and batches.
        num_threads: of this process.
        device: "cpu" or "cuda".
        checkpoint: state of the run; removed at the end.
        output: folder of the trained codec.
    """
    set_up_torch(num_threads)
    table = read_tables(corpus).sort_values("utterance_id")
    torch.manual_seed(seed)
    codec = load_class(TRAINABLE_CODECS, adapter, "codec to train")().to(device)
    training = _clips(table[table.split == "train"].head(num_clips), codec)
    held_out = _clips(table[table.split == "dev"].head(HELD_OUT_CLIPS), codec)
    distance = MelLoss(sample_rate=SAMPLE_RATE).to(device)

    def loss_of(clips: list[CodecClip], rng: np.random.Generator) -> torch.Tensor:
        size = {"num_crops": codec.num_crops, "num_frames": codec.crop_frames}
        frames, audio = (part.to(device) for part in draw_crops(clips, rng, **size))
        decoded, codebook_loss = codec(frames)
        return distance(decoded, audio) + codebook_loss * codec.training

    def held_out_loss() -> float:
        rng = np.random.default_rng(seed)  # the same crops each time
        return float(np.mean([loss_of(held_out, rng).item() for _ in range(4)]))

    state = train(
        codec,
        settings=TrainSettings(num_steps, learning_rate, seed),
        loss=lambda rng: loss_of(training, rng),
        held_out_loss=held_out_loss,
        checkpoint=checkpoint,
        name=output.name,
    )
    codec.save(output)
    write_card(codec.model, output, state=state, command=sys.argv, corpus=corpus)
    checkpoint.unlink(missing_ok=True)  # a later run begins anew, whatever it learns from


def _clips(table, codec: TrainableCodec) -> list[CodecClip]:
    clips = []
    for row in progress(table.itertuples(), total=len(table), name="features", unit="clip"):
        audio = pad_to_frames(decode_flac(row.audio["bytes"])[0], codec.hop_length)
        if len(audio) >= codec.crop_frames * codec.hop_length:
            clips.append(CodecClip(audio, codec.frames(audio)))
    return clips


if __name__ == "__main__":
    run_script(pretrain_codec)
