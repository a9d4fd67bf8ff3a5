"""Audio to listen to: two candidates of a system that pass and two that fail, of named utterances.

Where an utterance has both kinds, one of each is taken from it, so that the same text can be heard
spoken and failed. Nothing is chosen by ear: utterances and candidates go by their order.
"""

from pathlib import Path

import pandas as pd

from selfverify.errors import InputError
from selfverify.listening.examples import KEYS, read_audible
from selfverify.storage.files import atomic_path
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def audio_examples(
    *,
    verdicts: list[Path],
    audio: list[Path],
    prompts: list[Path],
    passing: list[Path],
    failing: list[Path],
    index: Path,
) -> None:
    """Writes FLAC files, and a table that says what each should say and what was heard.

    Args:
        verdicts: of one system, every prompt set.
        audio: of the same system, all shards.
        prompts: every prompt set.
        passing: FLAC files to write of candidates that pass.
        failing: FLAC files to write of candidates that fail.
        index: CSV, a row per file.

    Raises:
        InputError: if the system has too few utterances with sound.
    """
    table = read_audible(verdicts, audio, prompts)
    rows = [
        _write(row, path)
        for paths, is_failure in ((passing, False), (failing, True))
        for path, row in zip(paths, choose(table, is_failure, len(paths)), strict=True)
    ]
    write_csv(pd.DataFrame(rows), index)


def choose(table: pd.DataFrame, is_failure: bool, num_examples: int) -> list[dict]:
    """Returns one candidate each of `num_examples` utterances, of the wanted kind if possible.

    Utterances that have both kinds come first, then by the order of the table. Where a system has
    too few of a kind the others fill up; the index says what each is.

    Raises:
        InputError: if fewer utterances than wanted have any sound.
    """
    share = table.groupby("utterance_id")["is_catastrophic"].transform("mean")
    ranked = table.assign(
        is_wanted=table["is_catastrophic"] == is_failure, is_mixed=share.between(0, 1, "neither")
    ).sort_values(["is_wanted", "is_mixed"], ascending=False, kind="stable")
    chosen = ranked.drop_duplicates("utterance_id").head(num_examples)
    if len(chosen) < num_examples:
        raise InputError(f"{len(chosen)} utterances have sound, {num_examples} examples are wanted")
    return chosen.to_dict("records")


def _write(row: dict, path: Path) -> dict:
    with atomic_path(path) as temporary:
        temporary.write_bytes(row["audio"]["bytes"])
    shown = [*KEYS, "category", "text", "hypothesis", "failure_mode", "cer", "duration_s"]
    return {"file": path.name} | {key: row[key] for key in shown}


if __name__ == "__main__":
    run_script(audio_examples)
