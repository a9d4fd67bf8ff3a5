"""Verdicts for the pages of a CI: JUnit XML and a summary in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from selfverify.scoring.outputs import make_room, writing
from selfverify.scoring.rows import BadRow

# What XML 1.0 has no way to write.
_FORBIDDEN = {c: "�" for c in range(32) if c not in (9, 10, 13)} | {0xFFFE: "�", 0xFFFF: "�"}
NO_VERDICTS = pd.DataFrame(
    columns=["row", "id", "system", "text", "hypothesis", "decision", "failure_mode", "unsure"]
)
NUM_LISTED = 50  # failures that a page names; the table has them all


@dataclass(frozen=True)
class Reports:
    """The pages that are asked for."""

    junit: Path | None = None
    markdown: Path | None = None

    def make_room(self) -> None:
        """Makes their folders; raises `InputError` if one cannot be written."""
        for option, path in (("--junit", self.junit), ("--markdown", self.markdown)):
            if path:
                make_room(path, option)

    def write(self, verdicts: pd.DataFrame, bad: Sequence[BadRow], summary: str) -> None:
        """Writes them; raises `InputError` if one cannot be written."""
        if self.junit:
            write_junit(verdicts, bad, self.junit)
        if self.markdown:
            write_markdown(verdicts, summary, self.markdown)


def write_junit(verdicts: pd.DataFrame, bad: Sequence[BadRow], path: Path) -> None:
    """Writes a test case per row: failure, skipped where not judged, error where not scored."""
    decisions = verdicts["decision"]
    suite = ElementTree.Element(
        "testsuite",
        name="selfverify score",
        tests=str(len(verdicts) + len(bad)),
        failures=str((decisions == "fail").sum()),
        skipped=str((decisions == "not judged").sum()),
        errors=str(len(bad)),
    )
    for row in verdicts.to_dict("records"):
        case = _case(suite, row["system"] or "clips", f"row {row['row']}: {row['id']}")
        if row["decision"] == "fail":
            failure = ElementTree.SubElement(case, "failure", message=str(row["failure_mode"]))
            failure.text = _clean(f"text:  {row['text']}\nheard: {row['hypothesis']}")
        elif row["decision"] == "not judged":
            ElementTree.SubElement(case, "skipped", message=str(row["unsure"]))
    for one in bad:
        case = _case(suite, "not scored", f"row {one.row}: {one.audio}")
        ElementTree.SubElement(case, "error", message=_clean(one.reason))
    ElementTree.indent(suite)
    with writing(path):
        ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: ElementTree.Element, group: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=_clean(group), name=_clean(name))


def _clean(text: object) -> str:
    return str(text).translate(_FORBIDDEN)


def write_markdown(verdicts: pd.DataFrame, summary: str, path: Path) -> None:
    """Writes the summary and a table of the failures, for a CI's job page."""
    failed = verdicts.query("decision == 'fail'")
    lines = ["## Speech synthesis: catastrophic failures", "", "```", summary, "```"]
    if len(failed):
        lines += ["", "| row | failure | text | heard |", "|---:|---|---|---|"]
        columns = ["row", "failure_mode", "text", "hypothesis"]
        lines += [
            _line(row)
            for row in failed.filter(items=columns).head(NUM_LISTED).itertuples(index=False)
        ]
    if len(failed) > NUM_LISTED:
        lines += ["", f"and {len(failed) - NUM_LISTED} more"]
    with writing(path):
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _line(row: tuple) -> str:
    cells = (" ".join(str(cell).replace("|", "\\|").split()) for cell in row)
    return f"| {' | '.join(cells)} |"
