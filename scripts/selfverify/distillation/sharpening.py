"""The sharpening line: failure rate of a system against the entropy of what it says, as it cools.

A policy that learnt no more than to be sharper lies on its system's line; one below it fails less
than the system does at any temperature of that sharpness.

Candidates drawn at T come from p^(1/T). Learnt by SFT as they are, and drawn at T' by what was
learnt, they come from p^(1/(T T')), after k rounds from p^(1/(T^k T')): the prediction is that an
arm acts as its system at T^k T', whatever was selected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from selfverify.distillation.comparison import Arm
from selfverify.statistics.intervals import Mean, bootstrap_mean

KEYS = ["system", "prompt_set", "arm", "temperature"]


@dataclass(frozen=True)
class Point:
    """An arm, or the system as it is, at one temperature on one prompt set."""

    arm: Arm
    temperature: float
    entropy: float  # nats per id of what it says
    # Of the system, at which an arm acts if all that it learnt is its candidates; NaN if not known.
    predicted_temperature: float = float("nan")


def mean_entropy(measured: pd.DataFrame, speakers: Sequence[str], prompt_set: str) -> float:
    """Returns nats per id over all ids of all candidates of speakers on a prompt set.

    Args:
        measured: rows of `measure_entropy`.
        speakers: those of an arm at one temperature.
        prompt_set: on which it is.
    """
    is_theirs = measured["speaker"].isin(speakers) & (measured["prompt_set"] == prompt_set)
    rows = measured[is_theirs]
    return float(np.average(rows["entropy"], weights=rows["num_ids"]))


def line_at(entropy: float, line: Sequence[Point]) -> np.ndarray | None:
    """Returns the failure rate by prompt that the line has at an entropy, shape (prompts,).

    Between two of its points it is straight; None beyond its ends, where nothing was drawn.

    Args:
        entropy: nats per id.
        line: of one system and prompt set, two points at least.
    """
    weights = _weights(entropy, line)
    if weights is None:
        return None
    return weights @ np.array([point.arm.single for point in line])


def equivalent_temperature(entropy: float, line: Sequence[Point]) -> float:
    """Returns the temperature at which the system is as sharp; NaN beyond the ends of the line."""
    weights = _weights(entropy, line)
    if weights is None:
        return float("nan")
    return float(weights @ np.array([point.temperature for point in line]))


def below_line(point: Point, line: Sequence[Point], rng: np.random.Generator) -> Mean | None:
    """Returns how much less a point fails than its system at the same entropy.

    The interval is BCa over prompts, both of a prompt together; entropies are taken as they are,
    for they are means of tens of thousands of ids. None beyond the ends of the line.
    """
    rates = line_at(point.entropy, line)
    if rates is None:
        return None
    return bootstrap_mean(rates - point.arm.single, rng=rng, bounds=(-1.0, 1.0))


def _weights(entropy: float, line: Sequence[Point]) -> np.ndarray | None:
    """The weight of each point of the line, of which two are not zero and add up to one."""
    places = np.array([point.entropy for point in line])
    if not places.min() <= entropy <= places.max():
        return None
    order = np.argsort(places)
    weights = [
        np.interp(entropy, places[order], np.eye(len(line))[index, order])
        for index in range(len(line))
    ]
    return np.array(weights)
