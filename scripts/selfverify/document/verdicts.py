"""Sentences about outcomes, by the verdicts of the claims: a rerun cannot leave a wrong one."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from selfverify.document.content import Content, Row
from selfverify.errors import InputError
from selfverify.results.claims import NOT_RUN, Conclusion

WORDINGS = Path(__file__).with_name("wordings.yaml")
CLAIMS, CONTRASTS = "table_claims.csv", "table_method_comparison.csv"


def claim_rows(content: Content, name: str) -> list[Row]:
    """Returns the rows of a claim; InputError if the table has none or its verdict is unknown."""
    table, pattern = content.table(CLAIMS), _wordings()["claims"][name]["claim"]
    rows = [row for row in table.rows() if re.fullmatch(pattern, row["claim"])]
    if not rows:
        raise InputError(f"{table.file}: no row with claim {pattern}, and the paper speaks of it")
    for row in rows:
        if row["conclusion"] not in set(Conclusion):
            raise InputError(f"{row.place('conclusion')}: {row['conclusion']!r} is no verdict")
    return rows


def spoken_of(content: Content) -> list[str]:
    """Returns the claims of wordings.yaml that were run, in the order of the wordings.

    Raises:
        InputError: names a claim that nothing is worded for.
    """
    table, wordings = content.table(CLAIMS), _wordings()["claims"]
    rows = [row for row in table.rows() if row["estimate"] != NOT_RUN]
    for row in rows:
        if not any(re.fullmatch(entry["claim"], row["claim"]) for entry in wordings.values()):
            raise InputError(f"{row.place('claim')}: {row['claim']!r} has no wording; {WORDINGS}")
    claims = {row["claim"] for row in rows}
    return [
        name
        for name, entry in wordings.items()
        if any(re.fullmatch(entry["claim"], claim) for claim in claims)
    ]


def verdict(content: Content, name: str, *, with_evidence: bool = True) -> str:
    """Returns what may be said of a claim, in Typst: a sentence for each verdict that occurs.

    Args:
        content: the study.
        name: of the claim in wordings.yaml; of what was not run nothing is said.
        with_evidence: whether each sentence has the systems' estimates.
    """
    rows = claim_rows(content, name)
    run = [row for row in rows if row["estimate"] != NOT_RUN]
    wordings = _wordings()["claims"][name]
    groups = {word: [row for row in run if row["conclusion"] == word] for word in Conclusion}
    return " ".join(
        _sentence(wordings[word.value], group, with_evidence)
        for word, group in groups.items()
        if group
    )


def contrasts(content: Content, words: str, **where: str) -> str:
    """Returns what may be said of arms against a baseline, in Typst.

    Args:
        content: the study.
        words: what the baseline is called.
        where: system, prompt_set and baseline of rows of table_method_comparison.csv.
    """
    table, wordings = content.table(CONTRASTS), _wordings()["contrasts"]
    rows = table.rows(**where)
    unknown = [row for row in rows if row["verdict"] not in wordings]
    if unknown:
        place = unknown[0].place("verdict")
        raise InputError(f"{place}: {unknown[0]['verdict']!r} is no verdict")
    said = []
    for word, wording in wordings.items():
        group = [row for row in rows if row["verdict"] == word]
        arms = _names(group, "arm")
        if len(group) == len(rows) > 2:
            arms = f"all {table.tally(**where)} ({arms})"
        if group:
            said.append(wording.format(arms=arms, baseline=words, **_agreement(group)))
    return "; ".join(said) + "."


def listed(parts: Sequence[str]) -> str:
    """Returns "a, b and c"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _sentence(wording: str, rows: list[Row], with_evidence: bool) -> str:
    said = wording.format(subjects=_names(rows, "subject"), **_agreement(rows))
    if with_evidence:
        said += " (" + "; ".join(_evidence(row, is_alone=len(rows) == 1) for row in rows) + ")"
    return f"{said}."


def _evidence(row: Row, *, is_alone: bool) -> str:
    """The estimate of one subject, and how many utterances would tell."""
    name = "" if is_alone else f"{row.show('subject')}: "
    needed = ""
    if row["utterances_needed"]:
        needed = f", {row.show('utterances_needed', 'count')} utterances would tell"
    return f"{name}{row.show('estimate')}{needed}"


def _names(rows: Sequence[Row], column: str) -> str:
    return listed([row.show(column) for row in rows])


def _agreement(rows: Sequence[Row]) -> dict[str, str]:
    is_alone = len(rows) == 1
    return {
        "is": "is" if is_alone else "are",
        "has": "has" if is_alone else "have",
        "their": "its" if is_alone else "their",
        "fail": "fails" if is_alone else "fail",
    }


def _wordings() -> dict[str, Any]:
    return yaml.safe_load(WORDINGS.read_text())
