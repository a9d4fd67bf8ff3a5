"""No number is typed into the paper's text, digits or words."""

import re

import pytest
import yaml

from selfverify.document.typesetting import TEMPLATE
from selfverify.document.verdicts import WORDINGS
from selfverify.results.claims import Conclusion

# What stands for a result where it is written, and what is the method's own.
COMPUTED = r"<#.*?#>|<%.*?%>|<<.*?>>"
FORMULAS = r"```.*?```|\$[^$]+\$"
LAYOUT = r"columns: \(.*?\)|size: [\d.]+pt"
NAMES = r"XCodec2|@\w+|<[\w-]+>"  # a product, references, labels
NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve half third quarter dozen"
ALLOWED = ("half-way",)  # of a training, by its definition: rounds are equal


def typed(text: str) -> list[str]:
    """Digits and words of numbers outside of cells, formulas and pseudo-code."""
    for pattern in (COMPUTED, FORMULAS, LAYOUT, NAMES):
        text = re.sub(pattern, " ", text, flags=re.S)
    for phrase in (*ALLOWED, "two one-sided tests", "the two recognisers", "last two"):
        text = text.replace(phrase, " ")
    words = "|".join(NUMBER_WORDS.split())
    return re.findall(rf"\d+|\b(?:{words})\b", text)


def test_the_template_has_no_number_outside_of_cells():
    assert typed(TEMPLATE.read_text()) == []


@pytest.mark.parametrize("text", ["It fails in 5 % of cases.", "All four systems fail."])
def test_a_typed_number_is_found(text):
    assert len(typed(TEMPLATE.read_text() + text)) == 1


def test_every_claim_has_a_wording_for_every_verdict_and_none_has_a_number():
    wordings = yaml.safe_load(WORDINGS.read_text())
    for words in wordings["claims"].values():
        assert set(words) == {"claim", *Conclusion}
        assert all(typed(words[word]) == [] for word in Conclusion)
    assert all(typed(words) == [] for words in wordings["contrasts"].values())
