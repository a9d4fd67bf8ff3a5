"""The page on troubles quotes messages that the code has."""

import re

import pytest

from repository import ROOT

PAGE = (ROOT / "docs/troubleshooting.md").read_text()
QUOTED = re.findall(r"^\| `([^`]+)` \|", PAGE, flags=re.M)
SOURCES = re.sub(r'"\s*\n?\s*f?"', "", "\n".join(
    path.read_text() for folder in ("scripts", "rules") for path in (ROOT / folder).rglob("*.*")
    if path.suffix in (".py", ".smk")
))  # fmt: skip


@pytest.mark.parametrize("message", [q for q in QUOTED if "Snakemake reads" not in q])
def test_a_quoted_message_is_one_of_the_code(message):
    assert message in SOURCES
