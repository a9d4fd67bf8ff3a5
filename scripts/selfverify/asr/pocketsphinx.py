"""PocketSphinx: a GMM-HMM recogniser with an n-gram language model, the family before networks.

Its wheel carries all it needs: an acoustic model, a dictionary of 126,052 words (CMUdict) and a
trigram language model of US English. It can write those words only: a name or a rare word without
an entry becomes words that sound alike, and numbers come out as words ("forty five"), never as
digits; `metric.content` makes digits of both sides.

A weak judge of what was said, on 12 clean held-out sentences of the mini voice: 38 % of words and
20 % of characters wrong, 1 called a content collapse (Moonshine tiny: 7 %, 2 %, 0 of 60). Loops (4
of 4) and another sentence's text (12 of 12) it does tell from the right one. So it is no evaluator
of the study; use it as a second opinion, or for what length and loops show.
"""

import numpy as np
from pocketsphinx import Decoder, get_model_path

from selfverify.asr.base import NOTHING_HEARD, Hypothesis, Recogniser, compression_ratio
from selfverify.errors import InputError

GENERAL = "en-us"  # the name of the language model in the wheel
_SMALLEST = np.finfo(float).tiny  # stands in for a probability that underflows


class PocketSphinx(Recogniser):
    """`en-us`, or an n-gram file (ARPA or PocketSphinx's binary form) over CMUdict's words.

    A language model of the domain's sentences makes an evaluator that expects them; name such a
    recogniser accordingly. `avg_logprob` is the mean over words of the lattice's posterior, in
    nats; `no_speech_prob` the share of frames that the best path gives to silence and noise. On one
    thread of the CPU whatever `device` says.
    """

    def __init__(self, model: str = GENERAL, *, device: str = "cpu", **options) -> None:
        super().__init__(**options)
        if self.language != "en":
            raise InputError(f"metric.language: pocketsphinx hears English, not {self.language!r}")
        lm = get_model_path("en-us/en-us.lm.bin") if model == GENERAL else model
        self.decoder = Decoder(lm=lm, loglevel="FATAL")

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        return [self._long(clip) for clip in clips]

    def _long(self, clip: np.ndarray) -> Hypothesis:
        samples = (np.clip(clip, -1.0, 1.0) * np.iinfo(np.int16).max).astype(np.int16)
        self.decoder.reinit_feat()  # else its estimate of noise is that of the clip before
        self.decoder.start_utt()
        self.decoder.process_raw(samples.tobytes(), full_utt=True)
        self.decoder.end_utt()
        best = self.decoder.hyp()
        if best is None or not best.hypstr:
            return NOTHING_HEARD
        parts = list(self.decoder.seg())
        frames = [part.end_frame - part.start_frame + 1 for part in parts]
        is_word = [part.word[0] not in "<[" for part in parts]  # fillers: <s>, <sil>, [NOISE], …
        posteriors = [part.prob for part, spoken in zip(parts, is_word, strict=True) if spoken]
        return Hypothesis(
            text=best.hypstr,
            avg_logprob=float(np.mean(np.log(np.maximum(posteriors, _SMALLEST)))),
            no_speech_prob=1.0 - float(np.dot(frames, is_word)) / sum(frames),
            compression_ratio=compression_ratio(best.hypstr),
        )
