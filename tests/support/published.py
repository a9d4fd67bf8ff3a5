"""The studies that are published, as rules/studies.smk counts them."""

import re

from repository import ROOT

_RULES = (ROOT / "rules/studies.smk").read_text()


def _named(name: str) -> list[str]:
    return re.findall(r'"([^"]+)"', _RULES.partition(f"{name} = (")[2].partition(")")[0])


STUDIES = _named("STUDIES")
GROUP = _named("GROUP")
