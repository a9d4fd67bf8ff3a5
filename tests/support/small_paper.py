"""The inputs of a paper in a folder of their own: those in git, to be changed by a test."""

import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import yaml
from scripts.document.write_paper import write_paper
from scripts.figures.plot_failure_by_n import plot_failure_by_n
from scripts.tables.table_claims import DISTILLED as CLAIMS_OF_DISTILLATION

from repository import ROOT
from selfverify.document.parameters import fingerprint
from selfverify.results.claims import not_run

FIGURES, RESULTS = Path("figures/mini"), Path("data/mini/results")
RATES, CLAIMS = f"{RESULTS}/failure_rates.csv", f"{FIGURES}/table_claims.csv"
# Of a study without distillation, as far as git has them.
STUDY = re.compile(
    r"(failure_\w+|summary|table_(best_of_n|heterogeneity|contrasts|claims|floors|scorer|regimes"
    r"|asr_agreement|prompt_sets|adversarial|listeners))\.(csv|pdf)"
)
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

    def drop(self, file: str, **where: object) -> None:
        """Drops the rows that have the value."""
        path = self.folder / file
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for name, unwanted in where.items():
            table = table[table[name] != str(unwanted)]
        table.to_csv(path, index=False)

    def keep(self, file: str, **where: object) -> None:
        """Drops the rows that have another value."""
        path = self.folder / file
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for name, wanted in where.items():
            if name in table:
                table = table[table[name] == str(wanted)]
        table.to_csv(path, index=False)

    def line(self, file: str, **where: object) -> int:
        """The line of the one row that has all the values."""
        table = pd.read_csv(self.folder / file, dtype=str, keep_default_na=False)
        for name, wanted in where.items():
            table = table[table[name] == str(wanted)]
        assert len(table) == 1
        return int(table.index[0]) + 2

    def add(self, file: str, rows: pd.DataFrame) -> None:
        """Appends rows to a table."""
        path = self.folder / file
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        pd.concat([table, rows.astype(str)], ignore_index=True).to_csv(path, index=False)

    def draw(self) -> None:
        """Draws the figure of failures against n anew."""
        plot_failure_by_n(
            rates=self.folder / RATES, systems=list(self.params["tracks"]["mini"]["systems"]),
            floor="reference", pdf=self.folder / FIGURES / "failure_by_n.pdf",
            png=self.folder / FIGURES / "failure_by_n.png",
        )  # fmt: skip

    def distil(self, figures: Path) -> None:
        """Takes over the tables, figures and claims of a distillation, from now on a part."""
        for path in figures.iterdir():
            shutil.copy(path, self.distilled / path.name)
        self.drop(CLAIMS, estimate="not run")
        claims = pd.read_csv(figures / "table_distillation_claims.csv", dtype=str)
        self.add(CLAIMS, claims.fillna(""))

    @property
    def distilled(self) -> Path:
        """Where the tables of distillation are, if any."""
        return self.folder / "figures/distilled"

    @property
    def params(self) -> dict:
        return yaml.safe_load((self.folder / "params.yaml").read_text())

    def write(self) -> None:
        """Writes the paper; the folder is the current one."""
        write_paper(
            results=sorted(RESULTS.glob("*.csv")),
            figures=[p for p in sorted(FIGURES.iterdir()) if STUDY.fullmatch(p.name)],
            examples=sorted(FIGURES.glob("audio/*/*")),
            parameters=[Path("params.yaml")],
            settings=fingerprint(self.params, "mini"),
            track="mini",
            pdf=FIGURES / "paper.pdf",
            html=FIGURES / "paper.html",
            numbers=FIGURES / "paper.numbers.csv",
            checkpoints=tuple(sorted(Path("data/mini/checkpoints").glob("*/training.json"))),
            distillation=tuple(
                p.relative_to(self.folder)
                for p in sorted(self.distilled.iterdir()) if p.suffix in (".csv", ".pdf")
            ),
        )  # fmt: skip


def make_small_paper(folder: Path) -> SmallPaper:
    """Copies the inputs of a paper from git, those of a study without distillation."""
    for part in (RESULTS, FIGURES):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("paper.*"))
    for path in (ROOT / "data/mini/checkpoints").glob("*/training.json"):
        _copy(path, folder / path.relative_to(ROOT))
    for name in (*KEPT, *CONSTANTS):
        _copy(ROOT / name, folder / name)
    paper = SmallPaper(folder)
    paper.distilled.mkdir()
    table = pd.read_csv(folder / CLAIMS, dtype=str, keep_default_na=False)
    of_study = table["claim"].str.contains("fail|larger|ceiling: no|floor") & ~table[
        "claim"
    ].str.contains("distillation|goes on")
    table[of_study].to_csv(folder / CLAIMS, index=False)
    rows = [not_run(claim, reported) for claim, reported in CLAIMS_OF_DISTILLATION.items()]
    paper.add(CLAIMS, pd.DataFrame([asdict(row) for row in rows]).fillna(""))
    paper.draw()
    return paper


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
