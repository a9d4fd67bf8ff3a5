"""A blind test of pairs: what selection or distillation does to speech where both pass."""

from pathlib import Path

import pandas as pd

from selfverify.listening.building import build_pairs, write_test
from selfverify.listening.catch import checks_of_study
from selfverify.listening.examples import KEYS, read_audible
from selfverify.listening.frame import frame_of_pool
from selfverify.storage.tables import read_tables
from selfverify.workflow.script import run_script

SINGLE_SHOT = "single shot"


def listening_pairs(
    *,
    system: str,
    num_pairs: int,
    seed: int,
    verdicts: list[Path],
    audio: list[Path],
    prompts: list[Path],
    references: list[Path],
    page: Path,
    best_of: int = 1,
    selected: tuple[Path, ...] = (),
    policy: str = "",
    policy_verdicts: tuple[Path, ...] = (),
    policy_audio: tuple[Path, ...] = (),
) -> None:
    """Writes the page, and beside it the key for `selfverify listen merge`.

    The system's first candidate against what best-of-n keeps of its pool, or against the first
    candidate of a policy that was distilled from it.

    Args:
        system: its name.
        num_pairs: to draw; catch trials come on top.
        seed: of the draw.
        verdicts: of the system, every prompt set.
        audio: of the system, all shards.
        prompts: every prompt set.
        references: reference audio, all shards, for catch trials.
        page: HTML file to write; the clips are in it.
        best_of: n of best-of-n.
        selected: what best-of-n keeps, every prompt set; empty to compare a policy.
        policy: its name.
        policy_verdicts: of the policy, every prompt set.
        policy_audio: of the policy, all shards.
    """
    pool = read_audible(verdicts, audio, prompts)
    first = frame_of_pool(pd.DataFrame(pool[pool["candidate_index"] == 0]), SINGLE_SHOT)
    if selected:
        name, other = f"best of {best_of}", kept(pool, list(selected), best_of)
    else:
        name, other = policy, read_audible(list(policy_verdicts), list(policy_audio), prompts)
        other = pd.DataFrame(other[other["candidate_index"] == 0])
    frame = pd.concat([first, frame_of_pool(other, name)], ignore_index=True)
    html, key = build_pairs(
        frame, checks_of_study(references, prompts), (SINGLE_SHOT, name), num_pairs,
        "computer speech", seed,
    )  # fmt: skip
    write_test(html, key, page)
    print(f"{system}: {int((key['kind'] == 'pair').to_numpy().sum())} pairs")


def kept(pool: pd.DataFrame, selected: list[Path], best_of: int) -> pd.DataFrame:
    """Returns what best-of-n keeps, without first candidates: they are the single shot itself."""
    column = f"best_of_{best_of}"
    chosen = read_tables(selected, ["utterance_id", column])
    chosen = chosen.rename(columns={column: "candidate_index"})
    return pool.merge(chosen[chosen["candidate_index"] > 0], on=KEYS)


if __name__ == "__main__":
    run_script(listening_pairs)
