"""The paper from the results in git, changed on purpose: what it says, and what stops it."""

import json
import re
import shutil
from dataclasses import asdict
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
import yaml
from scripts.tables.table_claims import _near_zero

from selfverify.document import checking
from selfverify.document.checking import paper_problems
from selfverify.document.ledger import read_ledger
from selfverify.document.parameters import fingerprint, read_parameters
from selfverify.errors import InputError
from selfverify.statistics.intervals import clopper_pearson
from small_distillation import make_distillation
from small_paper import CLAIMS, RATES, SmallPaper, make_small_paper

NEAR = "failures are near zero by N = 2 on standard prompts"
PLACE = {"system": "mini-orpheus", "prompt_set": "standard", "best_of": 2}


@pytest.fixture(scope="module")
def unwritten(tmp_path_factory):
    return make_small_paper(tmp_path_factory.mktemp("unwritten"))


@pytest.fixture
def paper(unwritten, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(unwritten.folder, tmp_path, dirs_exist_ok=True)
    paper = SmallPaper(tmp_path)
    set_failures(paper, 43)
    return paper


@pytest.fixture(scope="module")
def distillation(tmp_path_factory):
    return make_distillation(tmp_path_factory.mktemp("distillation") / "run")


@pytest.fixture
def distilled(paper, distillation):
    paper.distil(distillation)
    return paper


def set_failures(paper, k):
    """A result changed on purpose, and the claim that follows from it, as the study makes it."""
    n = int(
        pd.read_csv(paper.folder / RATES).set_index(list(PLACE))["n"].loc[tuple(PLACE.values())]
    )
    rate = clopper_pearson(k, n)
    for column, value in {"k": k, "rate": k / n, "low": rate.low, "high": rate.high}.items():
        paper.change(RATES, column, value, **PLACE)
    claim = _near_zero(pd.read_csv(paper.folder / RATES), "mini-orpheus", "standard", 2, "")
    for column in ("estimate", "conclusion"):
        paper.change(CLAIMS, column, asdict(claim)[column], claim=NEAR, subject="mini-orpheus")
    return n


def text_of(page: str) -> str:
    body = page.partition("<body>")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", body)))


def drawings(page: str) -> list[str]:
    return re.findall(r'<img src="(data:image[^"]+)"', page)


def test_every_number_is_one_of_the_results_and_equal_results_give_equal_bytes(distilled):
    distilled.write()
    first = distilled.pdf, distilled.html
    assert paper_problems(distilled.numbers) == []
    assert len(read_ledger(distilled.numbers)) > 1000
    distilled.write()
    assert (distilled.pdf, distilled.html) == first
    assert 'src="clip:' not in distilled.html
    assert not re.search(r'(?:src|href)="(?!data:|#)', distilled.html)  # it carries all it shows


def test_a_changed_result_moves_text_table_and_figure_together_and_the_old_paper_is_found(paper):
    paper.draw()
    paper.write()
    before = paper.html
    n = set_failures(paper, 0)
    problems = paper_problems(paper.numbers)
    line = paper.line(CLAIMS, claim=NEAR, subject="mini-orpheus")
    assert any(
        f"'43/{n}" in p and f"table_claims.csv, line {line}, estimate" in p for p in problems
    )
    assert any(f"line {line}, conclusion says 'holds'" in p for p in problems)
    assert any(f"failure_rates.csv, line {paper.line(RATES, **PLACE)}, k says '0'" in p
               for p in problems)  # fmt: skip
    paper.draw()
    paper.write()
    after = paper.html
    near = r"On standard prompts [^.(]*mini-orpheus[^.(]* (is|are) shown to be near zero"
    assert not re.search(near, text_of(before))  # text
    assert re.search(near, text_of(after))
    assert f"43/{n} = " in text_of(before)  # table
    assert f"0/{n} = 0.0%" in text_of(after)
    moved = [old != new for old, new in zip(drawings(before), drawings(after), strict=True)]
    assert moved == [True] + [False] * (len(moved) - 1)  # the figure of failures against n, first
    assert paper_problems(paper.numbers) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [("", "rate: empty"), ("nan", "rate: 'nan'"), ("inf", "rate: 'inf' is no finite number")],
)
def test_a_missing_or_infinite_number_stops_the_paper_by_file_row_and_column(paper, value, message):
    paper.change(RATES, "rate", value, **PLACE)
    place = f"{RATES}, line {paper.line(RATES, **PLACE)}, {message}"
    with pytest.raises(InputError, match=re.escape(place)):
        paper.write()
    assert not paper.numbers.exists()


def test_a_missing_row_file_verdict_and_wording_are_named(paper):
    paper.change(CLAIMS, "claim", "it sings", claim=NEAR)
    with pytest.raises(InputError, match=r"table_claims\.csv, line 2, claim: 'it sings' has no wo"):
        paper.write()
    paper.change(CLAIMS, "claim", NEAR, claim="it sings")
    paper.change(CLAIMS, "conclusion", "maybe", subject="mini-csm")
    with pytest.raises(InputError, match=r"table_claims\.csv, line \d+, conclusion: 'maybe' is no"):
        paper.write()
    (paper.folder / CLAIMS).unlink()
    with pytest.raises(InputError, match=r"table_claims\.csv: missing"):
        paper.write()


def test_a_system_without_results_is_named(paper):
    paper.keep(RATES, system="mini-csm")
    with pytest.raises(InputError, match=r"failure_rates\.csv: 0 rows with system=mini-llasa"):
        paper.write()


def test_parameters_that_are_in_no_file_stop_the_paper(paper):
    changed = paper.params | {"seed": 1}
    with pytest.raises(InputError, match="by --config, and the paper shows those of files"):
        read_parameters([Path("params.yaml")], "mini", fingerprint(changed, "mini"))
    Path("more.yaml").write_text(yaml.safe_dump({"seed": 1}))
    found = read_parameters(
        [Path("params.yaml"), Path("more.yaml")], "mini", fingerprint(changed, "mini")
    )
    assert found == changed


def test_distillation_is_said_to_be_not_run(paper):
    paper.write()
    assert "Not run on this track" in text_of(paper.html)
    assert paper_problems(paper.numbers) == []


def test_distillation_is_told_by_its_verdicts(distilled):
    compared = distilled.distilled / "table_method_comparison.csv"
    name = str(compared.relative_to(distilled.folder))
    at = {"system": "mini-llasa", "prompt_set": "hard", "baseline": "as is"}
    distilled.change(name, "verdict", "better", arm="sft", **at)
    distilled.change(name, "verdict", "worse", arm="dpo", **at)
    distilled.write()
    text = text_of(distilled.html)
    assert "sft is shown to fail less often than the system as it is; dpo is shown to fail" in text
    assert "Verified candidates are shown to teach mini-llasa more than random own ones" in text
    assert "sft against sft-random" in text
    assert "of mini-orpheus on standard prompts sft and sft-random" in text
    assert "lies furthest below the line" in text


def test_a_study_of_one_system_and_one_prompt_set_has_a_paper(paper):
    values = paper.params
    mini = values["tracks"]["mini"]
    mini["systems"] = {"mini-csm": mini["systems"]["mini-csm"]}
    mini["prompt_sets"] = {"standard": mini["prompt_sets"]["standard"]}
    (paper.folder / "params.yaml").write_text(yaml.safe_dump(values))
    for path in [*paper.folder.glob("data/mini/results/*.csv"),
                 *paper.folder.glob("figures/mini/*.csv")]:  # fmt: skip
        name = str(path.relative_to(paper.folder))
        if not name.endswith(("table_claims.csv", "table_floors.csv")):
            paper.keep(name, system="mini-csm", prompt_set="standard")
    paper.draw()
    paper.write()
    row = pd.read_csv(paper.folder / RATES).query("best_of == 1").iloc[0]
    assert f"a single shot fails {row['k']}/{row['n']} = {row['rate']:.1%}" in text_of(paper.html)
    assert paper_problems(paper.numbers) == []


def test_a_correlation_that_is_undefined_is_called_so(paper):
    at = {"system": "mini-csm", "prompt_set": "standard"}
    paper.change("figures/mini/table_heterogeneity.csv", "rho", "", **at)
    paper.write()
    assert "undefined" in text_of(paper.html)


@pytest.mark.parametrize(
    ("typed", "message"),
    [("<p>It fails in 99.9% of cases.</p>", "99.9 comes from no result"),
     ('<p><span class="cell" title="x">12345/40</span></p>', "12345 comes from no result")],
)  # fmt: skip
def test_a_number_that_somebody_typed_into_the_page_is_found(paper, typed, message):
    paper.write()
    page = paper.numbers.with_name("paper.html")
    page.write_text(page.read_text().replace("</body>", f"{typed}</body>"))
    assert any(message in problem for problem in paper_problems(paper.numbers))


def test_a_paper_that_is_gone_is_named(paper):
    assert [p.split(" ")[0].split(".")[-1] for p in paper_problems(paper.numbers)] == [
        "csv", "pdf", "html"
    ]  # fmt: skip


def test_the_numbers_of_the_pdf_are_those_of_the_page(distilled):
    pytest.importorskip("pypdf", reason="reads the PDF: pip install pypdf")
    distilled.write()
    pdf = distilled.numbers.with_name("paper.pdf")
    assert checking.beyond(pdf, distilled.html) == []
    assert "43" in checking.beyond(pdf, distilled.html.replace("43/", "?/"))


def test_every_line_of_the_list_is_a_cell(distilled):
    distilled.write()
    shown = read_ledger(distilled.numbers)
    assert {entry.file.rpartition(".")[2] for entry in shown} >= {"csv", "yaml", "toml", "lock"}
    parameters = {e.column: e.shown for e in shown if e.file == "params.yaml"}
    assert parameters["metric.min_rms_db"] == "−60"
    made = {e.file: e.shown for e in shown if e.file.endswith("training.json")}
    path = "data/mini/checkpoints/mini-csm/training.json"
    count = json.loads((distilled.folder / path).read_text())["num_parameters"]
    assert made[path] == f"{count / 1e6:.1f} M"


def test_without_listeners_the_paper_says_so_and_simulated_ones_change_nothing(paper):
    paper.write()
    assert "No human has rated the clips yet." in text_of(paper.html)
    assert "no claim of it is validated by listeners" in text_of(paper.html)
    row = {"system": "mini-csm", "recogniser": "evaluator", "num_raters": 3, "num_clips": 54}
    for name in ("alpha", "sensitivity", "specificity", "corrected"):
        row |= {name: 0.5, f"{name}_low": 0.25, f"{name}_high": 0.75}
    table = pd.DataFrame([row | {"naive": 0.125, "simulated": True}])
    table.to_csv(paper.folder / "figures/mini/table_listeners.csv", index=False)
    paper.write()
    text = text_of(paper.html)
    assert "No human has rated the clips yet." in text
    assert "raters that are simulated 3, clips 54" in text
    assert "12.5% fail by it, 50.0% [25.0%, 75.0%] corrected" in text
    assert paper_problems(paper.numbers) == []
