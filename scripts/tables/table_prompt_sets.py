"""The table of prompt sets: criteria, counts and licences, and balance of `hard` and `standard`."""

from pathlib import Path

import pandas as pd

from selfverify.prompts.balance import composition, standardised_differences
from selfverify.results.markup import TableFiles, as_latex, as_markdown
from selfverify.storage.files import atomic_path
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_records, write_csv
from selfverify.workflow.script import run_script

COMPARED = ("hard", "standard")


def table_prompt_sets(
    *,
    prompts: list[Path],
    sources: list[str],
    seed: int,
    balance: Path,
    files: TableFiles,
) -> None:
    """Writes what each prompt set is made of, and how far `hard` is from `standard`.

    Args:
        prompts: every prompt set.
        sources: of each, as in params.yaml.
        seed: that they were drawn with.
        balance: table with one row per covariate; no row without both `hard` and `standard`.
        files: the table, a row per prompt set and category.
    """
    parts = [
        composition(read_records(Utterance, path), source)
        for path, source in zip(prompts, sources, strict=True)
    ]
    table = pd.concat(parts).assign(seed=seed)
    write_csv(table, files.csv)
    differences = _balance({path.stem: path for path in prompts})
    write_csv(differences, balance)
    hashes = table.groupby("prompt_set", sort=False)["prompt_set_hash"].first()
    shown = table.drop(columns=["prompt_set_hash", "seed"])
    with atomic_path(files.markdown) as temporary:
        temporary.write_text(
            f"{as_markdown(shown)}\n\n{NOTE.format(seed=seed)}\n\n"
            f"{as_markdown(hashes.reset_index())}\n\n{as_markdown(differences.round(2))}\n"
        )
    with atomic_path(files.latex) as temporary:
        temporary.write_text(f"{as_latex(shown)}\n{as_latex(differences.round(2))}")


NOTE = (
    "Drawn with seed {seed}, none for its failures but those of `adversarial`, if it is there. "
    "Below, the SHA-256 of each set's ids, categories, texts and readings; then covariates of "
    "`hard` and `standard`, the last column the difference of means over the root mean of the "
    "variances (above .1: unbalanced)."
)


def _balance(paths: dict[str, Path]) -> pd.DataFrame:
    if not paths.keys() >= set(COMPARED):
        return pd.DataFrame(columns=["covariate"])
    hard, standard = (pd.read_parquet(paths[name]) for name in COMPARED)
    return standardised_differences(hard, standard, COMPARED)


if __name__ == "__main__":
    run_script(table_prompt_sets)
