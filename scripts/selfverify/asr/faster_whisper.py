"""Whisper through CTranslate2 (the package faster-whisper): a model name, or a folder."""

from math import ceil

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.transcribe import Segment

from selfverify.asr.base import Hypothesis, Recogniser, join_segments
from selfverify.audio.samples import RECOGNISER_RATE


class FasterWhisper(Recogniser):
    """`faster-whisper`, greedy.

    On a CPU weights are int8 unless told otherwise: two processes on two cores took .55 s a clip,
    .80 s with float32 (batches of 4 and 16, the faster of each).
    """

    def __init__(
        self, model: str, *, device: str = "cpu", compute_type: str | None = None, **options
    ) -> None:
        super().__init__(**options)
        compute_type = compute_type or ("int8_float32" if device == "cpu" else "float16")
        self.model = WhisperModel(
            str(model), device=device, compute_type=compute_type, cpu_threads=1, num_workers=1
        )
        self.pipeline = BatchedInferencePipeline(self.model)

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        # The package batches the clips of one recording: lay them side by side, each from a whole
        # second on, and find a segment's clip by the offset that it carries.
        seconds = [ceil(len(clip) / RECOGNISER_RATE) for clip in clips]
        starts = np.concatenate([[0], np.cumsum(seconds)[:-1]])
        recording = np.zeros(sum(seconds) * RECOGNISER_RATE, dtype=np.float32)
        for clip, start in zip(clips, starts, strict=True):
            recording[start * RECOGNISER_RATE : start * RECOGNISER_RATE + len(clip)] = clip
        marks = [
            {"start": float(start), "end": float(start + length)}
            for start, length in zip(starts, seconds, strict=True)
        ]
        segments, _ = self.pipeline.transcribe(
            recording, language=self.language, temperature=0.0, beam_size=1, vad_filter=False,
            without_timestamps=True, clip_timestamps=marks, batch_size=self.batch_size,
        )  # fmt: skip
        heard: dict[int, list[Hypothesis]] = {int(start): [] for start in starts}
        for segment in segments:
            heard[segment.seek // self.model.frames_per_second].append(_hypothesis(segment))
        return [join_segments(parts) for parts in heard.values()]

    def _long(self, clip: np.ndarray) -> Hypothesis:
        segments, _ = self.model.transcribe(
            clip, language=self.language, temperature=0.0, beam_size=1,
            condition_on_previous_text=False, vad_filter=False,
        )  # fmt: skip
        return join_segments([_hypothesis(segment) for segment in segments])


def _hypothesis(segment: Segment) -> Hypothesis:
    return Hypothesis(
        segment.text.strip(), segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio
    )
