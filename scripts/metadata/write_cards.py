"""Write a card for each checkpoint that was trained here, and one for the data of the track."""

import json
from pathlib import Path

import pandas as pd

from selfverify.errors import InputError
from selfverify.metadata.cards import Trained, dataset_card, model_card
from selfverify.metadata.licences import texts_of
from selfverify.storage.files import write_text
from selfverify.workflow.script import run_script


def write_cards(
    *,
    rates: Path,
    modes: Path,
    systems: list[str],
    sets: list[str],
    language: str,
    track: str,
    dataset: Path,
    checkpoints: tuple[Path, ...] = (),
    classes: tuple[str, ...] = (),
    cards: tuple[Path, ...] = (),
) -> None:
    """Writes the cards.

    Args:
        rates: results/failure_rates.csv.
        modes: results/failure_modes.csv, for the number of candidates.
        systems: of the study.
        sets: "name=source" of the prompt sets that are evaluated.
        language: of their texts.
        track: its name.
        dataset: the card of the data to write.
        checkpoints: training.json of what was trained here, systems and codecs.
        classes: "name=adapter=codec" of each, without a codec for a codec.
        cards: the cards of these to write.
    """
    table = pd.read_csv(rates)
    counts = pd.read_csv(modes)
    num_candidates = int(counts.loc[counts["system"].isin(systems), "k"].sum())
    of_systems = pd.DataFrame(table[table["system"].isin(systems)])
    write_text(dataset, dataset_card(track, of_systems, texts_of(sets), language, num_candidates))
    for path, known, card in zip(checkpoints, classes, cards, strict=True):
        name, adapter, codec = known.split("=")
        if path.parent.name != name:
            raise InputError(f"{path}: not the training of {name}")
        model = Trained(name, adapter, codec, json.loads(path.read_text()))
        voice = name if codec else f"{name}-resynthesis"
        write_text(card, model_card(model, pd.DataFrame(table[table["system"] == voice]), track))


if __name__ == "__main__":
    run_script(write_cards)
