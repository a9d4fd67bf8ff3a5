"""Tiny checkpoints with random weights in the layout of the real ones.

Classes, vocabularies, special ids and templates are those of the checkpoints on the hub; layers are
few and narrow. Text is bytes: the tokenizers have the real ones' ids of bytes, and no merges.
"""

import json
from pathlib import Path

import torch
from snac import SNAC
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    CsmConfig,
    CsmForConditionalGeneration,
    LlamaConfig,
    LlamaForCausalLM,
    MimiConfig,
    MimiModel,
    PreTrainedTokenizerFast,
    Xcodec2Config,
    Xcodec2Model,
)
from transformers.convert_slow_tokenizer import bytes_to_unicode

from selfverify.benchmarks.models import (
    SMALL_DECODER,
    SMALL_MIMI,
    SMALL_SNAC,
    SMALL_WAV2VEC2_BERT,
    SMALL_XCODEC2,
)
from selfverify.planning.architectures import codec_config, system_config
from selfverify.pretraining.tokenizers import LLASA_TOKENS

NUM_ORDINARY = 128_000  # ids of Llama 3 before its special tokens
# Llama 3's special tokens by id - 128000 (tokenizer_config.json of Llama-3.2-1B-Instruct); CSM has
# tokens of its own at 2 and 3 (`audio_token_id` and `audio_eos_token_id` of `CsmConfig`).
LLAMA_MARKS = {
    0: "<|begin_of_text|>", 1: "<|end_of_text|>", 4: "<|finetune_right_pad_id|>",
    6: "<|start_header_id|>", 7: "<|end_header_id|>", 8: "<|eom_id|>", 9: "<|eot_id|>",
    10: "<|python_tag|>",
}  # fmt: skip
CSM_MARKS = LLAMA_MARKS | {2: "<|AUDIO|>", 3: "<|audio_eos|>"}
# What Llama 3.2's template makes of a chat without tools.
LLAMA_TEMPLATE = (
    "{% if date_string is not defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
    "{{ bos_token }}<|start_header_id|>system<|end_header_id|>\n\n"
    "Cutting Knowledge Date: December 2023\nToday Date: {{ date_string }}\n\n<|eot_id|>"
    "{% for message in messages %}<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n"
    "{{ message['content'] | trim }}<|eot_id|>{% endfor %}"
)


def make_llasa(folder: Path) -> None:
    """Writes a Llasa: 193,800 ids, the last 65,536 of them codes."""
    codes = [f"<|s_{code}|>" for code in range(65_536)]
    # As the training script leaves it, whose padding is the end of a turn.
    options = {"pad_token": "<|eot_id|>", "chat_template": LLAMA_TEMPLATE}
    tokenizer = _tokenizer(LLAMA_MARKS, [*LLASA_TOKENS, *codes], "<|begin_of_text|> $A", **options)
    tokenizer.save_pretrained(folder)
    _make_llama("llasa-1b", folder, start=128_260, first_code=128_264, num_slots=1, strength=0.6)


def make_orpheus(folder: Path) -> None:
    """Writes an Orpheus: 156,940 ids, of which the tokenizer, as the real one, names one less."""
    custom = [f"<custom_token_{n}>" for n in range(7 * 4096 + 10 + 1)]
    tokenizer = _tokenizer(LLAMA_MARKS, custom, "<|begin_of_text|> $A")
    tokenizer.save_pretrained(folder)
    _make_llama("orpheus-3b", folder, start=128_257, first_code=128_266, num_slots=7, strength=1.0)


def make_csm(folder: Path) -> None:
    """Writes a CSM: 128,256 ids of text, 32 codebooks of 2,051, and its own small Mimi."""
    template = "<|begin_of_text|> $A <|end_of_text|>"
    _tokenizer(CSM_MARKS, [], template, pad_token="<|AUDIO|>").save_pretrained(folder)
    sizes = system_config("csm-1b").to_dict()
    depth = sizes["depth_decoder_config"] | SMALL_DECODER | {"backbone_hidden_size": 64}
    codec = sizes["codec_config"] | SMALL_MIMI
    small = SMALL_DECODER | {"depth_decoder_config": depth, "codec_config": codec}
    CsmForConditionalGeneration(CsmConfig.from_dict(sizes | small)).save_pretrained(folder)


def make_xcodec2(folder: Path) -> None:
    """Writes an XCodec2 of 65,536 codes at 50 Hz."""
    sizes = codec_config("xcodec2").to_dict()
    semantic = sizes["semantic_model_config"] | SMALL_WAV2VEC2_BERT
    small = SMALL_XCODEC2 | {"semantic_model_config": semantic}
    Xcodec2Model(Xcodec2Config.from_dict(sizes | small)).save_pretrained(folder)


def make_snac(folder: Path) -> None:
    """Writes a SNAC of 4,096 codes in three levels, in the files of its package."""
    config = codec_config("snac") | SMALL_SNAC
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    torch.save(SNAC(**config).state_dict(), folder / "pytorch_model.bin")


def make_mimi(folder: Path) -> None:
    """Writes a Mimi of 32 codebooks of 2,048 codes at 12.5 Hz."""
    model = MimiModel(MimiConfig.from_dict(codec_config("mimi").to_dict() | SMALL_MIMI))
    for name, codebook in model.named_buffers():
        if name.endswith("embed_sum"):  # zero in a new model, whatever the code
            codebook.normal_()
    model.save_pretrained(folder)


def _make_llama(
    name: str, folder: Path, *, start: int, first_code: int, num_slots: int, strength: float
) -> None:
    """A small Llama that knows one thing: after a code, one of the next slot, mostly.

    So some candidates have frames, and some reach the cap. It takes an output matrix of its own
    where there are several slots; Orpheus' files have one too.
    """
    sizes = system_config(name).to_dict() | SMALL_DECODER
    model = LlamaForCausalLM(LlamaConfig.from_dict(sizes | {"tie_word_embeddings": num_slots == 1}))
    embedding = model.get_input_embeddings().weight.data
    embedding[start, num_slots - 1] = strength
    codebook_size = {1: 65_536, 7: 4096}[num_slots]
    for slot in range(num_slots):
        codes = slice(first_code + slot * codebook_size, first_code + (slot + 1) * codebook_size)
        embedding[codes, slot] = strength
        model.lm_head.weight.data[codes, (slot - 1) % num_slots] = strength
    model.save_pretrained(folder)


def _tokenizer(
    marks: dict[int, str], added: list[str], template: str, **options: str
) -> PreTrainedTokenizerFast:
    """Bytes as Llama 3 numbers them, its 256 special tokens, and what the system adds to them."""
    vocabulary = {byte: i for i, byte in enumerate(bytes_to_unicode().values())}
    vocabulary |= {f"<filler {i}>": i for i in range(len(vocabulary), NUM_ORDINARY)}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [marks.get(i, f"<|reserved_special_token_{i}|>") for i in range(256)]
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in added])
    ends = [(token, tokenizer.token_to_id(token)) for token in template.split() if token != "$A"]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|begin_of_text|>", eos_token="<|eot_id|>", **options
    )
