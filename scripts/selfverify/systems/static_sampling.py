"""Sampling of many requests in a fixed number of rows; an ended row takes the next request.

Nothing is read from the device but now and then which rows have ended, and on a GPU a step is one
replayed CUDA graph. Ids are those of `generate_seeded` up to rounding of the logits.
"""

from collections.abc import Callable, Sequence

import torch

from selfverify.systems.base import SamplingSettings
from selfverify.systems.checks import NoNumbers
from selfverify.systems.graphs import capture, unique_indices
from selfverify.systems.networks import Network
from selfverify.systems.static_choice import StaticChoice, TooManyTies

CHECK_EVERY = 16  # steps on a GPU between two looks at which rows ended
SPAN = 256  # on a GPU, positions by which the span of attention grows

Ends = Callable[[torch.Tensor], torch.Tensor]  # ids (B, K) to whether they end their row (B,)


class StaticSampler:
    """Rows in which requests are drawn step by step.

    Args:
        network: with the cache of its rows.
        choose: draws ids of the requests.
        num_rows: at once.
        num_requests: of which `choose` has numbers.
        num_steps: of a request at most.
        num_positions: of the network's cache.
        ends: which ids end a row.
        device: of the network.
    """

    def __init__(
        self,
        network: Network,
        choose: StaticChoice,
        *,
        num_rows: int,
        num_requests: int,
        num_steps: int,
        num_positions: int,
        ends: Ends,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self.network, self.choose, self.ends, self.device = network, choose, ends, device
        self.num_steps, self.num_positions = num_steps, num_positions
        zeros = torch.zeros(num_rows, dtype=torch.long, device=device)
        self.requests, self.positions, self.drawn = zeros, zeros.clone(), zeros.clone()
        self.is_over = torch.ones(num_rows, dtype=torch.bool, device=device)
        self.is_broken, self.is_tied = ~self.is_over, ~self.is_over
        self.inputs = torch.zeros(num_rows, network.width, dtype=dtype, device=device)
        # A request's last place is for what is drawn after its end.
        self.ids = torch.zeros(
            num_requests, num_steps + 1, network.num_codes, dtype=torch.long, device=device
        )
        penalised = choose.settings.repetition_penalty != 1.0
        self.seen = torch.zeros(
            num_rows, network.vocab_size, dtype=torch.bool, device=device
        ) if penalised else None  # fmt: skip
        self.reach = 0  # all positions of rows are before it
        self.is_graph = device.type == "cuda"
        self._graphs: dict[int, torch.cuda.CUDAGraph] = {}

    @property
    def num_rows(self) -> int:
        """Requests at once."""
        return len(self.requests)

    def start(
        self, rows: Sequence[int], requests: Sequence[int], prompts: Sequence[Sequence[int]]
    ) -> None:
        """Gives rows to requests."""
        places = torch.tensor(rows, device=self.device)
        self.inputs[places] = self.network.prefill(places, prompts)
        self.requests[places] = torch.tensor(requests, device=self.device)
        lengths = [len(prompt) - 1 for prompt in prompts]
        self.positions[places] = torch.tensor(lengths, device=self.device)
        self.drawn[places] = 0
        self.is_over[places] = False
        if self.seen is not None:
            for row, prompt in zip(rows, prompts, strict=True):
                self.seen[row] = False
                self.seen[row, torch.tensor(prompt, device=self.device)] = True
        self.reach = max(self.reach, *lengths, 0)

    def run(self, num_steps: int) -> None:
        """Takes steps in all rows."""
        for _ in range(num_steps):
            self.reach = min(self.reach + 1, self.num_positions)
            span = self._span()
            if self.is_graph and span not in self._graphs:
                self._capture(span)
            if self.is_graph:
                self._graphs[span].replay()
            else:
                self._step(span)

    def _span(self) -> int:
        if self.device.type == "cpu":
            return self.reach
        if self.network.reads_to_last:
            return self.num_positions
        return min(-(-self.reach // SPAN) * SPAN, self.num_positions)

    def _step(self, span: int) -> None:
        """One step; shapes depend on `span` alone, and nothing comes back to the host."""
        goes_on = ~self.is_over
        ids, inputs = self.network.advance(self.inputs, self.positions, span, self._draw)
        places = self.requests * (self.num_steps + 1) + self.drawn
        self.ids.view(-1, ids.shape[1]).index_copy_(0, places, ids)
        self.drawn += goes_on
        self.positions += goes_on
        self.positions.clamp_(max=self.num_positions - 1)
        self.is_over |= self.ends(ids) | (self.drawn >= self.num_steps)
        self.inputs.copy_(inputs)
        if self.seen is not None:
            self.seen.scatter_(1, ids, True)

    def _draw(self, logits: torch.Tensor, index: int) -> torch.Tensor:
        # A row that is over draws on, with numbers that exist.
        draws = self.drawn.clamp(max=self.num_steps - 1) * self.network.num_codes + index
        ids, is_broken, is_tied = self.choose(logits, self.requests, draws, self.seen)
        self.is_broken |= is_broken & ~self.is_over
        self.is_tied |= is_tied & ~self.is_over
        return ids

    def look(self) -> list[int]:
        """Returns the rows that are over.

        Raises:
            NoNumbers: names the request whose logits were none.
            TooManyTies: if the short search did not do.
        """
        flags = torch.stack([self.is_over, self.is_broken, self.is_tied]).tolist()
        if any(flags[1]):
            raise NoNumbers(int(self.requests[flags[1].index(True)]))
        if any(flags[2]):
            raise TooManyTies
        return [row for row, is_over in enumerate(flags[0]) if is_over]

    def collect(self, rows: Sequence[int]) -> dict[int, list[list[int]]]:
        """Returns the ids of the requests in rows that are over: request to steps of K ids."""
        requests, drawn = self.requests.tolist(), self.drawn.tolist()
        ids = self.ids[torch.tensor([requests[row] for row in rows], device=self.device)].tolist()
        return {requests[row]: item[: drawn[row]] for row, item in zip(rows, ids, strict=True)}

    def shrink(self, kept: Sequence[int]) -> None:
        """Leaves only rows `kept`, ascending; on the CPU, where fewer rows take less time."""
        places = torch.tensor(kept, device=self.device)
        self.network.move(places)
        for name in (
            "requests", "positions", "drawn", "is_over", "is_broken", "is_tied", "inputs", "seen",
        ):  # fmt: skip
            if getattr(self, name) is not None:
                setattr(self, name, getattr(self, name)[places])

    def _state(self) -> list[torch.Tensor]:
        state = [
            self.positions, self.drawn, self.is_over, self.is_broken, self.is_tied, self.inputs,
        ]  # fmt: skip
        return state if self.seen is None else [*state, self.seen]

    def _capture(self, span: int) -> None:
        try:
            self._graphs[span] = capture(lambda: self._step(span), self._state())
        except RuntimeError as error:  # a kernel that cannot be captured is still right
            print(f"steps without a CUDA graph: {str(error).splitlines()[0]}")
            self.is_graph = False


@torch.inference_mode()
def sample_static(
    make_network: Callable[[int, int], Network],
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    settings: SamplingSettings,
    *,
    num_rows: int,
    num_steps: int,
    num_codes: int,
    ends: Ends,
    device: torch.device,
    dtype: torch.dtype,
) -> list[list[list[int]]]:
    """Returns the new ids of each prompt, the step that ended it included: steps of K ids.

    Args:
        make_network: from rows and positions.
        prompts: token ids, one list per request.
        seeds: of the requests.
        settings: of sampling, without a repetition window.
        num_rows: requests at once.
        num_steps: to take of each at most.
        num_codes: K.
        ends: which ids end a row.
        device: of the network.
        dtype: of the network.

    Raises:
        NoNumbers: if a request's logits are none.
    """
    num_rows = min(num_rows, len(prompts))
    num_positions = max(map(len, prompts)) + num_steps

    def draw(*, is_exact: bool) -> dict[int, list[list[int]]] | None:
        choose = StaticChoice(seeds, num_steps * num_codes, settings, device, is_exact=is_exact)
        sampler = StaticSampler(
            make_network(num_rows, num_positions), choose, num_rows=num_rows,
            num_requests=len(prompts), num_steps=num_steps, num_positions=num_positions, ends=ends,
            device=device, dtype=dtype,
        )  # fmt: skip
        try:
            with unique_indices():
                return _drain(sampler, prompts)
        except TooManyTies:
            return None

    found = draw(is_exact=False)
    if found is None:  # from the start, now that the cache of the first is gone: two may not fit
        found = draw(is_exact=True)
    assert found is not None  # nothing ties there
    return [found[request] for request in range(len(prompts))]


def _drain(sampler: StaticSampler, prompts: Sequence[Sequence[int]]) -> dict[int, list[list[int]]]:
    """Draws all requests, in their order, and returns their ids."""
    on_gpu = sampler.device.type == "cuda"
    waiting = iter(range(len(prompts)))
    found: dict[int, list[list[int]]] = {}
    over = list(range(sampler.num_rows))
    busy: set[int] = set()
    while True:
        taken = [(row, request) for row, request in zip(over, waiting, strict=False)]
        if taken:
            rows, requests = zip(*taken, strict=True)
            sampler.start(rows, requests, [prompts[request] for request in requests])
            busy.update(rows)
        if not busy:
            return found
        if not on_gpu and len(busy) < sampler.num_rows:
            sampler.shrink(sorted(busy))
            busy = set(range(len(busy)))
        sampler.run(CHECK_EVERY if on_gpu else 1)
        over = [row for row in sampler.look() if row in busy]
        if over:
            found |= sampler.collect(over)
            busy.difference_update(over)
