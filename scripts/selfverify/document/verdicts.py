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
CLAIMS = "table_claims.csv"


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


def verdict(content: Content, name: str, *, with_evidence: bool = True) -> str:
    """Returns what may be said of a claim, in Typst: a sentence for each verdict that occurs.

    Args:
        content: the study.
        name: of the claim in wordings.yaml.
        with_evidence: whether each sentence has the systems' estimates.
    """
    rows = claim_rows(content, name)
    run = [row for row in rows if row["estimate"] != NOT_RUN]
    if not run:
        return f"{rows[0].show('claim')} --- this was not run."
    wordings = _wordings()["claims"][name]
    groups = {word: [row for row in run if row["conclusion"] == word] for word in Conclusion}
    return " ".join(
        _sentence(wordings[word.value], group, with_evidence)
        for word, group in groups.items()
        if group
    )


def contrasts(rows: Sequence[Row], baseline: str) -> str:
    """Returns what may be said of arms against a baseline, in Typst.

    Args:
        rows: of table_method_comparison.csv, of one system and prompt set.
        baseline: in words.
    """
    wordings = _wordings()["contrasts"]
    unknown = [row for row in rows if row["verdict"] not in wordings]
    if unknown:
        place = unknown[0].place("verdict")
        raise InputError(f"{place}: {unknown[0]['verdict']!r} is no verdict")
    groups = {word: [row for row in rows if row["verdict"] == word] for word in wordings}
    said = [
        wordings[word].format(arms=_names(group, "arm"), baseline=baseline, **_agreement(group))
        for word, group in groups.items()
        if group
    ]
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
    }


def _wordings() -> dict[str, Any]:
    return yaml.safe_load(WORDINGS.read_text())
