"""The studies that are published, as rules/studies.smk counts them."""

import re

from repository import ROOT

_RULES = (ROOT / "rules/studies.smk").read_text()
STUDIES = re.findall(r'"(\w+)"', _RULES.partition("STUDIES = (")[2].partition(")")[0])
