"""Two tables of verdicts on the same texts: which system fails more, and where.

The texts are the sample: a text said several times counts once, by its mean. The test flips the
sign of each text's difference, all ways where they are few, which with one clip a text is McNemar's
exact test (`statistics.contrasts`); the interval of the difference is BCa over texts. A bootstrap
does not see what never occurred, so where few texts differ its upper bound is no lower than the
exact one of the share of texts that got worse, which the mean cannot exceed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.errors import InputError
from selfverify.scoring.decisions import FAIL, PASS
from selfverify.scoring.fingerprint import differences, read_fingerprint
from selfverify.scoring.gate import Answer, check_share
from selfverify.statistics.contrasts import ALPHA, MIN_DIFFERING, PermutationTest, sign_flip_test
from selfverify.statistics.intervals import Mean, bootstrap_mean, clopper_pearson

SEED = 2606  # of resamples alone
NUM_LISTED = 20


@dataclass(frozen=True)
class Comparison:
    """B against A on the pairs of clips that both have judged."""

    answer: Answer  # BELOW: the increase is shown to be below the limit; ABOVE: else, B is worse
    num_pairs: int
    num_left_out: int  # not judged in one of them, or in one table alone
    failed_a: int
    failed_b: int
    test: PermutationTest
    difference: Mean  # failure rate of B less that of A, over texts that both have judged
    worst: Mean  # the same over all texts, what is left out a failure of B and none of A
    max_increase: float
    changed: pd.DataFrame  # columns id, text, decision_a, decision_b, failure_mode_a, …_b


def compare_verdicts(a: Path, b: Path, *, max_increase: float) -> Comparison:
    """Returns how B's verdicts differ from A's.

    Raises:
        InputError: if `max_increase` is no share, a table cannot be read, their texts or what made
            them differ, or no clip is judged in both.
    """
    check_share("--max-increase", max_increase)
    one, other = read_verdicts(a), read_verdicts(b)
    _check_made_alike(a, one, b, other)
    key = _key(one, other, f"{a} and {b}")
    pairs = one.merge(other, on=key, how="outer", suffixes=("_a", "_b"), indicator=True)
    both = pairs.query("_merge == 'both'")
    differs = both.query("text_a != text_b")
    if len(differs):
        row = differs.iloc[0]
        raise InputError(
            f"{b}: not the texts of {a}; at {key} {row[key]}: {row['text_a']!r}, {row['text_b']!r}"
        )
    return _compared(pairs, _changed(both, key), max_increase, f"{a} and {b}")


def _compared(
    pairs: pd.DataFrame, changed: pd.DataFrame, max_increase: float, names: str
) -> Comparison:
    fails_a, fails_b = (_fails(pairs[f"decision_{side}"]) for side in "ab")
    change = fails_b - fails_a
    is_judged = np.isfinite(change)
    if not is_judged.any():
        raise InputError(f"{names}: no clip is judged in both")
    texts = np.asarray(pairs["text_a"].fillna(pairs["text_b"]))
    seen = _by_text(change, texts)
    worst = _by_text(np.nan_to_num(fails_b, nan=1.0) - np.nan_to_num(fails_a, nan=0.0), texts)
    test, difference, of_worst = _test(seen), _difference(seen), _difference(worst)
    is_worse = test.p_value < ALPHA and test.mean_difference > 0
    # Texts left out can only be against B, but one that makes no difference widens the sample.
    is_within = all(
        found.high <= max_increase or _is_shown_better(values)
        for found, values in ((difference, seen), (of_worst, worst))
    )
    return Comparison(
        Answer.BELOW if is_within else Answer.ABOVE if is_worse else Answer.CANNOT_TELL,
        int(is_judged.sum()), int((~is_judged).sum()), int(fails_a[is_judged].sum()),
        int(fails_b[is_judged].sum()), test, difference, of_worst, max_increase, changed,
    )  # fmt: skip


def _fails(decisions: Iterable[object]) -> np.ndarray:
    """1 or 0; NaN where it is not judged, or has no row."""
    return np.array([{FAIL: 1.0, PASS: 0.0}.get(str(decision), nan) for decision in decisions])


def _by_text(change: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The mean change of each text that has any."""
    known = pd.DataFrame({"text": texts, "change": change}).dropna()
    return np.asarray(known.groupby("text")["change"].mean(), dtype=float)


def _test(by_text: np.ndarray) -> PermutationTest:
    return sign_flip_test(by_text, rng=np.random.default_rng(SEED))


def _difference(by_text: np.ndarray) -> Mean:
    found = bootstrap_mean(by_text, bounds=(-1.0, 1.0), rng=np.random.default_rng(SEED))
    if np.count_nonzero(by_text) >= MIN_DIFFERING or np.ptp(by_text) == 0:  # that one is exact
        return found
    worse = clopper_pearson(int((by_text > 0).sum()), len(by_text))
    return replace(found, high=float(np.fmax(found.high, worse.high)))


def _is_shown_better(by_text: np.ndarray) -> bool:
    """Whether B fails less often, p < .05, with one clip a text.

    With several, many small gains could hide the rare text that gets much worse.
    """
    test = _test(by_text)
    is_exact = bool(np.isin(by_text, (-1.0, 0.0, 1.0)).all())
    return is_exact and test.p_value < ALPHA and test.mean_difference < 0


def read_verdicts(path: Path) -> pd.DataFrame:
    """Returns a table that `selfverify score` wrote.

    Raises:
        InputError: if it is none.
    """
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
        else:
            # "007" is an id, and digits with an e among them are a hash.
            table = pd.read_csv(
                path, keep_default_na=False, dtype={"id": str, "text": str, "made_by": str}
            )
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {str(error).splitlines()[0]}") from None
    needed = ["row", "id", "text", "decision", "failure_mode"]
    if missing := [name for name in needed if name not in table]:
        raise InputError(f"{path}: no column {missing[0]!r}; not verdicts of `selfverify score`")
    if not table["row"].is_unique:
        row = table.loc[table["row"].duplicated(), "row"].iloc[0]
        raise InputError(f"{path}: row {row} stands twice; compare one table of verdicts at a time")
    return table.filter(items=[*needed, "made_by"])


def _check_made_alike(a: Path, one: pd.DataFrame, b: Path, other: pd.DataFrame) -> None:
    made_a, made_b = read_fingerprint(a, _made_by(one)), read_fingerprint(b, _made_by(other))
    if lines := differences(made_a, made_b):
        raise InputError(f"{a} and {b} were not made alike, score again; {'; '.join(lines)}")


def _made_by(table: pd.DataFrame) -> str | None:
    """What all rows say made them: one value, since one run writes a table."""
    return " and ".join(sorted(map(str, table["made_by"].unique()))) if "made_by" in table else None


def _key(a: pd.DataFrame, b: pd.DataFrame, names: str) -> str:
    """Ids where both tables have the same, else row numbers."""
    if a["id"].is_unique and b["id"].is_unique and set(a["id"]) & set(b["id"]):
        return "id"
    if not set(a["row"]) & set(b["row"]):
        raise InputError(f"{names}: no id and no row number in common")
    return "row"


def _changed(both: pd.DataFrame, key: str) -> pd.DataFrame:
    changed = both.query("decision_a != decision_b")
    columns = ["decision_a", "decision_b", "failure_mode_a", "failure_mode_b"]
    return changed.filter(items=[key, "text_a", *columns]).rename(columns={"text_a": "text"})


def in_words(found: Comparison) -> str:
    """Returns lines to read: counts, test, interval, answer, the clips that changed."""
    n, d = found.num_pairs, found.difference
    # Then it is below the limit by the test and not by the bounds.
    is_better = max(d.high, found.worst.high) > found.max_increase
    below = f"B fails at most {found.max_increase:.1%} of texts more often than A"
    answers = {
        Answer.BELOW: "B fails less often than A" if is_better else below,
        Answer.ABOVE: "B FAILS MORE OFTEN than A",
        Answer.CANNOT_TELL: f"cannot tell whether B fails {found.max_increase:.1%} more often",
    }
    left_out = against_b = ""
    if found.num_left_out:
        left_out = f", {found.num_left_out} left out"
        against_b = f"; at most {found.worst.high:+.1%} with those left out counted against B"
    lines = [
        f"A {found.failed_a}/{n} = {found.failed_a / n:.1%}, "
        f"B {found.failed_b}/{n} = {found.failed_b / n:.1%}{left_out}",
        f"difference {d.mean:+.1%} [{d.low:+.1%}, {d.high:+.1%}] over {d.num_prompts} texts, "
        f"p = {found.test.p_value:.3g} ({found.test.method}){against_b}",
        f"compare: {answers[found.answer]}",
    ]
    rows = found.changed.head(NUM_LISTED).itertuples(index=False)
    lines += [f"  {r[0]}: {r[4]} -> {r[5]} ({r[2]} -> {r[3]}): {r[1]}" for r in rows]
    more = len(found.changed) - NUM_LISTED
    return "\n".join([*lines, *([f"  and {more} more"] if more > 0 else [])])
