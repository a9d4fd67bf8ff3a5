"""Numbers as the metric writes them."""

import pytest

from selfverify.metric.words import ordinal


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"),
     (20, "20th"), (21, "21st"), (101, "101st"), (111, "111th"), (112, "112th"), (1903, "1903rd")],
)  # fmt: skip
def test_ordinals(number, written):
    assert ordinal(number) == written
