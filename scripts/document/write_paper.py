"""Write the study as a paper, for print and for the browser; no number in it is typed."""

from pathlib import Path

from selfverify.document.content import Content
from selfverify.document.parameters import read_parameters
from selfverify.document.typesetting import TEMPLATE, as_html, as_pdf, fill_in
from selfverify.storage.files import atomic_path, write_text
from selfverify.workflow.script import run_script


def write_paper(
    *,
    results: list[Path],
    figures: list[Path],
    examples: list[Path],
    parameters: list[Path],
    settings: str,
    track: str,
    pdf: Path,
    html: Path,
    numbers: Path,
    checkpoints: tuple[Path, ...] = (),
    distillation: tuple[Path, ...] = (),
) -> None:
    """Writes the paper, and the list of all that it shows of results.

    Args:
        results: data/{track}/results/*.csv.
        figures: figures/{track}/*: tables as CSV, figures as PDF.
        examples: figures/{track}/audio/{system}/*: clips, and index.csv.
        parameters: params.yaml, and files that override it.
        settings: `fingerprint` of the run's parameters.
        track: which of its tracks.
        pdf: to print.
        html: with figures and clips in it.
        numbers: every number of the paper with the cell that it comes from.
        checkpoints: training.json of the systems that were trained here.
        distillation: tables and figures of distillation, where it is a part of the study.

    Raises:
        InputError: names file, row and column of what is missing or not finite.
    """
    content = Content(
        [*results, *figures, *examples, *checkpoints, *distillation], parameters, track,
        read_parameters(parameters, track, settings),
    )  # fmt: skip
    source = fill_in(content, TEMPLATE.read_text())
    with atomic_path(pdf) as temporary:
        temporary.write_bytes(as_pdf(source))
    write_text(html, as_html(source))
    content.ledger.write(numbers)


if __name__ == "__main__":
    run_script(write_paper)
