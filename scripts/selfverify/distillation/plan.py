"""Which policies there are, from what each is trained, and on whose candidates.

What is sampled at another temperature than its system's is a policy without training as well:
`{system}-at-0.5` the system as it is, `{policy}-at-0.5` a trained one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

TEACHER = "as is"  # the arm that a system itself is
REFERENCE = "reference"  # the selection of an arm that learns from true speech
NO_SWEEP: dict[str, Any] = {"systems": {}, "points": {}, "rivals": {}}


@dataclass(frozen=True)
class Policy:
    """One training of one arm, or a rival that only samples otherwise."""

    system: str  # that it began as
    arm: str
    seed: int  # of training, from 1; 0 for what is not trained
    start: str  # the system or policy whose weights it starts from, or samples
    pools: tuple[tuple[str, int], ...]  # whose candidates of which shard it learns from
    num_steps: int
    is_final: bool  # an arm or a rival: neither a round on the way nor at another temperature
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


def plan_sweep(distillation: dict[str, Any]) -> dict[str, Policy]:
    """Returns what a sweep tries, by name: each arm as it is planned and at every point; rivals.

    No policy of it is final: none is drawn on evaluation prompts.

    Args:
        distillation: that part of a track's parameters.
    """
    sweep = distillation.get("sweep", NO_SWEEP)
    rivals = {
        f"{system}-{name}": Policy(system, name, 0, system, (), 0, False, settings)
        for system in sweep["systems"]
        for name, settings in sweep["rivals"].items()
    }
    systems = {
        system: {name: 1 for arm in arms for name in [arm, *_at_points(arm, sweep["points"])]}
        for system, arms in sweep["systems"].items()
    }
    arms = distillation["arms"] | swept_arms(distillation)
    swept = distillation | {"arms": arms, "systems": systems, "rivals": {}}
    trained = {name: replace(p, is_final=False) for name, p in plan_policies(swept).items()}
    return rivals | trained


def swept_arms(distillation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns the arms that the sweep adds, by name: an arm's parameters, changed as a point says.

    Args:
        distillation: that part of a track's parameters.
    """
    sweep = distillation.get("sweep", NO_SWEEP)
    arms = {arm for names in sweep["systems"].values() for arm in names}
    return {
        name: _changed(distillation["arms"][arm], change)
        for arm in sorted(arms)
        for name, change in _at_points(arm, sweep["points"]).items()
    }


def _at_points(arm: str, points: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{arm}-{point}": change for point, change in points.items()}


def _changed(arm: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The point's own keys, and its factor on the arm's learning rate."""
    factor = change.get("learning_rate_factor", 1)
    keys = {key: value for key, value in change.items() if key != "learning_rate_factor"}
    return arm | keys | {"learning_rate": arm["learning_rate"] * factor}


def plan_temperatures(
    distillation: dict[str, Any], systems: Mapping[str, Any], policies: Mapping[str, Policy]
) -> dict[str, Policy]:
    """Returns what is sampled at other temperatures, by name: systems, and policies that are final.

    Nothing is drawn twice: neither at a system's own temperature, nor where a rival is no more than
    the temperature.

    Args:
        distillation: that part of a track's parameters.
        systems: that part too.
        policies: of `plan_policies`.
    """
    matched = distillation["matched_temperature"]
    line = list(line_of(distillation, systems).values())
    planned = {
        _at(system, temperature): _cooled(system, TEACHER, 0, system, temperature)
        for system, temperature in [*line, *matched.items()]
        if _base_at(system, temperature, distillation, systems) == _at(system, temperature)
    }
    return planned | {
        _at(name, matched[p.system]): _cooled(p.system, p.arm, p.seed, name, matched[p.system])
        for name, p in policies.items()
        if p.is_trained and p.is_final and p.system in matched
    }


def _cooled(system: str, arm: str, seed: int, start: str, temperature: float) -> Policy:
    return Policy(system, arm, seed, start, (), 0, False, {"temperature": temperature})


def line_of(
    distillation: dict[str, Any], systems: Mapping[str, Any]
) -> dict[str, tuple[str, float]]:
    """Returns the speakers of the sharpening line: name → (system, temperature), as is."""
    temperatures = distillation["sharpening_line"]["temperatures"]
    return {
        _base_at(system, temperature, distillation, systems): (system, temperature)
        for system in distillation["systems"]
        for temperature in temperatures
    }


def matched_of(
    distillation: dict[str, Any], systems: Mapping[str, Any], policies: Mapping[str, Policy]
) -> dict[str, tuple[str, str]]:
    """Returns what is sampled at the matched temperature: name → (system, arm), systems first."""
    matched = distillation["matched_temperature"]
    bases = {
        _base_at(system, temperature, distillation, systems): (system, TEACHER)
        for system, temperature in matched.items()
    }
    return bases | {
        _at(name, matched[policy.system]): (policy.system, policy.arm)
        for name, policy in policies.items()
        if policy.is_trained and policy.is_final and policy.system in matched
    }


def is_of_references(arm: Mapping[str, Any]) -> bool:
    """Whether an arm learns from the voice's own speech, not from candidates."""
    return arm.get("selection") == REFERENCE


def spoken_by(system: str) -> str:
    """Returns the name of the pool of true speech in a system's ids."""
    return f"{system}-{REFERENCE}"


def taught_by(system: str, arm: Mapping[str, Any]) -> str:
    """Returns whose speech an arm learns first: its system's, a rival's of it, or true speech."""
    if is_of_references(arm):
        return spoken_by(system)
    return f"{system}-{arm['teacher']}" if "teacher" in arm else system


def _at(name: str, temperature: float) -> str:
    return f"{name}-at-{temperature:g}"


def _base_at(
    system: str, temperature: float, distillation: dict[str, Any], systems: Mapping[str, Any]
) -> str:
    """The system or rival that is the system at this temperature; else a name of its own."""
    if systems[system]["temperature"] == temperature:
        return system
    for rival in distillation["systems"][system]:
        if distillation["rivals"].get(rival) == {"temperature": temperature}:
            return f"{system}-{rival}"
    return _at(system, temperature)


def _rounds(system: str, arm: str, seed: int, distillation: dict[str, Any]) -> dict[str, Policy]:
    entry = distillation["arms"][arm]
    num_rounds = entry["num_rounds"]
    num_steps = entry.get("num_steps", distillation["num_steps"]) // num_rounds
    num_shards = distillation["num_shards"] // num_rounds
    start, rounds = system, {}
    for number in range(1, num_rounds + 1):
        is_final = number == num_rounds
        name = f"{system}-{arm}-{seed}" + ("" if is_final else f"-round-{number}")
        first = (number - 1) * num_shards
        speaker = taught_by(system, entry) if number == 1 else start
        pools = tuple((speaker, shard) for shard in range(first, first + num_shards))
        rounds[name] = Policy(system, arm, seed, start, pools, num_steps, is_final)
        start = name
    return rounds
