"""How far trainings lie apart, read from the tables of several studies."""

import pandas as pd

from published import STUDIES
from repository import ROOT
from selfverify.results.markup import TableFiles
from studies.table_training_spread import read_arms, table_training_spread

AGAIN = "--forcerun table_training_spread"
PUBLISHED = ROOT / "figures/studies/table_training_spread.csv"


def test_arms_of_two_trainings_on_hard_prompts_count(tmp_path):
    rows = [("hard", "sft", 2, 1360, "11.2% 10.6%"), ("hard", "dpo", 1, 680, "9.0%")]
    rows.append(("standard", "sft", 2, 1360, "1.2% 0.6%"))
    columns = ["prompt_set", "arm", "num_seeds", "n", "seed_rates"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "t.csv", index=False)
    ((name, arm),) = read_arms(tmp_path / "t.csv")
    assert (name, arm.num_candidates) == ("sft", 680)
    assert [round(rate, 6) for rate in arm.rates] == [0.112, 0.106]


def test_the_published_table_is_of_the_studies_as_they_are(tmp_path):
    distillations = [ROOT / f"figures/{study}/table_distillation.csv" for study in STUDIES]
    files = TableFiles(tmp_path / "t.csv", tmp_path / "t.md", tmp_path / "t.tex")
    table_training_spread(distillations=distillations, files=files)
    for made in tmp_path.iterdir():
        published = PUBLISHED.with_suffix(made.suffix)
        assert made.read_text() == published.read_text(), f"snakemake table_training_spread {AGAIN}"


def test_online_arms_are_a_row_and_what_candidates_explain_is_not_counted_out(tmp_path):
    arms = {"sft": "11.2% 11.3%", "online-sft": "9.0% 15.0%", "online-dpo": "9.0% 14.0% 11.0%"}
    rows = [("hard", arm, len(r.split()), 680 * len(r.split()), r) for arm, r in arms.items()]
    columns = ["prompt_set", "arm", "num_seeds", "n", "seed_rates"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "study.csv", index=False)
    files = TableFiles(tmp_path / "t.csv", tmp_path / "t.md", tmp_path / "t.tex")
    table_training_spread(distillations=[tmp_path / "study.csv"], files=files)
    table = pd.read_csv(tmp_path / "t.csv").set_index("rounds")
    assert table["num_trainings"].to_dict() == {"one round": 2, "two rounds": 5, "all": 7}
    assert table["trainings"]["one round"] == 0 < table["trainings"]["two rounds"]
    lines = {
        line.split("|")[1].strip(): line for line in files.markdown.read_text().splitlines()[2:5]
    }
    assert "– / – / –" in lines["one round"]
    assert "–" not in lines["two rounds"]
