"""Which policies there are, from what each is trained, and on whose candidates."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Policy:
    """One training of one arm, or a rival that only samples otherwise."""

    system: str  # that it began as
    arm: str
    seed: int  # of training, from 1; 0 for a rival
    start: str  # the system or policy whose weights it starts from
    pools: tuple[tuple[str, int], ...]  # whose candidates of which shard it learns from
    num_steps: int
    is_final: bool  # not a round on the way
    settings: dict[str, Any] = field(default_factory=dict)  # of sampling, other than its system's

    @property
    def is_trained(self) -> bool:
        """Whether it has weights of its own."""
        return self.num_steps > 0


def plan_policies(distillation: dict[str, Any]) -> dict[str, Policy]:
    """Returns every policy by name, such as mini-llasa-sft-1, a later round after its earlier ones.

    An online arm spends the same candidates and steps in equal rounds: it learns from the teacher's
    candidates of the first shards, then from its own of the next.

    Args:
        distillation: that part of a track's parameters.
    """
    policies: dict[str, Policy] = {}
    for system, arms in distillation["systems"].items():
        for arm, num_seeds in arms.items():
            if arm in distillation["rivals"]:
                settings = distillation["rivals"][arm]
                policies[f"{system}-{arm}"] = Policy(system, arm, 0, system, (), 0, True, settings)
                continue
            for seed in range(1, num_seeds + 1):
                policies |= _rounds(system, arm, seed, distillation)
    return policies


def _rounds(system: str, arm: str, seed: int, distillation: dict[str, Any]) -> dict[str, Policy]:
    num_rounds = distillation["arms"][arm]["num_rounds"]
    num_shards = distillation["num_shards"] // num_rounds
    start, rounds = system, {}
    for number in range(1, num_rounds + 1):
        is_final = number == num_rounds
        name = f"{system}-{arm}-{seed}" + ("" if is_final else f"-round-{number}")
        first = (number - 1) * num_shards
        pools = tuple((start, shard) for shard in range(first, first + num_shards))
        rounds[name] = Policy(
            system, arm, seed, start, pools, distillation["num_steps"] // num_rounds, is_final
        )
        start = name
    return rounds
