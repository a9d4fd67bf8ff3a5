"""Sampling on the CPU: rows that end make room for the next request, so that a batch stays full.

Ids are those of the plain path up to rounding of the logits, and a request's do not depend on its
neighbours.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from selfverify.systems.base import RepetitionAwareSettings, SamplingSettings
from selfverify.systems.cpu_choice import CpuChoice
from selfverify.systems.cpu_networks import CpuNetwork

NUM_ROWS = 32  # at once: more were no faster, and take more memory

Ends = Callable[[torch.Tensor], torch.Tensor]  # ids (B, K) to whether they end their row (B,)


@torch.inference_mode()
def sample_on_cpu(
    make_network: Callable[[int, int], CpuNetwork],
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    settings: SamplingSettings,
    *,
    num_steps: int,
    ends: Ends,
    num_rows: int = NUM_ROWS,
) -> list[list[list[int]]]:
    """Returns the new ids of each prompt, the step that ended it included: steps of K ids.

    Args:
        make_network: from rows and positions.
        prompts: token ids, one list per request.
        seeds: of the requests.
        settings: of sampling.
        num_steps: to take of each at most.
        ends: which ids end a row.
        num_rows: requests at once.

    Raises:
        NoNumbers: if a request's logits are none.
    """
    if not prompts:
        return []
    num_rows = min(num_rows, len(prompts))
    network = make_network(num_rows, max(map(len, prompts)) + num_steps)
    choose = CpuChoice(seeds, num_steps * network.num_codes, settings)
    looks_back = settings.repetition_penalty != 1.0 or isinstance(settings, RepetitionAwareSettings)
    rows = _Rows(network, choose, prompts, num_rows, num_steps if looks_back else 0)
    waiting = iter(range(len(prompts)))
    found: list[list[list[int]]] = [[] for _ in prompts]
    while True:
        rows.start([request for _, request in zip(range(rows.num_free), waiting, strict=False)])
        if not len(rows.requests):
            return found
        ids = rows.step()
        for request, item in zip(rows.requests.tolist(), ids.tolist(), strict=True):
            found[request].append(item)
        is_over = ends(ids).numpy() | (rows.drawn >= num_steps)
        if is_over.any():
            rows.drop(is_over)


class _Rows:
    """The requests that are under way, each with a slot of the cache.

    Args:
        network: with slots for all.
        choose: draws ids of the requests.
        prompts: of the requests.
        num_slots: of the network.
        num_steps: of a sequence that is kept for a penalty; 0 if there is none.
    """

    def __init__(
        self,
        network: CpuNetwork,
        choose: CpuChoice,
        prompts: Sequence[Sequence[int]],
        num_slots: int,
        num_steps: int,
    ) -> None:
        self.network, self.choose, self.prompts = network, choose, prompts
        self.requests, self.slots, self.positions, self.drawn = np.zeros((4, 0), dtype=np.int64)
        self.inputs = torch.zeros(0, network.steps.width)
        # Of each row, its last at the right; a prompt's own first id before it, as in `pad_left`.
        length = max(map(len, prompts)) + num_steps if num_steps else 0
        self.sequence = torch.zeros(0, length, dtype=torch.long)
        self._free = list(range(num_slots))
        self._prompt_of_slot: dict[int, tuple[int, ...]] = {}

    @property
    def num_free(self) -> int:
        """Requests that can be started."""
        return len(self._free)

    def start(self, requests: Sequence[int]) -> None:
        """Takes up requests, no more than `num_free`."""
        if not requests:
            return
        slots = [self._free.pop() for _ in requests]
        prompts = [self.prompts[request] for request in requests]
        first = [self._fill(slot, prompt) for slot, prompt in zip(slots, prompts, strict=True)]
        added = [requests, slots, [len(prompt) - 1 for prompt in prompts], [0] * len(slots)]
        held = self.requests, self.slots, self.positions, self.drawn
        self.requests, self.slots, self.positions, self.drawn = (
            np.concatenate([old, np.array(new)]) for old, new in zip(held, added, strict=True)
        )
        self.inputs = torch.cat([self.inputs, *first])
        added_ids = torch.zeros(len(slots), self.sequence.shape[1], dtype=torch.long)
        if self.sequence.shape[1]:
            for row, prompt in zip(added_ids, prompts, strict=True):
                row[: -len(prompt)] = prompt[0]
                row[-len(prompt) :] = torch.tensor(prompt)
        self.sequence = torch.cat([self.sequence, added_ids])

    def _fill(self, slot: int, prompt: Sequence[int]) -> torch.Tensor:
        """Brings all of a prompt but its last id into a slot; returns that id embedded, (1, h)."""
        key, steps = tuple(prompt), self.network.steps
        holders = [other for other, held in self._prompt_of_slot.items() if held == key]
        if len(prompt) > 1 and not holders:
            steps.prefill(self.network.embed_prompt(prompt[:-1]), slot)
        elif len(prompt) > 1 and slot not in holders:
            steps.copy(holders[0], slot, len(prompt) - 1)
        self._prompt_of_slot[slot] = key
        return self.network.embed_prompt(prompt[-1:])

    def step(self) -> torch.Tensor:
        """Returns ids (B, K) of one step of all rows."""
        ids, self.inputs = self.network.advance(self.inputs, self.slots, self.positions, self._draw)
        self.positions += 1
        self.drawn += 1
        if self.sequence.shape[1]:
            self.sequence = torch.cat([self.sequence[:, ids.shape[1] :], ids], dim=1)
        return ids

    def _draw(self, logits: torch.Tensor, index: int, before: torch.Tensor | None) -> torch.Tensor:
        draws = torch.from_numpy(self.drawn * self.network.num_codes + index)
        sequence = self.sequence if before is None else before
        return self.choose(logits, torch.from_numpy(self.requests), draws, sequence)

    def drop(self, is_over: np.ndarray) -> None:
        """Frees the slots of rows that are over, (B,)."""
        self._free += self.slots[is_over].tolist()
        kept = ~is_over
        self.requests, self.slots = self.requests[kept], self.slots[kept]
        self.positions, self.drawn = self.positions[kept], self.drawn[kept]
        places = torch.from_numpy(kept)
        self.inputs, self.sequence = self.inputs[places], self.sequence[places]
