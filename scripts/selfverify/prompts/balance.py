"""What prompt sets are made of, and how far two of them differ before anybody speaks."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields

import numpy as np
import pandas as pd

from selfverify.prompts import criteria, mini
from selfverify.prompts.categories import Category, prompt_set_hash
from selfverify.prompts.covariates import Covariates
from selfverify.prompts.librispeech import CATEGORY as LIBRISPEECH
from selfverify.storage.records import Utterance

MEASURED = ["num_words", "expected_s", *(field.name for field in fields(Covariates))]
LIBRISPEECH_RULE = "transcripts of the split, speakers in turn, in sentence case"
LIBRISPEECH_LICENCE = "LibriSpeech, CC BY 4.0"
ADVERSARIAL_RULE = (
    "of this category of another set, what failed most when the choosing systems drew it"
)
ADVERSARIAL_LICENCE = "that of the other set"
OWN_RULE = "as its table has it"
OWN_LICENCE = "that of the table"


def composition(utterances: list[Utterance], source: str) -> pd.DataFrame:
    """Returns a row per category of one prompt set.

    Columns: prompt_set, category, num_utterances, rule and licence of its word lists, and
    prompt_set_hash, the same in every row: SHA-256 of ids, categories, texts and readings.

    Args:
        utterances: of the set.
        source: grammar, criteria, librispeech, adversarial or file, as in params.yaml.
    """
    prompt_set = utterances[0].split
    counts = Counter(utterance.category for utterance in utterances)
    known = _criteria(prompt_set, source, counts)
    return pd.DataFrame(
        {
            "prompt_set": prompt_set,
            "category": category,
            "num_utterances": count,
            "rule": known[category][0],
            "licence": known[category][1],
            "prompt_set_hash": prompt_set_hash(utterances),
        }
        for category, count in counts.items()
    )


def standardised_differences(
    prompts: pd.DataFrame, others: pd.DataFrame, names: tuple[str, str]
) -> pd.DataFrame:
    """Returns a row per covariate: mean and standard deviation in two prompt sets, and difference.

    The standardised mean difference is (m1 - m2) / sqrt((s1² + s2²) / 2), Austin 2009 (Statistics
    in Medicine 28:3083), where above .1 counts as unbalanced; NaN where neither set varies.

    Args:
        prompts: of one set, with the columns `MEASURED`; one without values in either is left out.
        others: of the other set.
        names: of both, for the columns.
    """
    complete = [set(table.columns[table.notna().all()]) for table in (prompts, others)]
    measured = [name for name in MEASURED if all(name in known for known in complete)]
    rows = []
    for name in measured:
        first, second = (table[name].to_numpy(dtype=float) for table in (prompts, others))
        spread = float(np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2))
        difference = first.mean() - second.mean()
        rows.append(
            {"covariate": name}
            | {f"mean_{names[0]}": first.mean(), f"sd_{names[0]}": first.std(ddof=1)}
            | {f"mean_{names[1]}": second.mean(), f"sd_{names[1]}": second.std(ddof=1)}
            | {"standardised_difference": difference / spread if spread else np.nan}
        )
    return pd.DataFrame(rows)


def _criteria(prompt_set: str, source: str, occurring: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Category → rule and licence."""
    if source == "adversarial":
        return dict.fromkeys(occurring, (ADVERSARIAL_RULE, ADVERSARIAL_LICENCE))
    if source == "file":
        return dict.fromkeys(occurring, (OWN_RULE, OWN_LICENCE))
    if source == "librispeech":
        return {LIBRISPEECH: (LIBRISPEECH_RULE, LIBRISPEECH_LICENCE)}
    categories: dict[str, Category] = (
        criteria.CATEGORIES if source == "criteria" else mini.PROMPT_SETS[prompt_set]
    )
    return {name: (category.rule, category.licence) for name, category in categories.items()}
