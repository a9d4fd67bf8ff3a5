"""The template filled in, as a PDF and as a page that carries all it shows."""

import base64
import re
from pathlib import Path
from typing import Any

import jinja2
import typst

from selfverify.document import verdicts
from selfverify.document.content import Content, quoted

HERE = Path(__file__).parent
TEMPLATE, STYLE, REFERENCES, PAGE_STYLE = (
    HERE / name for name in ("paper.typ", "style.typ", "references.bib", "page.css")
)
_CLIP = re.compile(r'src="clip:([^"]+)"')


def fill_in(content: Content, template: str) -> str:
    """Returns the paper in Typst: the style, then the template with its cells.

    Args:
        content: what the template may ask.
        template: Typst, with `<< … >>` for cells and `<% … %>` for choices.

    Raises:
        InputError: names file, row and column of what is missing or not finite.
    """
    environment = jinja2.Environment(
        variable_start_string="<<", variable_end_string=">>", block_start_string="<%",
        block_end_string="%>", comment_start_string="<#", comment_end_string="#>",
        line_statement_prefix="%%", trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True,
    )  # fmt: skip
    body = environment.from_string(template).render(**_names(content))
    return STYLE.read_text() + body


def as_pdf(source: str) -> bytes:
    """Returns the PDF; equal sources give equal bytes."""
    return _compile(source, "pdf")


def as_html(source: str) -> str:
    """Returns a page with style, figures and clips in it."""
    page = _compile(source, "html").decode()
    page = page.replace("</head>", f"<style>{PAGE_STYLE.read_text()}</style></head>", 1)
    return _CLIP.sub(lambda match: f'src="{_data_uri(Path(match[1]))}"', page)


def _compile(source: str, target: Any) -> bytes:
    """Typst without a network and without the machine's fonts; paths begin at the root."""
    root: Any = "/"  # its stub would have bytes
    try:
        made = typst.compile(
            source.encode(), root=root, font_paths=typst.Fonts(include_system_fonts=False),
            format=target, sys_inputs={"target": target},
        )  # fmt: skip
    except typst.TypstError as error:
        raise RuntimeError(f"{TEMPLATE}: {error.diagnostic}") from None
    assert isinstance(made, bytes)
    return made


def _data_uri(clip: Path) -> str:
    kind = clip.suffix[1:]
    return f"data:audio/{kind};base64,{base64.b64encode(clip.read_bytes()).decode()}"


def _names(content: Content) -> dict[str, Any]:
    """What the template may call."""
    return {
        "study": content,
        "track": content.track,
        "table": content.table,
        "has": content.has,
        "param": content.param,
        "setting": content.setting,
        "cell": content.cell,
        "verdict": lambda name, **how: verdicts.verdict(content, name, **how),
        "spoken_of": verdicts.spoken_of(content),
        "claim_rows": lambda name: verdicts.claim_rows(content, name),
        "contrasts": lambda words, **where: verdicts.contrasts(content, words, **where),
        "listed": verdicts.listed,
        "shown": lambda rows, column: [row.show(column) for row in rows],
        "least": lambda rows, column: min(rows, key=lambda row: row.number(column)),
        "most": lambda rows, column: max(rows, key=lambda row: row.number(column)),
        "file": lambda name: quoted(str(Path(content.path(name)).resolve())),
        "references": quoted(str(REFERENCES)),
    }
