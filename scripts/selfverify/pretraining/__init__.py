"""Training of the mini codecs and codec language models. Not part of `snakemake all`."""

TRAINABLE_CODECS = {
    "mimi": "selfverify.pretraining.mimi:TrainableMimi",
    "snac": "selfverify.pretraining.snac:TrainableSnac",
    "xcodec2": "selfverify.pretraining.xcodec2:TrainableXcodec2",
}

# Each is called with a codec, hidden_size and num_layers, and returns a `TrainableLM`.
TRAINABLE_LMS = {
    "csm": "selfverify.pretraining.csm:TrainableCsm",
    "llasa": "selfverify.pretraining.lm:trainable_llasa",
    "orpheus": "selfverify.pretraining.lm:trainable_orpheus",
}
