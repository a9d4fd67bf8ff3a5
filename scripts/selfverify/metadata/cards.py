"""Model and dataset cards in the hub's format: YAML for machines, then text for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from huggingface_hub import DatasetCardData, EvalResult, ModelCardData

from selfverify.metadata.licences import Texts, licences_of

PAPER = "arXiv:2606.18323"
METRIC = "utterances that fail catastrophically, by an evaluator that had no part in the selection"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True)
class Trained:
    """A checkpoint that was trained for the study, as its training.json has it."""

    name: str
    adapter: str  # class of the published systems or codecs that it is one of
    codec: str  # of a system; empty for a codec
    facts: Mapping[str, Any]


def model_card(model: Trained, rates: pd.DataFrame, track: str) -> str:
    """Returns the card of a system or codec.

    Args:
        model: what was trained.
        rates: its rows of results/failure_rates.csv; of a codec those of its resynthesis.
        track: whose evaluation that is.
    """
    kind = "text-to-speech" if model.codec else "audio-to-audio"
    data = ModelCardData(
        language="en",
        license="mit",
        library_name="transformers",
        pipeline_tag=kind,
        tags=[kind, "neural-audio-codec", "selfverify", model.adapter],
        model_name=model.name,
        eval_results=_evaluated(rates, kind, track) or None,
    )
    return _filled(
        "model_card.md.jinja", data=data, model=model, facts=model.facts, rates=_shown(rates)
    )


def dataset_card(
    track: str, rates: pd.DataFrame, texts: Mapping[str, Texts], language: str, num_candidates: int
) -> str:
    """Returns the card of a track's data.

    Args:
        track: its name.
        rates: results/failure_rates.csv of the systems.
        texts: of each prompt set that is evaluated.
        language: of the texts.
        num_candidates: verdicts in all.
    """
    licences, _ = licences_of(texts)
    data = DatasetCardData(
        language=language,
        license=licences if len(licences) > 1 else licences[0],
        pretty_name=f"selfverify, track {track}",
        task_categories=["text-to-speech", "automatic-speech-recognition"],
        tags=["neural-audio-codec", "evaluation", "selfverify"],
        size_categories=next(name for limit, name in SIZES if num_candidates < limit),
        configs=[
            {"config_name": folder,
             "data_files": [{"split": name, "path": path.format(name)} for name in texts]}
            for folder, path in (("verdicts", "verdicts/*/{}.parquet"),
                                 ("prompts", "prompts/{}.parquet"))
        ],
    )  # fmt: skip
    return _filled(
        "dataset_card.md.jinja", data=data, track=track, num_candidates=num_candidates,
        rates=_shown(rates), texts=texts, paper=PAPER,
    )  # fmt: skip


def _filled(template: str, **values: Any) -> str:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    text = Path(__file__).with_name(template).read_text()
    return environment.from_string(text).render(metric=METRIC, **values)


def _evaluated(rates: pd.DataFrame, kind: str, track: str) -> list[EvalResult]:
    """The failure rates, as the hub's leaderboards read them."""
    return [
        EvalResult(
            task_type=kind,
            dataset_type=f"selfverify-{track}",
            dataset_name=f"selfverify, track {track}",
            dataset_split=row["prompt_set"],
            metric_type="failure_rate",
            metric_name=f"catastrophic failures, best of {row['best_of']}: {row['k']}/{row['n']}",
            metric_value=float(row["rate"]),
        )
        for row in rates.to_dict("records")
    ]


def _shown(rates: pd.DataFrame) -> str:
    """A table of k/n with intervals, a row per voice, prompt set and n."""
    shown = pd.DataFrame(
        {
            "voice": rates["system"],
            "prompt set": rates["prompt_set"],
            "best of": rates["best_of"],
            "failures": [
                "{k}/{n} = {rate:.1%} [{low:.1%}, {high:.1%}]".format(**row)
                for row in rates.to_dict("records")
            ],
        }
    )
    return shown.to_markdown(index=False)
