"""Training of the mini codecs and codec language models. Not part of `snakemake all`."""
