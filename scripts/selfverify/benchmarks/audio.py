"""What decoding and recognition reach, with the models as their adapters call them."""

from collections.abc import Callable
from math import ceil
from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutput

from selfverify.benchmarks.measuring import median_s, peak_gb, timed

WINDOW_FRAMES = 3000  # of Whisper's input: 30 s of 10 ms


@torch.inference_mode()
def measure_decoding(codec: str, model: Any, *, batch_size: int, audio_s: float) -> dict[str, Any]:
    """Returns how fast a codec decodes clips of random codes, all of one length."""
    decode, num_clips, decoded_s = _decoder(codec, model, batch_size, audio_s)
    seconds = median_s(next(model.parameters()).device, decode)
    return {
        "num_clips": num_clips,
        "audio_s_per_s": num_clips * decoded_s / seconds,
        "seconds": seconds,
        "peak_gb": peak_gb(next(model.parameters()).device),
    }


def _decoder(
    codec: str, model: Any, batch_size: int, audio_s: float
) -> tuple[Callable[[], object], int, float]:
    """What decodes a batch, its clips, and their length in seconds."""
    device = next(model.parameters()).device
    if codec == "snac":  # one clip at a time, for its noise is seeded by clip
        strides = model.vq_strides
        frame_s = model.hop_length * strides[0] / model.sampling_rate
        num_frames = ceil(audio_s / frame_s)
        levels = [
            torch.randint(
                model.codebook_size, (1, num_frames * strides[0] // stride), device=device
            )
            for stride in strides
        ]
        return lambda: model.decode(levels), 1, num_frames * frame_s
    config = model.config
    if codec == "mimi":
        num_frames, rate = ceil(audio_s * config.frame_rate), config.frame_rate
        shape, size = (batch_size, config.num_quantizers, num_frames), config.codebook_size
    else:
        rate = config.sampling_rate / config.hop_length
        num_frames = ceil(audio_s * rate)
        size = 1
        for level in config.quantization_levels:
            size *= level
        shape = (batch_size, 1, num_frames)
    codes = torch.randint(size, shape, device=device)
    return lambda: model.decode(codes), batch_size, num_frames / rate


@torch.inference_mode()
def measure_recognition(
    model: Any, *, batch_size: int, audio_s: float, num_ids: int
) -> dict[str, Any]:
    """Returns how fast Whisper hears clips in windows of 30 s, greedily, a fixed number of ids.

    Args:
        model: transformers' Whisper.
        batch_size: clips at once.
        audio_s: of each, for the rate; a window is padded to its 30 s whatever it holds.
        num_ids: of each transcript.
    """
    device, dtype, config = model.device, model.dtype, model.config
    mels = torch.randn(batch_size, config.num_mel_bins, WINDOW_FRAMES, device=device, dtype=dtype)
    encoded: list[torch.Tensor] = []

    def encode() -> None:
        encoded[:] = [model.model.encoder(mels).last_hidden_state]

    def decode() -> None:
        ids = torch.ones(batch_size, 1, dtype=torch.long, device=device)
        states, cache = BaseModelOutput(last_hidden_state=encoded[0]), None
        for _ in range(num_ids):
            out = model(
                decoder_input_ids=ids, encoder_outputs=states, past_key_values=cache,
                use_cache=True,
            )  # fmt: skip
            cache, ids = out.past_key_values, out.logits[:, -1:].argmax(dim=-1)

    encode_s = median_s(device, encode)
    decode()
    decode_s = timed(device, decode)
    return {
        "num_clips": batch_size,
        "encode_s": encode_s,
        "decode_s": decode_s,
        "seconds": encode_s + decode_s,
        "audio_s_per_s": batch_size * audio_s / (encode_s + decode_s),
        "peak_gb": peak_gb(device),
    }
