"""The inputs of a paper in a folder of their own: those in git, to be changed by a test."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from scripts.document.write_paper import write_paper

from repository import ROOT

DISTILLED = ("table_distillation.csv", "table_method_comparison.csv", "distillation_gain.pdf")
KEPT = ("params.yaml", "pyproject.toml", "envs/requirements.lock")
CONSTANTS = ("scripts/selfverify/statistics/intervals.py", "scripts/selfverify/results/claims.py")


@dataclass(frozen=True)
class SmallPaper:
    """A folder with results and figures, and the paper that was written from them."""

    folder: Path

    @property
    def numbers(self) -> Path:
        return self.folder / "figures/mini/paper.numbers.csv"

    @property
    def html(self) -> str:
        return self.numbers.with_name("paper.html").read_text()

    @property
    def pdf(self) -> bytes:
        return self.numbers.with_name("paper.pdf").read_bytes()

    def change(self, file: str, column: str, value: object, **where: object) -> None:
        """Writes a value into a column of the rows that have all the others."""
        path = self.folder / file
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        rows = pd.Series(True, index=table.index)
        for name, wanted in where.items():
            rows &= table[name] == str(wanted)
        assert rows.any()
        table.loc[rows, column] = str(value)
        table.to_csv(path, index=False)

    def keep(self, file: str, **where: object) -> None:
        """Drops the rows that have another value."""
        path = self.folder / file
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for name, wanted in where.items():
            if name in table:
                table = table[table[name] == str(wanted)]
        table.to_csv(path, index=False)

    def write(self, *, distilled: bool = False) -> None:
        """Writes the paper; the folder is the current one."""
        figures = Path("figures/mini")
        write_paper(
            results=sorted(Path("data/mini/results").glob("*.csv")),
            figures=[p for p in sorted(figures.glob("*.*")) if p.name not in DISTILLED
                     and p.suffix in (".csv", ".pdf") and not p.name.startswith("paper.")],
            examples=sorted(figures.glob("audio/*/*")),
            parameters=[Path("params.yaml")],
            track="mini",
            pdf=figures / "paper.pdf",
            html=figures / "paper.html",
            numbers=figures / "paper.numbers.csv",
            checkpoints=tuple(sorted(Path("data/mini/checkpoints").glob("*/training.json"))),
            distillation=tuple(figures / name for name in DISTILLED) if distilled else (),
        )  # fmt: skip


def make_small_paper(folder: Path) -> SmallPaper:
    """Copies the inputs of a paper from git."""
    for part in ("data/mini/results", "figures/mini"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("paper.*"))
    for path in (ROOT / "data/mini/checkpoints").glob("*/training.json"):
        _copy(path, folder / path.relative_to(ROOT))
    for name in (*KEPT, *CONSTANTS):
        _copy(ROOT / name, folder / name)
    return SmallPaper(folder)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
