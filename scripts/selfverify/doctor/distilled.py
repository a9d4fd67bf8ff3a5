"""What distillation adds to a track's work, where it is a part of `snakemake all`."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from selfverify.distillation.plan import (
    Policy,
    line_of,
    matched_of,
    plan_policies,
    plan_temperatures,
)

# Seconds of a core a training sequence, of the mini track's recorded trainings without padding.
SFT_S = 0.20
FOLDED_SHARE = 0.6  # of that, with folded adapters; of steps, without what trainings look at
OTHER_LOSS_S = 0.26  # of pairs, each against the start too


@dataclass(frozen=True)
class Distilled:
    """Counts of a plan of policies."""

    to_learn: Counter[str]  # candidates of training prompts by system, which the verifier hears
    to_compare: Counter[str]  # of evaluation prompts, which the evaluator hears
    training_s: float  # of a core
    num_jobs: int


def count_distilled(track: dict[str, Any]) -> Distilled:
    """Returns what distillation of a track draws and trains; nothing where it is not in `all`.

    Args:
        track: that part of params.yaml, checked.
    """
    plan = track.get("distillation", {"in_all": False})
    if not plan["in_all"]:
        return Distilled(Counter(), Counter(), 0.0, 0)
    policies = plan_policies(plan)
    trained = [policy for policy in policies.values() if policy.is_trained]
    learnt, compared = _learnt(plan, policies), _compared(track, policies)
    text = track["train_prompts"]
    a_shard = text["num_utterances"] // text["num_shards"] * plan["pool_size"]
    to_learn: Counter[str] = Counter()
    for system, *_ in learnt:
        to_learn[system] += a_shard
    to_compare: Counter[str] = Counter()
    for system, num_prompts in compared:
        to_compare[system] += num_prompts * plan["eval_pool_size"]
    arms = {(policy.system, policy.arm) for policy in policies.values()}
    return Distilled(
        to_learn=to_learn,
        to_compare=to_compare,
        training_s=sum(_sequences(plan, policy) * _rate(plan, policy) for policy in trained),
        # Drawn, decoded, heard and judged, all but the last by shard; voice and entropy of an arm.
        num_jobs=len(trained) + 4 * (len(learnt) + len(compared)) + 2 * len(arms),
    )


def _learnt(plan: dict[str, Any], policies: dict[str, Policy]) -> set[tuple[str, str, int]]:
    """System, speaker and shard of every training pool, held-out ones with them."""
    found = {(p.system, *pool) for p in policies.values() for pool in p.pools}
    first = plan["num_shards"]
    held_out = range(first, first + plan["num_held_out_shards"])
    return found | {(system, system, shard) for system in plan["systems"] for shard in held_out}


def _compared(track: dict[str, Any], policies: dict[str, Policy]) -> list[tuple[str, int]]:
    """System and prompts of every set that a speaker is drawn on for the comparison alone."""
    plan, systems = track["distillation"], track["systems"]
    sets = {
        name: entry["num_utterances"]
        for name, entry in track["prompt_sets"].items()
        if entry["source"] != "adversarial"
    }
    matched = matched_of(plan, systems, policies)
    line = line_of(plan, systems)
    drawn = [(p.system, num) for p in policies.values() if p.is_final for num in sets.values()]
    for name, policy in plan_temperatures(plan, systems, policies).items():
        wanted = {*(plan["matched_prompt_sets"] if name in matched else [])}
        wanted |= {*(plan["sharpening_line"]["prompt_sets"] if name in line else [])}
        drawn += [(policy.system, sets[prompt_set]) for prompt_set in wanted]
    return drawn


def _sequences(plan: dict[str, Any], policy: Policy) -> int:
    return policy.num_steps * plan["batch_size"]


def _rate(plan: dict[str, Any], policy: Policy) -> float:
    if plan["arms"][policy.arm]["losses"] != ["sft"]:
        return OTHER_LOSS_S
    return SFT_S * FOLDED_SHARE if plan.get("fold_adapters") else SFT_S
