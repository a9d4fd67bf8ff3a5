"""Cards and Croissant: what they say is what the tables say, in the forms that others read."""

import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml
from huggingface_hub import DatasetCard, ModelCard
from scripts.metadata.write_cards import write_cards
from scripts.metadata.write_croissant import write_croissant

from repository import ROOT
from selfverify.errors import InputError
from selfverify.metadata.dictionary import read_dictionary
from selfverify.metadata.licences import SOURCES
from selfverify.storage.checkpoints import file_sha256
from verdicts import write_verdicts

RESULTS = ROOT / "data/mini/results"
VALIDATOR = ROOT / ".venv-validators/bin/mlcroissant"
CHECKPOINTS = ROOT / "data/mini/checkpoints"


def cards(folder, **changed):
    names = {"mini-llasa": "llasa=mini-xcodec2", "mini-xcodec2": "xcodec2="}
    arguments = {
        "rates": RESULTS / "failure_rates.csv", "modes": RESULTS / "failure_modes.csv",
        "systems": ["mini-llasa", "mini-csm"], "track": "mini",
        "sets": ["standard=grammar", "hard=grammar"], "language": "en",
        "dataset": folder / "README.md",
        "checkpoints": tuple(CHECKPOINTS / name / "training.json" for name in names),
        "classes": tuple(f"{name}={known}" for name, known in names.items()),
        "cards": tuple(folder / f"{name}.md" for name in names),
    } | changed  # fmt: skip
    write_cards(**arguments)


def test_a_models_card_has_its_failure_rates_where_the_hub_reads_them(tmp_path):
    cards(tmp_path)
    card = ModelCard.load(tmp_path / "mini-llasa.md")
    rates = pd.read_csv(RESULTS / "failure_rates.csv").query("system == 'mini-llasa'")
    assert [r.metric_value for r in card.data.eval_results] == rates["rate"].tolist()
    assert [r.dataset_split for r in card.data.eval_results] == rates["prompt_set"].tolist()
    assert (card.data.pipeline_tag, card.data.license) == ("text-to-speech", "mit")
    first = rates.iloc[0]
    assert f"{first['k']}/{first['n']} = {first['rate']:.1%}" in card.text
    assert "selfverify speak" in card.text
    codec = ModelCard.load(tmp_path / "mini-xcodec2.md")
    assert {r.dataset_split for r in codec.data.eval_results} >= {"standard", "hard"}
    assert "selfverify speak" not in codec.text


def test_the_datas_card_names_its_files_and_counts_its_candidates(tmp_path):
    cards(tmp_path)
    card = DatasetCard.load(tmp_path / "README.md")
    modes = pd.read_csv(RESULTS / "failure_modes.csv")
    total = modes[modes["system"].isin(["mini-llasa", "mini-csm"])]["k"].sum()
    assert f"{total:,} candidates" in card.text
    verdicts = next(c for c in card.data.configs if c["config_name"] == "verdicts")
    assert [f["split"] for f in verdicts["data_files"]] == ["standard", "hard"]
    assert "mini-orpheus" not in card.text
    assert (card.data.language, card.data.license) == ("en", "mit")


def test_texts_of_others_are_under_their_own_terms(tmp_path):
    cards(tmp_path, sets=["standard=librispeech", "hard=criteria", "rare=file"], language="de")
    card = DatasetCard.load(tmp_path / "README.md")
    assert (card.data.language, card.data.license) == ("de", ["mit", "cc-by-4.0", "other"])
    assert "- `standard`: LibriSpeech's, CC BY 4.0\n" in card.text
    assert "- `rare`: the study's own, under their own terms\n" in card.text


def test_texts_are_known_of_every_source():
    schema = yaml.safe_load((ROOT / "rules/params.schema.yaml").read_text())
    assert set(SOURCES) == set(schema["$defs"]["prompt_set"]["properties"]["source"]["enum"])


def test_a_card_of_another_checkpoint_is_refused(tmp_path):
    path = CHECKPOINTS / "mini-csm/training.json"
    with pytest.raises(InputError, match="not the training of mini-llasa"):
        cards(tmp_path, checkpoints=(path, path))


@pytest.fixture
def croissant(tmp_path):
    (tmp_path / "results").mkdir()
    rates = tmp_path / "results/failure_rates.csv"
    rates.write_bytes((RESULTS / "failure_rates.csv").read_bytes())
    (tmp_path / "verdicts").mkdir()
    verdicts = write_verdicts(tmp_path / "verdicts", "mini-llasa", 0.3)
    write_croissant(
        tables=[rates, verdicts], dictionary=ROOT / "data/README.md",
        project=ROOT / "pyproject.toml", citation=ROOT / "CITATION.cff", track="mini",
        sets=["standard=grammar", "hard=librispeech", "rare=file"],
        output=tmp_path / "croissant.json",
    )  # fmt: skip
    return tmp_path / "croissant.json"


def test_croissant_has_every_file_with_its_checksum_and_every_column(croissant):
    found = json.loads(croissant.read_text())
    files = {file["contentUrl"]: file["sha256"] for file in found["distribution"]}
    assert files == {place: file_sha256(croissant.parent / place) for place in files}
    assert len(files) == 2
    assert [address.rpartition("/")[2] for address in found["license"]] == [
        "MIT.html", "CC-BY-4.0.html",
    ]  # fmt: skip
    assert found["description"].endswith("rare, the study's own, under their own terms.")
    columns = {
        field["source"]["extract"]["column"]: field for field in found["recordSet"][1]["field"]
    }
    verdicts = pd.read_parquet(croissant.parent / "verdicts/mini-llasa/hard.parquet")
    assert set(columns) == set(verdicts)
    kinds = {name: columns[name]["dataType"] for name in ("cer", "candidate_index", "category")}
    assert kinds == {"cer": "sc:Float", "candidate_index": "sc:Integer", "category": "sc:Text"}
    assert columns["cer"]["description"].startswith("character error rate")


def test_mlcroissant_accepts_it_and_reads_its_records(croissant):
    if not VALIDATOR.exists():
        pytest.skip("no mlcroissant; `make validators` installs it")
    check = subprocess.run([VALIDATOR, "validate", "--jsonld", croissant], capture_output=True)
    assert check.returncode == 0, check.stderr.decode()[-2000:]
    read = subprocess.run(
        [VALIDATOR, "load", "--jsonld", croissant, "--record_set", "results/failure_rates",
         "--num_records", "1"], capture_output=True, text=True,
    )  # fmt: skip
    assert read.returncode == 0, read.stderr[-2000:]
    assert "mini-llasa" in read.stdout + read.stderr


def test_the_dictionary_is_that_of_the_data():
    meanings = read_dictionary(Path(ROOT / "data/README.md"))
    assert meanings["failure_mode"].startswith("`pipeline_error`")
    assert meanings["num_drawn"] == "the largest n of `best_of`"
