"""The paper as it stands, against the results: every number of its text has its cell."""

import logging
import re
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from selfverify.document.forms import show
from selfverify.document.ledger import Shown, read_ledger
from selfverify.document.sources import read_cell
from selfverify.errors import InputError

CURE = "run `snakemake paper --forcerun paper`"
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")  # not the 2 of XCodec2
_VOID = {"img", "br", "hr", "meta", "link", "input", "col", "wbr"}
_FREE = {"style", "math", "pre"}  # formulas and pseudo-code are the method's, not results
_NUMBERING = re.compile(r"^(?:[A-Z]|\d+)(?:\.\d+)* |^(?:Table|Figure)\s\d+: ")


def paper_problems(numbers: Path) -> list[str]:
    """Returns a sentence for everything in a paper that is not what the results say.

    Args:
        numbers: the paper's list, paper.numbers.csv; the paper is beside it.
    """
    base = numbers.name.removesuffix(".numbers.csv")
    pdf, html = (numbers.with_name(f"{base}.{suffix}") for suffix in ("pdf", "html"))
    missing = [f"{path} is missing" for path in (numbers, pdf, html) if not path.exists()]
    if missing:
        return missing
    shown = read_ledger(numbers)
    page = html.read_text()
    problems = [problem for entry in shown if (problem := _stale(entry, numbers))]
    problems += [f"{html}: {number} comes from no result" for number in unsourced(page, shown)]
    problems += [f"{pdf}: {number} is not in {html}" for number in beyond(pdf, page)]
    return problems


def unsourced(page: str, shown: list[Shown]) -> list[str]:
    """Returns the numbers of a page that are none of a list's, or stand outside of its cells.

    Formulas, pseudo-code, references and the numbering of sections and tables are left out.
    """
    reader = _read(page)
    known = {number for entry in shown for number in NUMBER.findall(entry.shown)}
    in_cells = [n for text in reader.cells for n in NUMBER.findall(text) if n not in known]
    return [*in_cells, *(n for text in reader.plain for n in NUMBER.findall(text))]


def beyond(pdf: Path, page: str) -> list[str]:
    """Returns the numbers of a PDF's text, without its figures', that the page has not.

    None where pypdf is not installed, which the study does not need otherwise.
    """
    if find_spec("pypdf") is None:
        return []
    pypdf: Any = import_module("pypdf")

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it misses the figures taken out below
    sheets = pypdf.PdfReader(pdf).pages
    known = set(NUMBER.findall(" ".join(_read(page).all)))
    known |= {str(i + 1) for i in range(len(sheets))}
    found = []
    for sheet in sheets:
        sheet["/Resources"].get_object().pop("/XObject", None)  # figures: they have axes
        found += NUMBER.findall(sheet.extract_text())
    return [number for number in found if number not in known]


def _stale(entry: Shown, numbers: Path) -> str | None:
    """How a cell differs from what the paper shows of it."""
    try:
        said = show(read_cell(entry.file, entry.row, entry.column), entry.form, entry.place)
    except InputError as error:
        return f"{numbers}: {error}"
    if said == entry.shown:
        return None
    return f"{numbers}: {entry.shown!r} is printed, but {entry.place} says {said!r}"


def _read(page: str) -> "_Reader":
    reader = _Reader()
    reader.feed(page)
    return reader


class _Reader(HTMLParser):
    """Texts of a page: those in cells, those outside, and all."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.plain: list[str] = []
        self.all: list[str] = []
        self._open: list[tuple[str, str]] = []  # tag, and what its text is

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._open.append((tag, self._kind(tag, dict(attrs))))

    def handle_endtag(self, tag: str) -> None:
        while tag in (name for name, _ in self._open) and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        kinds = {kind for _, kind in self._open}
        if not any(tag == "style" for tag, _ in self._open):
            self.all.append(data)
        if "free" in kinds:
            return
        is_numbered = any(tag in ("h2", "h3", "figcaption") for tag, _ in self._open[-1:])
        text = _NUMBERING.sub("", data) if is_numbered else data
        (self.cells if "cell" in kinds else self.plain).append(text)

    @staticmethod
    def _kind(tag: str, attributes: dict[str, str | None]) -> str:
        role, link = attributes.get("role") or "", attributes.get("href") or ""
        if tag in _FREE or role == "doc-bibliography" or (tag == "a" and link.startswith("#")):
            return "free"
        return "cell" if attributes.get("class") == "cell" else "plain"
