"""The table of claims: what the paper reported, what this track finds, and what follows."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from selfverify.results import claims
from selfverify.results.claims import Claim
from selfverify.results.listeners import said_by_listeners
from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.regimes import Regime
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# As the digests of arXiv 2606.18323 report them; the counts behind its rates are inferred.
STANDARD = "Llasa-1B, Orpheus-3B, CSM-1B 0/120; Llasa-3B 5/120"
HARD = "0/26, one system"
REPLICATION = "three of four systems, three codecs"
RESISTANCE = "Llasa-3B 10.8 %, 4.2 %, 3.3 % for N = 1, 2, 3"
CEILING = "stated, no counts"
DISTILLED = {
    "distillation closes 52 to 58 % of the failures on hard prompts": "31/156 to 15/156 and 13/156",
    "distillation gains nothing on standard prompts": "5.8 % before and after",
    "DPO and IPO do not beat SFT": "SFT 19/72, DPO 21/72, IPO 23/72",
    "online SFT and online DPO cannot be told apart": "4/156 and 2/156",
}


def table_claims(
    *,
    rates: Path,
    categories: Path,
    verdicts: list[Path],
    larger: str,
    track: str,
    regimes: tuple[Path, ...] = (),
    distillation: tuple[Path, ...] = (),
    listeners: tuple[Path, ...] = (),
    files: TableFiles,
) -> None:
    """Writes the table for machines, people and papers.

    Args:
        rates: results/failure_rates.csv.
        categories: results/failure_by_category.csv.
        verdicts: verdicts/{system}/standard.parquet of every system.
        larger: the system that stands for the paper's larger model.
        track: its name, for the note.
        regimes: table_regimes.csv, where hard categories are told apart.
        distillation: table_distillation_claims.csv, where distillation is in `all`.
        listeners: table_listeners.csv, where people rated.
        files: the table, a row per claim and subject.
    """
    paths = {path.parent.name: path for path in verdicts}
    by_category = pd.read_csv(categories).query("prompt_set == 'hard'")
    table = pd.read_csv(rates)
    fits = {system: claims.fit_pools(pd.read_parquet(path)) for system, path in paths.items()}
    standard = [_near_zero(table, system, "standard", 2, STANDARD) for system in paths]
    rows = [
        *standard,
        claims.replication(standard, REPLICATION),
        *[_near_zero(table, system, "hard", 4, HARD) for system in paths],
        *[row for path in regimes for row in _bad_luck(pd.read_csv(path))],
        *[claims.resistance(RESISTANCE, system, fit) for system, fit in fits.items()],
        claims.larger_resists(RESISTANCE, larger, fits),
        *[
            claims.rare_word_ceiling(
                CEILING, system, pd.DataFrame(by_category[by_category["system"] == system])
            )
            for system in paths
        ],
    ]
    if not distillation:
        rows += [claims.not_run(claim, reported) for claim, reported in DISTILLED.items()]
    shown = pd.DataFrame([asdict(row) for row in rows])
    shown = pd.concat([shown, *map(pd.read_csv, distillation)], ignore_index=True)
    shown["utterances_needed"] = shown["utterances_needed"].astype("Int64")
    heard = pd.read_csv(listeners[0]) if listeners else None
    shown["listeners"] = said_by_listeners(shown["subject"].tolist(), list(paths), heard)
    write_csv(shown, files.csv)
    shown["utterances_needed"] = [str(n) if pd.notna(n) else "" for n in shown["utterances_needed"]]
    write_shown(shown, NOTE.format(track=track), files)


NOTE = (
    "Evidence of the track `{track}` alone, by the evaluator; the paper's systems are others, so "
    "that no row confirms or refutes its numbers unless the track is `paper`. Utterances needed: "
    "that would tell, at the rate seen. Listeners: what people heard of the subject's candidates."
)


def _near_zero(
    rates: pd.DataFrame, system: str, prompt_set: str, best_of: int, reported: str
) -> Claim:
    row = rates.query("system == @system and prompt_set == @prompt_set and best_of == @best_of")
    claim = f"failures are near zero by N = {best_of} on {prompt_set} prompts"
    if row.empty:
        return claims.not_run(claim, reported, system)
    k, n = int(row["k"].iloc[0]), int(row["n"].iloc[0])
    return claims.near_zero(claim, reported, system, k, n)


def _bad_luck(table: pd.DataFrame) -> list[Claim]:
    """The same of the hard categories that are no ceilings."""
    claim = "failures are near zero by N = 4 on hard prompts that fail by bad luck"
    rows = table.query(f"regime == '{Regime.BAD_LUCK}'").to_dict("records")
    if "best_of_4_k" not in table:  # pools of fewer
        return [claims.not_run(claim, HARD, row["system"]) for row in rows]
    return [
        claims.near_zero(claim, HARD, row["system"], row["best_of_4_k"], row["best_of_4_n"])
        for row in rows
    ]


if __name__ == "__main__":
    run_script(table_claims)
