import pandas as pd
import pytest
from scripts.adversarial.choose_adversarial import choose_adversarial
from scripts.adversarial.make_adversarial_prompts import make_adversarial_prompts
from scripts.adversarial.table_adversarial import table_adversarial
from scripts.prompts.make_prompts import make_prompts
from scripts.tables.table_prompt_sets import table_prompt_sets

from selfverify.errors import InputError
from selfverify.prompts.adversarial import most_failed, regression_to_the_mean
from selfverify.results.markup import TableFiles


def verdicts(system, fails):
    """One row per candidate; `fails` has a string of 0 and 1 per prompt."""
    return pd.DataFrame(
        [
            {"system": system, "utterance_id": key, "candidate_index": index,
             "is_catastrophic": fail == "1"}
            for key, row in fails.items()
            for index, fail in enumerate(row)
        ]
    )  # fmt: skip


def test_the_prompts_that_fail_most_are_chosen_by_the_systems_asked():
    table = pd.concat(
        [
            verdicts("a", {"p0": "0000", "p1": "1100", "p2": "1000", "p3": "1100"}),
            verdicts("b", {"p0": "00", "p1": "00", "p2": "11", "p3": "00"}),
            verdicts("held-out", {"p0": "1111"}),
        ]
    )
    assert most_failed(table, systems=["a", "b"], num_utterances=3) == ["p2", "p1", "p3"]
    assert most_failed(table, systems=["a"], num_utterances=1) == ["p1"]
    with pytest.raises(InputError, match="4 is more than the 3 prompts"):
        most_failed(table, systems=["a", "b"], num_utterances=4)
    with pytest.raises(InputError, match="system c: no verdict"):
        most_failed(table, systems=["a", "c"], num_utterances=1)


def test_a_rate_at_selection_falls_on_fresh_seeds(rng):
    """Every prompt fails equally often: what the choice finds is chance alone."""
    draws = [{f"p{i:03d}": "".join(map(str, rng.binomial(1, 0.2, 4))) for i in range(400)}
             for _ in range(4)]  # fmt: skip
    pool, fresh = (
        pd.concat([verdicts("a", a), verdicts("b", b)]) for a, b in (draws[:2], draws[2:])
    )
    chosen = most_failed(pool, systems=["a"], num_utterances=50)
    at_choice, again = (table[table["utterance_id"].isin(chosen)] for table in (pool, fresh))
    table = regression_to_the_mean(at_choice, again, systems=["a"]).set_index("system")
    assert table["chose"].to_dict() == {"a": True, "b": False}
    assert table.loc["a", "selection_rate"] > 0.4 > table.loc["a", "fresh_high"]
    assert table.loc["a", "selection_pool_rate"] > 0.4 > 0.3 > table.loc["a", "fresh_pool_rate"]
    assert table.loc["b", "selection_high"] < 0.4  # of no part in the choice, nothing to fall from
    assert set(table[["selection_n", "fresh_n"]].to_numpy().ravel()) == {50}


POOL_FAILS = ("00", "01", "11", "10")


@pytest.fixture
def pool(tmp_path):
    """A prompt set of four, `hard`, with verdicts of two systems."""
    path = tmp_path / "hard.parquet"
    make_prompts(
        prompt_set="hard", num_utterances=4, seed=3, corpus_num_utterances=200, corpus_seed=1,
        evaluation=[], max_overlap=1.0, output=path,
    )  # fmt: skip
    judge(tmp_path, "tiny", "hard", POOL_FAILS)
    judge(tmp_path, "other", "hard", ("11", "00", "01", "00"))
    return path


def judge(folder, system, prompt_set, fails, **changes):
    path = folder / system / f"{prompt_set}.parquet"
    path.parent.mkdir(exist_ok=True)
    rows = {f"{prompt_set}-{index:04d}": fail for index, fail in enumerate(fails)}
    errors = {"flag_pipeline_error": False, "verifier_flag_pipeline_error": False}
    verdicts(system, rows).drop(columns="system").assign(**(errors | changes)).to_parquet(path)
    return path


@pytest.fixture
def choice(pool, tmp_path):
    path = tmp_path / "adversarial.csv"
    choose_adversarial(
        pool=pool, verdicts=[tmp_path / "tiny/hard.parquet"], num_utterances=2, output=path
    )
    return path


def freeze(pool, choice, **changes):
    output = pool.with_name("adversarial.parquet")
    settings = {"systems": ["tiny"], "num_utterances": 2, "output": output}
    make_adversarial_prompts(pool=pool, choice=choice, **(settings | changes))
    return pd.read_parquet(output)


def test_a_frozen_choice_is_a_prompt_set_with_ids_of_its_own(pool, choice):
    table = pd.read_csv(choice)
    texts = pd.read_parquet(pool).set_index("utterance_id")["text"]
    assert table["pool_utterance_id"].tolist() == ["hard-0002", "hard-0001"]
    assert table["text"].tolist() == texts[table["pool_utterance_id"]].tolist()
    assert table[["k_tiny", "n_tiny"]].to_numpy().tolist() == [[2, 2], [1, 2]]
    prompts, before = freeze(pool, choice), pd.read_parquet(pool)
    assert prompts["utterance_id"].tolist() == ["adversarial-0000", "adversarial-0001"]
    assert set(prompts["split"]) == {"adversarial"}
    kept = before.columns.difference(["utterance_id", "split"])
    assert prompts[kept].to_json() == before.loc[[2, 1], kept].reset_index(drop=True).to_json()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "hard-0001",
            "hard-0099",
            r"adversarial-0001: \S+/hard.parquet has no utterance hard-0099",
        ),
        ("hard-0001", "hard-0000", r"adversarial-0001: .* has another text for hard-0000, '"),
        ("tiny", "huge", r"systems is \['huge'\], in params.yaml \['tiny'\]"),
        ("pool_utterance_id", "pool_id", "no column pool_utterance_id"),
    ],
)
def test_a_choice_that_does_not_fit_names_file_and_cure(pool, choice, old, new, message):
    choice.write_text(choice.read_text().replace(old, new))
    with pytest.raises(InputError, match=message) as error:
        freeze(pool, choice)
    assert str(error.value).startswith(f"{choice}: ")
    assert "`snakemake choose_adversarial`" in str(error.value)
    assert not pool.with_name("adversarial.parquet").exists()


def test_a_choice_of_another_size_than_the_parameters_is_refused(pool, choice):
    with pytest.raises(InputError, match=r"num_utterances is 2, in params\.yaml 3"):
        freeze(pool, choice, num_utterances=3)


def test_prompts_with_a_pipeline_error_have_no_say(pool, tmp_path):
    broken = [False, False] * 2 + [True, False] + [False, False]  # of hard-0002, which fails most
    path = judge(tmp_path, "tiny", "hard", POOL_FAILS, flag_pipeline_error=broken)
    output = tmp_path / "choice.csv"
    choose_adversarial(pool=pool, verdicts=[path], num_utterances=2, output=output)
    assert pd.read_csv(output)["pool_utterance_id"].tolist() == ["hard-0001", "hard-0003"]


def test_the_table_has_the_choice_beside_fresh_seeds(pool, choice, tmp_path):
    fresh = [judge(tmp_path, s, "adversarial", ("00", "01")) for s in ("tiny", "other")]
    selection = [tmp_path / system / "hard.parquet" for system in ("tiny", "other")]
    csv, markdown = tmp_path / "t.csv", tmp_path / "t.md"
    paths = {
        "selection": selection,
        "fresh": fresh,
        "files": TableFiles(csv, markdown, tmp_path / "t.tex"),
    }
    table_adversarial(choice=choice, **paths)
    table = pd.read_csv(csv).set_index("system")
    assert table["chose"].to_dict() == {"tiny": True, "other": False}
    columns = ["selection_k", "selection_n", "selection_pool_rate",
               "fresh_k", "fresh_n", "fresh_pool_rate"]  # fmt: skip
    assert table.loc["tiny", columns].tolist() == [1, 2, 0.75, 0, 2, 0.25]
    assert table.loc["other", columns].tolist() == [0, 2, 0.25, 0, 2, 0.25]
    shown = markdown.read_text()
    row = next(line for line in shown.splitlines() if line.startswith("| tiny"))
    assert [cell.strip() for cell in row.split("|")[2:-1]] == [
        "yes", "1/2 [1.3%, 98.7%]", "75.0%", "0/2 [0.0%, 84.2%]", "25.0%",
    ]  # fmt: skip
    assert "no longer" not in shown
    judge(tmp_path, "tiny", "hard", ("00", "01", "00", "10"))
    table_adversarial(choice=choice, **paths)
    assert "Of 1 of the 2 prompts the failures on the pool are no longer" in markdown.read_text()


def test_the_table_of_prompt_sets_says_that_failures_chose(pool, choice, tmp_path):
    freeze(pool, choice)
    csv, markdown = tmp_path / "sets.csv", tmp_path / "sets.md"
    table_prompt_sets(
        prompts=[pool, pool.with_name("adversarial.parquet")], sources=["grammar", "adversarial"],
        seed=3, balance=tmp_path / "balance.csv",
        files=TableFiles(csv, markdown, tmp_path / "sets.tex"),
    )  # fmt: skip
    rows = pd.read_csv(csv).query("prompt_set == 'adversarial'")
    assert rows["num_utterances"].sum() == 2
    assert rows["rule"].str.contains("failed most").all()
