"""The xcodec2 package beside transformers' class: the same weights give the same audio."""

import gc
import re
import sys
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import Wav2Vec2BertConfig, Xcodec2Config, Xcodec2Model

from selfverify.codecs import load_codec
from selfverify.errors import InputError

pytest.importorskip(
    "xcodec2", reason="needs xcodec2: pip install --no-deps -r envs/xcodec2-package.txt"
)

# The encoders, which no decoder runs, are as small as they can be.
SMALL = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
REAL = {"hidden_size": 1024, "num_hidden_layers": 12, "num_attention_heads": 16}

# transformers' names to the package's, the way back of its convert_xcodec2_checkpoint.py. That also
# permutes q and k for another order of rotary pairs, which is left out: both rotate over heads, not
# time, so a head's q and k turn alike, and q·k is what it would be without.
RENAMED = (
    (r"^quantizer\.project", "generator.quantizer.project"),
    (r"^acoustic_decoder\.fc\.", "fc_post_a."),
    (r"^acoustic_decoder\.head\.linear\.", "generator.head.out."),
    (r"^acoustic_decoder\.norm\.", "generator.backbone.final_layer_norm."),
    (r"^acoustic_decoder\.layers\.", "generator.backbone.transformers."),
    (r"^acoustic_decoder\.", "generator.backbone."),
    (r"\.self_attn\.o_proj\.", ".att.c_proj."),
    (r"\.input_layernorm\.", ".att_norm."),
    (r"\.post_attention_layernorm\.", ".ffn_norm."),
)


def random_model(hidden_size, num_hidden_layers, num_attention_heads):
    """Every weight is random, so that none can be mistaken for another."""
    semantic = Wav2Vec2BertConfig(
        hidden_size=hidden_size, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    config = Xcodec2Config(
        hidden_size=hidden_size, intermediate_size=4 * hidden_size,
        num_hidden_layers=num_hidden_layers, num_attention_heads=num_attention_heads,
        num_key_value_heads=num_attention_heads, quantization_dim=2 * hidden_size,
        encoder_hidden_size=2, semantic_model_config=semantic,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Xcodec2Model(config)
    for weight in model.parameters():
        weight.data.add_(torch.randn_like(weight), alpha=0.02)
    return model.half()


def package_weights(model):
    weights = model.state_dict()
    renamed = {"generator.head.istft.window": torch.hann_window(model.config.n_fft)}
    for layer in range(model.config.num_hidden_layers):
        prefix = f"acoustic_decoder.layers.{layer}.self_attn."
        fused = torch.cat([weights.pop(f"{prefix}{name}_proj.weight") for name in "qkv"])
        renamed[f"generator.backbone.transformers.{layer}.att.c_attn.weight"] = fused
    for name, weight in weights.items():
        renamed[reduce(lambda key, rule: re.sub(*rule, key), RENAMED, name)] = weight
    return renamed


def save_both(model, folder):
    """Returns two folders with the model: in transformers' layout and in the package's."""
    layouts = folder / "transformers", folder / "package"
    model.save_pretrained(layouts[0])
    layouts[1].mkdir()
    (layouts[1] / "config.json").write_text("{}")
    save_file(package_weights(model), layouts[1] / "model.safetensors")
    return layouts


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return save_both(random_model(**SMALL), tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def codec(small):
    return load_codec("xcodec2-package", small[1])


@pytest.fixture
def codes(codec, rng):
    return rng.integers(codec.codebook_size, size=(1, 30))


def test_a_decoder_of_real_size_gives_the_same_audio_in_both(tmp_path, rng):
    """Measured: 1e-6 of the peak apart, by rounding; 1 % more of one layer's c_attn moves 2e-3."""
    codes = [rng.integers(65_536, size=(1, num_frames)) for num_frames in (50, 1, 23, 50)]
    audio = []
    with TemporaryDirectory(dir=tmp_path) as folder:  # 0.8 GB, which pytest would keep
        layouts = save_both(random_model(**REAL), Path(folder))
        for adapter, layout in zip(("xcodec2", "xcodec2-package"), layouts, strict=True):
            audio.append(load_codec(adapter, layout).decode(codes))
            gc.collect()  # one model of 187 M weights at a time
    for first, second in zip(*audio, strict=True):
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-5 * np.abs(first).max())


def test_facts_of_the_codec(codec):
    facts = codec.sample_rate, codec.frame_rate, codec.num_codebooks, codec.codebook_size
    assert facts == (16_000, 50, 1, 65_536)


def test_an_utterance_decodes_the_same_alone_and_among_others(codec, codes):
    shorter = codes[:, :20]
    alone = codec.decode([shorter])[0]
    among = codec.decode([codes, shorter, np.zeros((1, 0), int), shorter])
    assert [len(audio) for audio in among] == [30 * 320, 20 * 320, 0, 20 * 320]
    assert among[0].dtype == np.float32
    np.testing.assert_allclose(among[1], alone, atol=1e-5 * np.abs(alone).max())
    np.testing.assert_allclose(among[3], alone, atol=1e-5 * np.abs(alone).max())


def test_decoding_is_repeatable_to_the_bit(codec, codes):
    first, second = codec.decode([codes])[0], codec.decode([codes])[0]
    assert first.tobytes() == second.tobytes()


def test_encoding_names_the_adapter_that_can(codec):
    with pytest.raises(InputError, match="encode with `xcodec2`"):
        codec.encode(np.zeros(320, np.float32))


def test_the_other_layout_is_told_apart(small):
    with pytest.raises(InputError, match=r"model\.safetensors has no weights generator"):
        load_codec("xcodec2-package", small[0])


def test_missing_weights_are_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"model\.safetensors is missing; download it"):
        load_codec("xcodec2-package", tmp_path)


@pytest.mark.parametrize("module", ["torchtune", "xcodec2.vq.codec_decoder_vocos"])
def test_an_absent_package_names_the_cure(small, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"{module}; run `pip install --no-deps -r envs"):
        load_codec("xcodec2-package", small[1])


@pytest.mark.parametrize("module", ["torchaudio", "torchtune.modules"])
def test_stand_in_modules_do_not_outlive_the_import(small, module, monkeypatch):
    monkeypatch.delitem(sys.modules, module, raising=False)
    load_codec("xcodec2-package", small[1])
    assert module not in sys.modules
