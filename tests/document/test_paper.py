"""The paper from the results in git, changed on purpose: what it says, and what stops it."""

import json
import re
from html import unescape

import pytest
import yaml

from selfverify.document import checking
from selfverify.document.checking import paper_problems
from selfverify.document.ledger import read_ledger
from selfverify.errors import InputError
from small_paper import make_small_paper

RATES = "data/mini/results/failure_rates.csv"
CLAIMS = "figures/mini/table_claims.csv"
COMPARED = "figures/mini/table_method_comparison.csv"


@pytest.fixture
def paper(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return make_small_paper(tmp_path)


def text_of(page: str) -> str:
    body = page.partition("<body>")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", body)))


def test_every_number_is_one_of_the_results_and_equal_results_give_equal_bytes(paper):
    paper.write(distilled=True)
    first = paper.pdf, paper.html
    assert paper_problems(paper.numbers) == []
    assert len(read_ledger(paper.numbers)) > 1000
    paper.write(distilled=True)
    assert (paper.pdf, paper.html) == first
    assert 'src="clip:' not in paper.html
    assert not re.search(r'(?:src|href)="(?!data:|#)', paper.html)  # it carries all it shows


def test_a_changed_verdict_moves_text_and_table_and_the_old_paper_is_found(paper):
    paper.write()
    before = text_of(paper.html)
    assert "standard prompts mini-orpheus is shown not to be near zero (7/40" in before
    at = {"claim": "failures are near zero by N = 2 on standard prompts", "subject": "mini-orpheus"}
    paper.change(CLAIMS, "conclusion", "holds", **at)
    paper.change(CLAIMS, "estimate", "0/240 [0.0%, 1.5%], at most 1.2%", **at)
    paper.change(RATES, "k", 0, system="mini-orpheus", prompt_set="standard", best_of=2)
    problems = paper_problems(paper.numbers)
    assert any("'7/40" in p and "table_claims.csv, line 4, estimate" in p for p in problems)
    assert any("'fails' is printed" in p and "says 'holds'" in p for p in problems)
    assert any("failure_rates.csv, line 27, k says '0'" in p for p in problems)
    paper.write()
    after = text_of(paper.html)
    assert "standard prompts mini-orpheus is shown to be near zero (0/240 [0.0%, 1.5%]" in after
    assert "holds: mini-orpheus" in after
    assert "0/40 = 17.5%" in after
    assert paper_problems(paper.numbers) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [("", "line 27, rate: empty"), ("nan", "line 27, rate: 'nan'"), ("inf", "is no finite number")],
)
def test_a_missing_or_infinite_number_stops_the_paper_by_file_row_and_column(paper, value, message):
    paper.change(RATES, "rate", value, system="mini-orpheus", prompt_set="standard", best_of=2)
    with pytest.raises(InputError, match=re.escape(message)) as error:
        paper.write()
    assert RATES in str(error.value)
    assert not paper.numbers.exists()


def test_a_missing_row_file_and_verdict_are_named(paper):
    paper.change(CLAIMS, "conclusion", "maybe", subject="mini-csm")
    with pytest.raises(InputError, match=r"table_claims\.csv, line \d+, conclusion: 'maybe' is no"):
        paper.write()
    (paper.folder / CLAIMS).unlink()
    with pytest.raises(InputError, match=r"table_claims\.csv: missing"):
        paper.write()
    paper.keep(RATES, system="mini-csm")
    with pytest.raises(InputError, match=r"failure_rates\.csv: 0 rows with system=mini-llasa"):
        paper.write()


def test_distillation_is_said_to_be_not_run_or_told_by_its_verdicts(paper):
    paper.write()
    assert "Not run on this track" in text_of(paper.html)
    assert paper_problems(paper.numbers) == []
    at = {"system": "mini-llasa", "prompt_set": "hard", "baseline": "as is"}
    paper.change(COMPARED, "verdict", "better", arm="sft", **at)
    paper.change(COMPARED, "verdict", "worse", arm="dpo", **at)
    paper.write(distilled=True)
    text = text_of(paper.html)
    assert "sft is shown to fail less often than the system as it is; dpo is shown to fail" in text
    assert "1 are shown to fail less often than the system as it is and 1 more often" in text
    assert "of mini-orpheus on hard prompts all 4 (" in text


def test_a_study_of_one_system_and_one_prompt_set_has_a_paper(paper):
    values = yaml.safe_load((paper.folder / "params.yaml").read_text())
    mini = values["tracks"]["mini"]
    mini["systems"] = {"mini-csm": mini["systems"]["mini-csm"]}
    mini["prompt_sets"] = {"standard": mini["prompt_sets"]["standard"]}
    (paper.folder / "params.yaml").write_text(yaml.safe_dump(values))
    for path in [*paper.folder.glob("data/mini/results/*.csv"),
                 *paper.folder.glob("figures/mini/*.csv")]:  # fmt: skip
        name = str(path.relative_to(paper.folder))
        if not name.endswith(("table_claims.csv", "table_floors.csv")):
            paper.keep(name, system="mini-csm", prompt_set="standard")
    paper.write()
    assert "a single shot fails 5/40 = 12.5% [4.2%, 26.8%] (mini-csm)" in text_of(paper.html)
    assert paper_problems(paper.numbers) == []


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


def test_the_numbers_of_the_pdf_are_those_of_the_page(paper):
    pytest.importorskip("pypdf", reason="reads the PDF: pip install pypdf")
    paper.write(distilled=True)
    pdf = paper.numbers.with_name("paper.pdf")
    assert checking.beyond(pdf, paper.html) == []
    assert "112" in checking.beyond(pdf, paper.html.replace("/112", "/?"))


def test_every_line_of_the_list_is_a_cell(paper):
    paper.write(distilled=True)
    shown = read_ledger(paper.numbers)
    assert {entry.file.rpartition(".")[2] for entry in shown} >= {"csv", "yaml", "toml", "lock"}
    parameters = {e.column: e.shown for e in shown if e.file == "params.yaml"}
    assert parameters["metric.min_rms_db"] == "−60"
    made = {e.file: e.shown for e in shown if e.file.endswith("training.json")}
    path = "data/mini/checkpoints/mini-csm/training.json"
    count = json.loads((paper.folder / path).read_text())["num_parameters"]
    assert made[path] == f"{count / 1e6:.1f} M"
