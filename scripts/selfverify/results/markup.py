"""Tables for people: Markdown for readers, LaTeX for papers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import tyro

from selfverify.storage.files import atomic_path


@tyro.conf.configure(tyro.conf.OmitArgPrefixes)  # a script's options are --csv, --markdown, --latex
@dataclass(frozen=True)
class TableFiles:
    """Where a script writes its table."""

    csv: Path  # for machines
    markdown: Path  # for readers
    latex: Path  # for papers


def write_shown(table: pd.DataFrame, note: str, files: TableFiles) -> None:
    """Writes a table, its cells as they are, and below it what must be known to read it.

    Args:
        table: column names are shown without underscores.
        note: plain text.
        files: where; the LaTeX is a `tabular` that needs the package booktabs, the note a comment.
    """
    with atomic_path(files.markdown) as temporary:
        temporary.write_text(f"{as_markdown(table)}\n\n{note}\n")
    with atomic_path(files.latex) as temporary:
        comment = "".join(f"% {line}\n" for line in note.splitlines() if line)
        temporary.write_text(comment + as_latex(table))


def as_markdown(table: pd.DataFrame) -> str:
    """Returns a table in Markdown; a bar in a cell would end it, and is escaped."""
    shown = _named(table).rename(columns=_escape_bars).map(_escape_bars)
    return shown.to_markdown(index=False, disable_numparse=True)


def as_latex(table: pd.DataFrame) -> str:
    """Returns a table as a LaTeX `tabular`, what LaTeX would take for commands escaped."""
    style: Any = _named(table).style.hide(axis="index").format(escape="latex")
    return style.format_index(escape="latex", axis="columns").to_latex(hrules=True)


def formatted(rows: Sequence[dict[str, Any]], columns: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Returns rows as text, empty where a row has no such key or None.

    Args:
        rows: a mapping each.
        columns: key to its title and format, such as ("total, GB", "{:.1f}").
    """
    return pd.DataFrame(
        {
            title: [form.format(row[key]) if row.get(key) is not None else "" for row in rows]
            for key, (title, form) in columns.items()
        }
    )


def counts_with_intervals(table: pd.DataFrame, prefix: str = "") -> list[str]:
    """Returns "k/n [low, high]" of each row, from columns k, n, low and high.

    Args:
        table: one row per rate.
        prefix: of the columns k, low and high, where a row has several rates of one n.
    """
    k, low, high = (f"{prefix}{name}" for name in ("k", "low", "high"))
    rows = table.to_dict("records")
    return [f"{row[k]}/{row['n']} [{row[low]:.1%}, {row[high]:.1%}]" for row in rows]


def _escape_bars(cell: Any) -> Any:
    return cell.replace("\\", "\\\\").replace("|", "\\|") if isinstance(cell, str) else cell


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table as people read it: no underscores in names, no line breaks in cells."""
    named = table.rename(columns=lambda name: str(name).replace("_", " "))
    return named.map(lambda cell: " ".join(cell.splitlines()) if isinstance(cell, str) else cell)
