"""CSM: a backbone that gives the first code of a frame, and a small decoder that gives the rest.

Template: transformers' `tests/models/csm/test_processing_csm.py`, ids of sesame/csm-1b. Codes are
sampled without the class's own audio path, which fails on a candidate that ends at its first frame,
and without its nested `generate`, which takes 31 calls a frame.
"""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import CsmConfig, CsmForConditionalGeneration, DynamicCache

from selfverify.errors import InputError
from selfverify.storage.records import StopReason
from selfverify.systems.base import (
    RepetitionAwareSettings,
    SampledCodes,
    SamplingRequest,
    SamplingSettings,
    TrainingExample,
)
from selfverify.systems.checks import check_embedding, naming_requests
from selfverify.systems.generation import generate_fast
from selfverify.systems.pretrained import PretrainedSystem
from selfverify.systems.sampling import SeededChoice, pad_left

FIRST_SPEAKER = "0"


class Csm(PretrainedSystem):
    """A CSM checkpoint; `voice` is the speaker's number, with which a turn begins."""

    model_type = "csm"
    model_class = CsmForConditionalGeneration

    def _read_layout(self, checkpoint: str | Path) -> None:
        self.voice = self.voice or FIRST_SPEAKER
        config: Any = CsmConfig.from_pretrained(checkpoint)
        self.frame_rate = config.codec_config.frame_rate
        self.codebook_size = config.codec_config.codebook_size
        self.num_codebooks: int = config.num_codebooks
        self.end_code = config.codebook_eos_token_id
        last_id = max(self.tokenizer.get_vocab().values())
        check_embedding(self.name, last_id, config.text_vocab_size)

    def prompt_ids(self, text: str) -> list[int]:
        """Returns begin of text, speaker and text, end of text."""
        ids = self.tokenizer(f"[{self.voice}]{text}").input_ids
        self.check_text(text, ids)
        return list(ids)

    def sample(
        self, requests: Sequence[SamplingRequest], settings: SamplingSettings
    ) -> list[SampledCodes]:
        """Returns one result per request; see `TTSSystem.sample`."""
        if isinstance(settings, RepetitionAwareSettings):
            raise InputError(
                f"{self.name}: CSM draws each codebook by itself, where a window of ids has no "
                "meaning; remove repetition_window"
            )
        num_frames = ceil(settings.max_audio_s * self.frame_rate)
        prompts = [self.prompt_ids(request.text) for request in requests]
        with naming_requests(self.name, self.model.dtype, requests):
            sampled = generate_fast(
                self.model, prompts, requests, settings, num_steps=num_frames, ends=self._is_end
            )
            if sampled is None:
                sampled = self.sample_plainly(prompts, requests, settings, num_frames)
        return [self.parse(frames) for frames in sampled]

    @torch.inference_mode()
    def sample_plainly(
        self,
        prompts: Sequence[Sequence[int]],
        requests: Sequence[SamplingRequest],
        settings: SamplingSettings,
        num_frames: int,
    ) -> list[list[list[int]]]:
        """Returns the frames of each prompt by transformers' forward passes, on any device."""
        choose = SeededChoice(
            [request.seed for request in requests], num_frames * self.num_codebooks, settings
        )
        ids, mask = pad_left(prompts, self.model.device)
        rows = torch.arange(len(prompts), device=self.model.device)
        positions = (mask.cumsum(dim=-1) - 1).clamp(min=0)
        cache = DynamicCache(config=self.model.config)
        inputs = self.model.embed_text_tokens(ids)
        frames: list[list[list[int]]] = [[] for _ in prompts]
        for step in range(num_frames):
            hidden = self.model.backbone_model(
                inputs_embeds=inputs, attention_mask=mask, position_ids=positions,
                past_key_values=cache, use_cache=True,
            ).last_hidden_state[:, -1]  # fmt: skip
            frame = self._draw_frame(hidden, choose, rows, step)
            for row, codes in zip(rows.tolist(), frame.tolist(), strict=True):
                frames[row].append(codes)
            goes_on = (~self._is_end(frame)).nonzero()[:, 0]
            if not len(goes_on):
                break
            if len(goes_on) < len(rows):
                cache.batch_select_indices(goes_on)
            rows = rows[goes_on]
            inputs = self.model.backbone_model.embed_tokens(frame[goes_on, None])
            mask = torch.cat([mask[goes_on], mask.new_ones(len(rows), 1)], dim=1)
            positions = positions[goes_on, -1:] + 1
        return frames

    def parse(self, frames: Sequence[Sequence[int]]) -> SampledCodes:
        """Returns codes (K, T) and stop reason of the frames that the model gave."""
        table = np.array(frames, dtype=np.int64).reshape(-1, self.num_codebooks)
        is_end: Any = np.all(table == self.end_code, axis=1)
        is_wrong = np.any((table < 0) | (table >= self.codebook_size), axis=1)
        stops = (is_end | is_wrong).nonzero()[0]
        num_frames = int(stops[0]) if stops.size else len(table)
        if not stops.size:
            reason = StopReason.CAP
        elif is_wrong[num_frames]:
            reason = StopReason.INVALID_CODES
        else:
            reason = StopReason.EOS if num_frames else StopReason.EMPTY
        return SampledCodes(table.ravel().tolist(), table[:num_frames].T, reason)

    def training_example(self, text: str, codes: np.ndarray) -> TrainingExample:
        """Returns the text's ids and the frames after them, flat, the end's frame included.

        In the class a text has one id a position, a frame K; training embeds them apart.
        """
        frames = [*codes.T.tolist(), [self.end_code] * len(codes)]
        flat = [code for frame in frames for code in frame]
        prompt = self.prompt_ids(text)
        return TrainingExample(prompt + flat, [-100] * len(prompt) + flat)

    def _draw_frame(
        self, hidden: torch.Tensor, choose: SeededChoice, rows: torch.Tensor, step: int
    ) -> torch.Tensor:
        """The K codes of one frame (b, K): the backbone's, then the depth decoder's one by one."""
        draw = step * self.num_codebooks
        none = torch.zeros(len(rows), 1, dtype=torch.long, device=hidden.device)
        codes = choose(self.model.lm_head(hidden), rows, draw, none)[:, None]
        for codebook in range(1, self.num_codebooks):
            # The first position stands for the backbone's hidden state. Without a mask transformers
            # 5.23 looks for packed sequences and fails on the decoder's one-dimensional positions.
            ids = torch.cat([none, codes], dim=1)
            logits = self.model.depth_decoder(
                input_ids=ids, backbone_last_hidden_state=hidden,
                attention_mask=torch.ones_like(ids), use_cache=False,
            ).logits[:, -1]  # fmt: skip
            chosen = choose(logits, rows, draw + codebook, codes)
            codes = torch.cat([codes, chosen[:, None]], dim=1)
        return codes

    def _is_end(self, frame: torch.Tensor) -> torch.Tensor:
        """Frames that end a row: all codes the end's, or one that the codec does not have."""
        return (frame == self.end_code).all(dim=1) | (frame >= self.codebook_size).any(dim=1)
