"""What a run with distillation leaves in figures/, from verdicts that are simulated."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from scripts.comparison.plot_distillation_gain import plot_distillation_gain
from scripts.comparison.plot_sharpening_line import plot_sharpening_line
from scripts.comparison.table_distillation import table_distillation
from scripts.comparison.table_distillation_claims import table_distillation_claims
from scripts.comparison.table_distillation_power import table_distillation_power
from scripts.comparison.table_gain_by_prompt import table_gain_by_prompt
from scripts.comparison.table_method_comparison import table_method_comparison

from selfverify.results.markup import TableFiles
from verdicts import write_verdicts

SYSTEMS = ("mini-llasa", "mini-orpheus")
COOL = "-at-0.5"
# Policy → system, arm, failure rate on hard prompts; on standard ones a tenth.
POLICIES = {
    "mini-llasa-sft-1": ("mini-llasa", "sft", 0.15),
    "mini-llasa-sft-2": ("mini-llasa", "sft", 0.17),
    "mini-llasa-sft-random-1": ("mini-llasa", "sft-random", 0.45),
    "mini-llasa-dpo-1": ("mini-llasa", "dpo", 0.5),
    "mini-llasa-cooler-1": ("mini-llasa", "cooler", 0.4),
    "mini-orpheus-sft-1": ("mini-orpheus", "sft", 0.5),
    "mini-orpheus-sft-random-1": ("mini-orpheus", "sft-random", 0.52),
}
PRIMARY = [f"{system}=hard=sft={base}" for system in SYSTEMS for base in ("as is", "sft-random")]


@dataclass(frozen=True)
class _Said:
    """Verdicts of everybody, and who is who."""

    teachers: list[Path]
    policies: list[Path]
    cool: list[Path]
    arms: list[str]
    cool_arms: list[str]


def make_distillation(folder: Path) -> Path:
    """Writes tables and figures of a simulated distillation into a new folder."""
    said = _simulate(folder / "verdicts")
    figures = folder / "figures"
    figures.mkdir()
    seen = {"teachers": said.teachers, "policies": said.policies, "arms": said.arms}
    cool = {"matched": said.cool, "matched_arms": said.cool_arms}
    temperatures = [f"{system}=0.5" for system in SYSTEMS]
    of = lambda name: _files(figures, name)  # noqa: E731
    table_distillation(
        **seen, **cool, temperatures=temperatures, ceiling=4, seed=1, files=of("table_distillation")
    )
    table_method_comparison(
        **seen, **cool, primary=PRIMARY, seed=1, files=of("table_method_comparison")
    )
    table_gain_by_prompt(**seen, files=of("table_gain_by_prompt"))
    table_distillation_power(
        teachers=said.teachers, primary=PRIMARY, num_baseline=[4] * 4, num_arm=[4] * 4, ceiling=4,
        seed=1, files=of("table_distillation_power"),
    )  # fmt: skip
    arms, contrasts, by_prompt = (
        figures / f"table_{name}.csv"
        for name in ("distillation", "method_comparison", "gain_by_prompt")
    )
    table_distillation_claims(
        arms=arms, contrasts=contrasts, by_prompt=by_prompt, systems=list(SYSTEMS),
        files=of("table_distillation_claims"),
    )  # fmt: skip
    plot_distillation_gain(
        table=arms, systems=list(SYSTEMS), pdf=figures / "distillation_gain.pdf",
        png=figures / "distillation_gain.png",
    )  # fmt: skip
    _plot_line(said, folder / "entropies", figures)
    return figures


def _simulate(folder: Path) -> _Said:
    folder.mkdir(parents=True)
    teachers, policies, cool = [], [], []
    for prompt_set, share in (("standard", 0.1), ("hard", 1.0)):
        teachers += [
            write_verdicts(folder, name, 0.55 * share, prompt_set=prompt_set) for name in SYSTEMS
        ]
        policies += [
            write_verdicts(folder, name, rate * share, verifier=False, prompt_set=prompt_set)
            for name, (*_, rate) in POLICIES.items()
        ]
    named = {name: (name, "as is", 0.4) for name in SYSTEMS} | POLICIES
    for name, (*_, rate) in named.items():
        cool.append(write_verdicts(folder, f"{name}{COOL}", 0.8 * rate, verifier=False))
    arms = [f"{name}={system}={arm}" for name, (system, arm, _) in POLICIES.items()]
    cool_arms = [f"{name}{COOL}={system}={arm}" for name, (system, arm, _) in named.items()]
    return _Said(teachers, policies, cool, arms, cool_arms)


def _plot_line(said: _Said, folder: Path, figures: Path) -> None:
    """The sharpening line on hard prompts, entropy as the failure rate has it."""
    names = {name: (name, "as is") for name in SYSTEMS}
    names |= {f"{name}{COOL}": (name, "as is") for name in SYSTEMS}
    names |= {name: (system, arm) for name, (system, arm, _) in POLICIES.items()}
    paths = {path.parent.name: path for path in [*said.teachers, *said.policies, *said.cool]
             if path.stem == "hard"}  # fmt: skip
    entropies = []
    for name in names:
        table = pd.DataFrame({"speaker": [name], "prompt_set": "hard", "num_ids": 100,
                              "entropy": 2.2 if COOL in name else 2.5})  # fmt: skip
        path = folder / name / "entropy.parquet"
        path.parent.mkdir(parents=True)
        table.to_parquet(path)
        entropies.append(path)
    plot_sharpening_line(
        verdicts=[paths[name] for name in names], entropies=entropies,
        arms=[f"{name}={system}={arm}" for name, (system, arm) in names.items()],
        temperatures=[0.5 if COOL in name else 0.8 for name in names],
        predicted=[float("nan")] * len(names), seed=1, csv=figures / "sharpening_line.csv",
        pdf=figures / "sharpening_line.pdf", png=figures / "sharpening_line.png",
    )  # fmt: skip


def _files(folder: Path, name: str) -> TableFiles:
    return TableFiles(*(folder / f"{name}.{suffix}" for suffix in ("csv", "md", "tex")))
