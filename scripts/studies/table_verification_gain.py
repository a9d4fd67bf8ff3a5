"""The table of what verification adds to SFT, study by study and over all of them."""

from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from selfverify.errors import InputError
from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.contrasts import ALPHA
from selfverify.statistics.pooling import Pooled, pool_effects
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# Where both arms were drawn, as columns of table_method_comparison begin and as people read it.
PLACES = {"": "the system's", "matched_": "the best rival's"}
WRITTEN = 1e-6  # rates are equal as they are written
CONTROL = "-random"  # in a control's name, where its arm has nothing
ALL = "all"
GROUP = "mini-llasa, cooler teacher"


def table_verification_gain(
    *, studies: list[str], comparisons: list[Path], group: list[str], files: TableFiles
) -> None:
    """Writes each declared contrast of an arm with its random control, and their means.

    Args:
        studies: names, as of their tracks.
        comparisons: table_method_comparison.csv of each.
        group: contrasts whose mean was declared, {study}={system}={arm}.
        files: the table; a row per contrast and temperature, the mean over all last.

    Raises:
        InputError: names a study without such a contrast, or what no study has of the group.
    """
    found = [
        row
        for study, path in zip(studies, comparisons, strict=True)
        for row in read_contrasts(study, path)
    ]
    if unknown := set(group) - set(map(_name, found)):
        raise InputError(f"{', '.join(sorted(unknown))}: no study declares such a contrast")
    rows = [row for place in PLACES.values() for row in with_means(found, place, group)]
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE, files)


def read_contrasts(study: str, path: Path) -> list[dict[str, Any]]:
    """Returns a row of each declared contrast of selection at each temperature it was drawn at.

    The standard error is taken back from the t interval of the difference; an exact interval, of a
    contrast in which few prompts differ, has none to take back, and is refused.

    Args:
        study: its name.
        path: its table_method_comparison.csv.
    """
    table = pd.read_csv(path)
    is_control = table["baseline"].str.contains(CONTROL)
    is_of_arm = table["baseline"].str.replace(CONTROL, "", n=1) == table["arm"]
    declared = pd.DataFrame(table[(table["role"] == "primary") & is_control & is_of_arm])
    if declared.empty:
        raise InputError(f"{path}: {study} declares no arm against its control, '…{CONTROL}…'")
    rows = [
        _row(study, contrast, prefix, place)
        for prefix, place in PLACES.items()
        for contrast in declared.to_dict("records")
    ]
    return [row for row in rows if pd.notna(row["difference"])]


def with_means(found: list[dict[str, Any]], place: str, group: list[str]) -> list[dict[str, Any]]:
    """Returns the rows of one temperature with their weights, and their random-effects means.

    The group's stands before that over all, where every contrast of it was drawn there.
    """
    rows = [row for row in found if row["temperature"] == place]
    pooled = _pooled(rows)
    rows = [row | {"weight": weight} for row, weight in zip(rows, pooled.weights, strict=True)]
    mean = _mean(ALL, place, pooled, 1.0)
    grouped = [row for row in rows if _name(row) in group]
    if len(grouped) < len(group):
        return [*rows, mean]
    weight = sum(row["weight"] for row in grouped)
    return [*rows, _mean(GROUP, place, _pooled(grouped), weight), mean]


def _name(contrast: dict[str, Any]) -> str:
    return "{study}={system}={arm}".format(**contrast)


def _pooled(rows: list[dict[str, Any]]) -> Pooled:
    return pool_effects(
        [row["difference"] for row in rows], [row["standard_error"] for row in rows]
    )


def _mean(name: str, place: str, pooled: Pooled, weight: float) -> dict[str, Any]:
    return {
        "study": name, "temperature": place, "difference": pooled.mean, "low": pooled.low,
        "high": pooled.high, "p": pooled.p_value, "weight": weight, "tau": pooled.tau,
        "i_squared": pooled.i_squared, "low_95": pooled.low_95, "high_95": pooled.high_95,
    }  # fmt: skip


def _row(study: str, contrast: dict[str, Any], prefix: str, place: str) -> dict[str, Any]:
    low, high = contrast[f"{prefix}low"], contrast[f"{prefix}high"]
    if abs((low + high) / 2 - contrast[f"{prefix}difference"]) > WRITTEN:
        raise InputError(
            f"{study}: too few prompts differ between {contrast['arm']} and {contrast['baseline']} "
            "for a standard error; leave the study out of `STUDIES`"
        )
    spread = 2 * float(stats.t.ppf(1 - ALPHA, contrast["num_prompts"] - 1))
    return {
        "study": study,
        "system": contrast["system"],
        "arm": contrast["arm"],
        "control": contrast["baseline"],
        "temperature": place,
        "num_prompts": contrast["num_prompts"],
        "difference": contrast[f"{prefix}difference"],
        "low": low,
        "high": high,
        "p": contrast[f"{prefix}p"],
        "standard_error": (high - low) / spread,
    }


def _shown(row: dict[str, Any]) -> dict[str, str]:
    is_mean = row["study"] in (GROUP, ALL)
    spread = "spread {tau:.1%}, I² {i_squared:.0%}, 95 % [{low_95:.1%}, {high_95:.1%}]"
    return {
        "study": row["study"],
        "contrast": spread.format(**row) if is_mean else "{system}, {arm}".format(**row),
        "drawn at": f"{row['temperature']} temperature",
        "prompts": "" if is_mean else str(row["num_prompts"]),
        "verification adds": "{difference:.1%} [{low:.1%}, {high:.1%}]".format(**row),
        "p": "{p:.2g}".format(**row),
        "weight": "{weight:.0%}".format(**row),
    }


NOTE = (
    "Failures of the control, SFT on random own candidates of the same teacher and prompts, less "
    "those of SFT on verified ones; every such contrast that a study declared before its run. "
    "Differences are paired by prompt, with 90 % intervals and p as they are, which count "
    "prompts but not that a training comes out otherwise the next time. The mean over all counts "
    "that: it is a random-effects one (Paule and Mandel's variance, Hartung and Knapp's interval, "
    "never narrower than without). Spread is the standard deviation of the contrasts beyond their "
    "own errors, I² its share of their variance. Contrasts of one study share its prompts."
)


if __name__ == "__main__":
    run_script(table_verification_gain)
