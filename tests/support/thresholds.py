"""Thresholds that the tests judge with."""

from selfverify.metric.taxonomy import Thresholds

THRESHOLDS = Thresholds(
    max_cer=0.5, min_speech_s=0.25, min_speech_share=0.1, early_speech_share=0.7,
    early_min_words=2, early_word_share=0.3, runaway_share=2.5,
    paper_min_s=0.5, paper_max_words=1,
)  # fmt: skip
