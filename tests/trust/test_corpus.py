"""How many malformed inputs the files beside this one have refused in this run, by kind."""

import pytest

from refusals import TALLY

LEAST = 300


def test_the_corpus_is_as_large_as_it_says(request, tell):
    files = {item.path.name for item in request.session.items}
    if not {f"test_bad_{kind}.py" for kind in ("params", "checkpoints", "tables")} <= files:
        pytest.skip("counts what the whole of tests/trust refuses: run that folder")
    total = sum(TALLY.values())
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(TALLY.items()))
    tell(f"bad inputs refused as stated: {total} ({kinds})")
    assert total >= LEAST
