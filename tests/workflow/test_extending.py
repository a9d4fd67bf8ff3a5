"""The examples of docs/extending.md, put where the page says."""

import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from repository import CHECKPOINTS, ROOT
from selfverify.workflow.params import check_params
from study import copy_tree, read_params, snakemake, write_params

pytestmark = pytest.mark.workflow
BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```", (ROOT / "docs/extending.md").read_text(), flags=re.M | re.S
)
SCRIPT, RULE, FILES = (text for language, text in BLOCKS if language == "python")
ENTRY, PROMPT_SETS = (text for language, text in BLOCKS if language == "yaml")


@pytest.fixture
def checkout(tmp_path):
    """A copy with the page's system, script, rule and files."""
    folder = copy_tree(tmp_path / "checkout")
    shutil.copytree(
        CHECKPOINTS / "mini-llasa", folder / "data/mini/checkpoints/my-llasa", dirs_exist_ok=True
    )
    params = read_params(folder)
    params["tracks"]["mini"]["systems"] |= yaml.safe_load(ENTRY)["tracks"]["mini"]["systems"]
    write_params(folder, params)
    (folder / "scripts/tables/my_table.py").write_text(SCRIPT)
    rules = folder / "rules/tables.smk"
    rules.write_text(f"{rules.read_text()}\n{FILES}\n\n{RULE}")
    (folder / "report/my_table.rst").write_text("My table.\n")
    return folder


def test_the_pages_system_and_table_are_planned(checkout):
    process = snakemake(checkout, "all", "-n")
    assert process.returncode == 0, process.stderr[-3000:]
    assert "data/mini/candidates/my-llasa/hard/000.parquet" in process.stdout
    assert "figures/mini/my_table.csv" in process.stdout


def test_the_pages_prompt_set_is_a_choice_of_params(params):
    params["tracks"]["mini"]["prompt_sets"] |= yaml.safe_load(PROMPT_SETS)["prompt_sets"]
    check_params(params)


def test_the_pages_script_makes_its_table(checkout):
    files = {suffix: checkout / f"t.{suffix}" for suffix in ("csv", "md", "tex")}
    command = [
        sys.executable, checkout / "scripts/tables/my_table.py",
        "--rates", ROOT / "data/mini/results/failure_rates.csv", "--systems", "mini-llasa",
        "--csv", files["csv"], "--markdown", files["md"], "--latex", files["tex"],
    ]  # fmt: skip
    subprocess.run(command, check=True)
    assert set(pd.read_csv(files["csv"])["system"]) == {"mini-llasa"}
    assert "Failures, k of n." in files["md"].read_text()
