"""What trainings at tiny size learn: candidates of random codes, and settings of a few steps."""

import dataclasses

import numpy as np

from selfverify.distillation.finetuning import TrainingSettings
from selfverify.distillation.pools import TrainingCandidate
from selfverify.storage.records import FailureMode, StopReason
from selfverify.systems.csm import Csm
from selfverify.systems.llasa import Llasa
from selfverify.systems.orpheus import Orpheus

SETTINGS = TrainingSettings(
    ("sft",), 0.1, 1e-2, num_steps=4, batch_size=2, micro_batch_size=8, lora_rank=2, seed=1
)
TEXT = "Emma saw a lamp."


def candidates_of(system, num=6, num_frames=20):
    """Candidates of random codes, ended as a system would."""
    rng = np.random.default_rng(0)
    num_codebooks = {Llasa: 1, Orpheus: 7, Csm: 2}[type(system)]
    found = []
    for index in range(num):
        codes = rng.integers(1, system.codebook_size, (num_codebooks, num_frames))
        example = system.training_example(TEXT, codes)
        ids = example.input_ids[example.labels.count(-100) :]
        found.append(
            TrainingCandidate(
                f"u{index}", 0, TEXT, ids, StopReason.EOS, num_frames, 0.1, FailureMode.OK
            )
        )
    return found


def failed(candidate):
    return dataclasses.replace(candidate, score=2.0, failure_mode=FailureMode.SILENCE)
