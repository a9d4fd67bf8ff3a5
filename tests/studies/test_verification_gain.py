"""What verification adds, read from the tables of several studies."""

import pandas as pd
import pytest
from scipy import stats

from published import GROUP, STUDIES
from repository import ROOT
from selfverify.errors import InputError
from selfverify.results.markup import TableFiles
from studies import plot_verification_gain as figure_script
from studies.table_verification_gain import GROUP as GROUPED
from studies.table_verification_gain import read_contrasts, table_verification_gain, with_means

AGAIN = "--forcerun table_verification_gain"
SYSTEMS = ["mini-llasa", "mini-llasa-large", "mini-orpheus", "mini-csm"]
PUBLISHED = ROOT / "figures/studies/table_verification_gain.csv"


def comparison(folder, *contrasts, role="primary"):
    """A study's table of contrasts, each (arm, baseline, difference, half a 90 % interval)."""
    rows = [
        {
            "system": "mini-llasa", "arm": arm, "baseline": baseline, "num_prompts": 340,
            "difference": difference, "low": difference - half, "high": difference + half,
            "p": 0.5, "role": role, "matched_difference": None, "matched_low": None,
            "matched_high": None, "matched_p": None,
        }
        for arm, baseline, difference, half in contrasts
    ]  # fmt: skip
    path = folder / f"{len(list(folder.iterdir()))}.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def files_in(folder):
    return TableFiles(folder / "t.csv", folder / "t.md", folder / "t.tex")


def test_only_an_arm_with_its_own_control_is_a_contrast_of_selection(tmp_path):
    path = comparison(
        tmp_path,
        ("sft", "as is", 0.1, 0.02),
        ("sft", "sft-random", 0.01, 0.02),
        ("sft-gain", "sft-random", 0.1, 0.02),
        ("online-sft", "online-sft-random", -0.02, 0.02),
        ("sft-random-gain", "as is", 0.1, 0.02),
    )
    rows = read_contrasts("one", path)
    assert [(row["arm"], row["difference"]) for row in rows] == [
        ("sft", 0.01),
        ("online-sft", -0.02),
    ]
    error = 0.02 / stats.t.ppf(0.95, 339)
    assert [row["standard_error"] for row in rows] == pytest.approx([error, error])


@pytest.mark.parametrize(
    ("contrast", "role"),
    [(("sft", "as is", 0.1, 0.02), "primary"), (("sft", "sft-random", 0.1, 0.02), "exploratory")],
)
def test_a_study_without_a_declared_contrast_is_named(tmp_path, contrast, role):
    path = comparison(tmp_path, contrast, role=role)
    with pytest.raises(InputError, match=rf"{path}: one declares no arm"):
        read_contrasts("one", path)


def test_the_mean_of_a_group_is_of_its_contrasts_and_before_that_over_all(tmp_path):
    paths = {
        name: comparison(tmp_path, ("sft", "sft-random", difference, 0.02))
        for name, difference in (("one", 0.02), ("two", 0.04), ("three", -0.09))
    }
    found = [row for name, path in paths.items() for row in read_contrasts(name, path)]
    place = found[0]["temperature"]
    group = ["one=mini-llasa=sft", "two=mini-llasa=sft"]
    *_, grouped, _ = rows = with_means(found, place, group)
    assert [row["study"] for row in rows] == [*paths, GROUPED, "all"]
    assert grouped["difference"] == pytest.approx(0.03)
    assert grouped["weight"] == pytest.approx(2 / 3)
    rows = with_means(found, place, [*group, "four=mini-llasa=sft"])
    assert [row["study"] for row in rows] == [*paths, "all"]


def test_a_contrast_of_a_group_that_no_study_has_is_named(tmp_path):
    path = comparison(tmp_path, ("sft", "sft-random", 0.01, 0.02))
    with pytest.raises(InputError, match="one=mini-llasa=sft-gain: no study declares"):
        table_verification_gain(
            studies=["one"], comparisons=[path], group=["one=mini-llasa=sft-gain"],
            files=files_in(tmp_path),
        )  # fmt: skip


def test_published_tables_are_of_the_studies_as_they_are(tmp_path):
    comparisons = [ROOT / f"figures/{study}/table_method_comparison.csv" for study in STUDIES]
    table_verification_gain(
        studies=STUDIES, comparisons=comparisons, group=GROUP, files=files_in(tmp_path)
    )
    for made in tmp_path.iterdir():
        published = PUBLISHED.with_suffix(made.suffix)
        assert made.read_text() == published.read_text(), f"snakemake verification_gain {AGAIN}"


def test_every_published_study_with_a_control_is_counted():
    found = []
    for path in sorted((ROOT / "figures").glob("*/table_method_comparison.csv")):
        try:
            read_contrasts(path.parent.name, path)
        except InputError:
            continue
        found.append(path.parent.name)
    assert sorted(found) == sorted(STUDIES)


def test_the_figure_shows_every_contrast_and_the_mean(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(figure_script, "save_figure", lambda figure, _: figures.append(figure))
    figure_script.plot_verification_gain(
        table=PUBLISHED, systems=SYSTEMS,
        pdf=tmp_path / "f.pdf", png=tmp_path / "f.png",
    )  # fmt: skip
    tables = pd.read_csv(PUBLISHED).groupby("temperature", sort=False)
    for axis, (_, rows) in zip(figures[0].axes, tables, strict=True):
        assert len(axis.containers) == len(rows)
        low, high = axis.get_xlim()
        assert low <= rows["low"].min()
        assert rows["high"].max() <= high


def test_a_contrast_whose_interval_is_exact_has_no_standard_error_to_pool(tmp_path):
    path = comparison(tmp_path, ("sft", "sft-random", 0.01, 0.02))
    table = pd.read_csv(path)
    table.assign(low=-0.03, high=0.09).to_csv(path, index=False)
    with pytest.raises(InputError, match="one: too few prompts differ between sft and sft-random"):
        read_contrasts("one", path)
