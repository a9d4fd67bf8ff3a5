"""What adapters rest on, checked: numbers that are numbers, and ids that are where names say."""

import json
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from selfverify.errors import InputError
from selfverify.systems.base import SamplingRequest

_OTHER = "choose the adapter that the checkpoint was made for in params.yaml"


BFLOAT16_SINCE = 8  # compute capability, NVIDIA's Ampere


class NoNumbers(InputError):
    """Logits that nothing can be drawn from; `row` is whose they are, counted from 0."""

    def __init__(self, row: int, message: str = "logits that are no numbers") -> None:
        super().__init__(message)
        self.row = row


def refuse_no_numbers(logits: torch.Tensor, rows: torch.Tensor) -> None:
    """Returns silently if every row can be drawn from; minus infinity is a probability of 0.

    Args:
        logits: (b, V).
        rows: which requests these are, (b,).

    Raises:
        NoNumbers: if a row has NaN or infinity, or nothing but minus infinity.
    """
    largest = logits.amax(dim=-1)  # NaN if any is, infinite if any is or all are minus infinity
    if not bool(torch.isfinite(largest).all()):
        raise NoNumbers(int(rows[(~torch.isfinite(largest)).nonzero()[0, 0]]))


@contextmanager
def naming_requests(
    name: str, dtype: object, requests: Sequence[SamplingRequest]
) -> Iterator[None]:
    """Adds system, dtype and text to a `NoNumbers` of the block, and the cure."""
    try:
        yield
    except NoNumbers as error:
        raise NoNumbers(
            error.row,
            f"{name} in {str(dtype).removeprefix('torch.')} gives logits that are no numbers for "
            f"{requests[error.row].text!r}; sample it in the dtype that it was trained in "
            "(torch_dtype of its config.json; float32 always does), or fetch its weights again",
        ) from None


def count_codes(vocabulary: Mapping[str, int], token: str, first: int) -> int:
    """Returns how many tokens follow one another from number `first` on, by name and by id.

    What a fine-tune adds behind the codes has other names, and is no code.

    Args:
        vocabulary: token to id.
        token: its name, with {} for the number, such as "<|s_{}|>".
        first: number of the first code.
    """
    start, number = vocabulary[token.format(first)], first
    while vocabulary.get(token.format(number)) == start + number - first:
        number += 1
    return number - first


def highest_number(vocabulary: Mapping[str, int], token: str) -> int:
    """Returns the highest number among tokens of a name, -1 if there is none."""
    pattern = re.compile(re.escape(token).replace(r"\{\}", r"(\d+)"))
    return max((int(m[1]) for m in map(pattern.fullmatch, vocabulary) if m), default=-1)


def check_code_range(
    name: str, vocabulary: Mapping[str, int], token: str, first: int, *, num_slots: int
) -> int:
    """Returns the codes of a slot; the tokenizer's names say where they end.

    Args:
        name: of the checkpoint.
        vocabulary: token to id.
        token: as of `count_codes`.
        first: number of the first code.
        num_slots: of a frame, each with codes of its own.

    Raises:
        InputError: if numbers have gaps, or the slots cannot have equally many codes.
    """
    num_codes = count_codes(vocabulary, token, first)
    last = highest_number(vocabulary, token)
    if first + num_codes - 1 != last:
        raise InputError(
            f"{name}: tokenizer: {token.format(first + num_codes)} is missing, or its id not one "
            f"more than that before it, though there is {token.format(last)}; take the tokenizer "
            "of the original checkpoint and add tokens behind its codes only"
        )
    if num_codes < num_slots:
        raise InputError(f"{name}: tokenizer: fewer than {num_slots} codes, {num_codes}; {_OTHER}")
    return num_codes // num_slots


def check_embedding(name: str, last_id: int, vocab_size: int) -> None:
    """Returns silently if the model has an embedding for every id of its tokenizer.

    Raises:
        InputError: if the tokenizer has ids that the model lacks.
    """
    if last_id >= vocab_size:
        raise InputError(
            f"{name}: the tokenizer has ids up to {last_id}, the model embeds {vocab_size}; they "
            "are not of one checkpoint: fetch both again, or `resize_token_embeddings` and save"
        )


def read_stop_ids(checkpoint: str | Path, end_id: int) -> frozenset[int]:
    """Returns the ids that end speech: the adapter's, and `eos_token_id` of generation_config.json.

    Raises:
        InputError: if the file is no JSON object, or its ids are no numbers.
    """
    path = Path(checkpoint) / "generation_config.json"
    try:
        listed = json.loads(path.read_bytes()).get("eos_token_id") if path.exists() else None
        ids = [listed] if isinstance(listed, int) else listed or []
        return frozenset((end_id, *map(operator.index, ids)))
    except (ValueError, TypeError, AttributeError):
        raise InputError(
            f"{path}: eos_token_id is no id or list of ids, or the file no JSON; fetch it again or "
            "remove it: the adapter knows the end of its own format"
        ) from None


def check_device(device: str, dtype: str) -> None:
    """Returns silently if the device is there and computes in the dtype.

    Raises:
        InputError: if there is no such GPU, or it would emulate bfloat16, slowly.
    """
    if device == "cpu":
        return
    if not torch.cuda.is_available():
        raise InputError(f"device: {device}: no GPU that torch sees; set `device: cpu`")
    number = int(device.partition(":")[2] or 0)
    if number >= torch.cuda.device_count():
        raise InputError(f"device: {device}: there are {torch.cuda.device_count()} GPUs, from 0")
    if dtype == "bfloat16" and torch.cuda.get_device_capability(number)[0] < BFLOAT16_SINCE:
        raise InputError(
            f"dtype: bfloat16: {torch.cuda.get_device_name(number)} has none and would emulate it; "
            "set `dtype: float32`, or float16 where the checkpoint was trained in it"
        )
