"""The real architectures have the sizes that their documents give."""

from math import prod

import pytest

from selfverify.errors import InputError
from selfverify.planning.architectures import (
    CODEC_CONFIGS,
    SYSTEM_CONFIGS,
    build_on_meta,
    codec_config,
    num_parameters,
    system_config,
)

# All parameters of the class, tied ones once. Those of csm-1b include Mimi's; those of xcodec2 the
# encoders, which decoding does not use. Mimi's codebooks are buffers and not counted.
PARAMETERS = {
    "llasa-1b": 1_370_048_512,
    "llasa-3b": 3_414_100_992,
    "llasa-8b": 8_567_197_696,
    "orpheus-3b": 3_300_867_072,
    "csm-1b": 1_632_100_161,
    "xcodec2": 629_281_706,
    "snac": 19_842_914,
    "mimi": 79_308_609,
}


@pytest.mark.parametrize(("name", "expected"), PARAMETERS.items())
def test_parameter_counts_are_the_published_ones(name, expected):
    config = system_config(name) if name in SYSTEM_CONFIGS else codec_config(name)
    model = build_on_meta(config)
    assert num_parameters(model) == expected
    # Not all: XCodec2's class makes a few small ones from arrays.
    assert sum(p.numel() for p in model.parameters() if not p.is_meta) < 10_000


def test_every_architecture_is_counted():
    assert PARAMETERS.keys() == {*SYSTEM_CONFIGS, *CODEC_CONFIGS}


def test_tied_and_shared_parameters_count_once():
    model = build_on_meta(system_config("llasa-1b"))
    embedding = model.get_input_embeddings()
    assert num_parameters(embedding, model.lm_head) == 193_800 * 2048
    assert num_parameters(model, embedding) == PARAMETERS["llasa-1b"]


@pytest.mark.parametrize(
    ("name", "marks", "codes"), [("llasa-1b", 8, 65_536), ("orpheus-3b", 10, 7 * 4096 + 2)]
)
def test_vocabulary_is_llama_3_and_the_codes(name, marks, codes):
    assert system_config(name).vocab_size == 128_256 + marks + codes


def test_systems_and_codecs_have_the_same_codes():
    csm, mimi = system_config("csm-1b"), codec_config("mimi")
    assert csm.codec_config.to_dict() == mimi.to_dict()
    assert (csm.num_codebooks, csm.vocab_size) == (mimi.num_quantizers, mimi.codebook_size + 3)
    assert prod(codec_config("xcodec2").quantization_levels) == 65_536
    assert codec_config("snac")["codebook_size"] == 4096


@pytest.mark.parametrize(("lookup", "known"), [(system_config, "csm-1b"), (codec_config, "snac")])
def test_an_unknown_architecture_names_those_there_are(lookup, known):
    with pytest.raises(InputError, match=f"no architecture of 'encodec'; there are: .*{known}"):
        lookup("encodec")
