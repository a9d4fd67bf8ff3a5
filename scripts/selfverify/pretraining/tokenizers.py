"""Tokenizers of the mini systems: characters as text, and the special tokens of the real ones."""

from collections.abc import Sequence
from string import ascii_lowercase, digits

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from selfverify.systems.llasa import INSTRUCTION
from selfverify.systems.orpheus import END_OF_TEXT, NUM_MARKS, SLOTS

# The order in which Llasa adds them (train_tts.py); the codes follow.
LLASA_TOKENS = [
    f"<|{kind}_{place}|>"
    for kind in (
        "TEXT_GENERATION", "TEXT_UNDERSTANDING", "SPEECH_GENERATION", "SPEECH_UNDERSTANDING",
    )
    for place in ("START", "END")
]  # fmt: skip
CSM_TOKENS = ("<|begin_of_text|>", "<|end_of_text|>", "<|AUDIO|>", "<|audio_eos|>")
# All that the corpus has, upper case folded to lower, and the brackets around CSM's speaker.
CHARACTERS = f" .,?$:()_=-'[]{digits}{ascii_lowercase}"


def mini_llasa_tokenizer(codebook_size: int) -> PreTrainedTokenizerFast:
    """Returns a tokenizer of characters, Llasa's special tokens and `codebook_size` codes.

    Its chat template drops the instruction that the real one reads: characters are tokens here, and
    a constant prefix would be a fifth of every prompt.
    """
    codes = [f"<|s_{code}|>" for code in range(codebook_size)]
    return character_tokenizer(
        [*LLASA_TOKENS, *codes],
        chat_template=(
            "{% for message in messages %}"
            "{{ message['content'] | replace('" + INSTRUCTION + "', '') }}"
            "{% endfor %}"
        ),
    )


def mini_orpheus_tokenizer(codebook_size: int) -> PreTrainedTokenizerFast:
    """Returns a tokenizer of characters, the end of text, and Orpheus' custom tokens."""
    num_custom = NUM_MARKS + SLOTS * codebook_size
    return character_tokenizer([END_OF_TEXT, *(f"<custom_token_{n}>" for n in range(num_custom))])


def mini_csm_tokenizer() -> PreTrainedTokenizerFast:
    """Returns a tokenizer of characters that puts CSM's marks around a text."""
    tokenizer = character_tokenizer([*CSM_TOKENS])
    first, last = CSM_TOKENS[:2]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        special_tokens=[(t, tokenizer.convert_tokens_to_ids(t)) for t in (first, last)],
    )
    return tokenizer


def character_tokenizer(tokens: Sequence[str], **options: str) -> PreTrainedTokenizerFast:
    """Returns a tokenizer of lower-case characters and, after them, the given tokens in order."""
    vocabulary = {token: i for i, token in enumerate(["<|pad|>", "<|unk|>", *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|unk|>"))
    tokenizer.normalizer = normalizers.Lowercase()  # type: ignore[assignment]
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")  # type: ignore[assignment]
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in tokens])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|pad|>", unk_token="<|unk|>", **options
    )
