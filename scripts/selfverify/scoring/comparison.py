"""Two tables of verdicts on the same texts: which system fails more, and where.

The texts are the sample: a text said several times counts once, by its mean. The test flips the
sign of each text's difference, all ways where they are few, which with one clip a text is McNemar's
exact test (`statistics.contrasts`); the interval of the difference is BCa over texts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.errors import InputError
from selfverify.scoring.fingerprint import differences, read_fingerprint
from selfverify.scoring.gate import Answer
from selfverify.statistics.contrasts import ALPHA, PermutationTest, sign_flip_test
from selfverify.statistics.intervals import Mean, bootstrap_mean

SEED = 2606  # of resamples alone
NUM_LISTED = 20


@dataclass(frozen=True)
class Comparison:
    """B against A on the pairs of clips that both have judged."""

    answer: Answer  # BELOW: the increase is shown to be below the limit; ABOVE: B is worse
    num_pairs: int
    num_left_out: int  # not judged in one of them, or in one table alone
    failed_a: int
    failed_b: int
    test: PermutationTest
    difference: Mean  # failure rate of B less that of A, over texts
    max_increase: float
    changed: pd.DataFrame  # columns id, text, decision_a, decision_b, failure_mode_a, …_b


def compare_verdicts(a: Path, b: Path, *, max_increase: float) -> Comparison:
    """Returns how B's verdicts differ from A's.

    Raises:
        InputError: if a table cannot be read, their texts or what made them differ, or no clip is
            judged in both.
    """
    _check_made_alike(a, b)
    one, other = read_verdicts(a), read_verdicts(b)
    key = _key(one, other, f"{a} and {b}")
    pairs = one.merge(other, on=key, how="outer", suffixes=("_a", "_b"), indicator=True)
    both = pairs.query("_merge == 'both'")
    differs = both.query("text_a != text_b")
    if len(differs):
        row = differs.iloc[0]
        raise InputError(
            f"{b}: not the texts of {a}; at {key} {row[key]}: {row['text_a']!r}, {row['text_b']!r}"
        )
    judged = both.query("decision_a != 'not judged' and decision_b != 'not judged'")
    if judged.empty:
        raise InputError(f"{a} and {b}: no clip is judged in both")
    return _compared(judged, len(pairs) - len(judged), _changed(both, key), max_increase)


def _compared(
    judged: pd.DataFrame, num_left_out: int, changed: pd.DataFrame, max_increase: float
) -> Comparison:
    fails_a, fails_b = (np.asarray(judged[f"decision_{side}"]) == "fail" for side in "ab")
    change = judged.assign(change=fails_b.astype(float) - fails_a)
    by_text = np.asarray(change.groupby("text_a")["change"].mean(), dtype=float)
    test = sign_flip_test(by_text, rng=np.random.default_rng(SEED))
    difference = bootstrap_mean(by_text, bounds=(-1.0, 1.0), rng=np.random.default_rng(SEED))
    is_worse = test.p_value < ALPHA and test.mean_difference > 0
    is_within = difference.high <= max_increase
    return Comparison(
        Answer.ABOVE if is_worse else Answer.BELOW if is_within else Answer.CANNOT_TELL,
        len(judged), num_left_out, int(fails_a.sum()), int(fails_b.sum()), test, difference,
        max_increase, changed,
    )  # fmt: skip


def read_verdicts(path: Path) -> pd.DataFrame:
    """Returns a table that `selfverify score` wrote.

    Raises:
        InputError: if it is none.
    """
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, keep_default_na=False, dtype={"id": str, "text": str})
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {str(error).splitlines()[0]}") from None
    needed = ["row", "id", "text", "decision", "failure_mode"]
    if missing := [name for name in needed if name not in table]:
        raise InputError(f"{path}: no column {missing[0]!r}; not verdicts of `selfverify score`")
    return table.filter(items=needed)


def _check_made_alike(a: Path, b: Path) -> None:
    if lines := differences(read_fingerprint(a), read_fingerprint(b)):
        raise InputError(f"{a} and {b} were not made alike, score again; {'; '.join(lines)}")


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
    answers = {
        Answer.BELOW: f"B fails at most {found.max_increase:.1%} of texts more often than A",
        Answer.ABOVE: "B FAILS MORE OFTEN than A",
        Answer.CANNOT_TELL: f"cannot tell whether B fails {found.max_increase:.1%} more often",
    }
    left_out = f", {found.num_left_out} left out" if found.num_left_out else ""
    lines = [
        f"A {found.failed_a}/{n} = {found.failed_a / n:.1%}, "
        f"B {found.failed_b}/{n} = {found.failed_b / n:.1%}{left_out}",
        f"difference {d.mean:+.1%} [{d.low:+.1%}, {d.high:+.1%}] over {d.num_prompts} texts, "
        f"p = {found.test.p_value:.3g} ({found.test.method})",
        f"compare: {answers[found.answer]}",
    ]
    rows = found.changed.head(NUM_LISTED).itertuples(index=False)
    lines += [f"  {r[0]}: {r[4]} -> {r[5]} ({r[2]} -> {r[3]}): {r[1]}" for r in rows]
    more = len(found.changed) - NUM_LISTED
    return "\n".join([*lines, *([f"  and {more} more"] if more > 0 else [])])
