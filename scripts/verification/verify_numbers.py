"""Make every result, table and figure again from the records, and stop at any that differs."""

from pathlib import Path

from selfverify.document import checking
from selfverify.errors import InputError
from selfverify.verification.comparison import stale_tables
from selfverify.verification.recomputation import recompute
from selfverify.versioning.records import JobRecord, read_records
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script

CURE = "run `snakemake all` to print what the records say, or restore them with `dvc checkout`"


def verify_numbers(*, provenance: list[Path], pages: list[Path], paper: Path | None = None) -> None:
    """Repeats the jobs that made what is printed, elsewhere, and compares byte by byte.

    Args:
        provenance: data/{track}/provenance/{stage}.jsonl of the stages to repeat.
        pages: Markdown files whose tables are compared with the files that they name.
        paper: paper.numbers.csv, where a paper was written: each of its numbers is looked up again.

    Raises:
        InputError: with the file, and in text the line, that is not what the records say.
    """
    jobs = [job for path in provenance for job in _recorded(path)]
    problems = [
        problem for job in progress(jobs, name="verify", unit="job") for problem in recompute(job)
    ]
    problems += [problem for page in pages for problem in stale_tables(page, Path())]
    in_paper = checking.paper_problems(paper) if paper else []
    cures = [cure for found, cure in ((problems, CURE), (in_paper, checking.CURE)) if found]
    if cures:
        raise InputError("\n".join([*problems, *in_paper, *cures]))
    num_files = sum(len(job.outputs) for job in jobs)
    also = ", and the paper's numbers" if paper else ""
    print(f"{num_files} files and the tables of {len(pages)} pages are what the records say{also}")


def _recorded(path: Path) -> list[JobRecord]:
    if jobs := read_records(path):
        return jobs
    raise InputError(f"{path}: no finished run is recorded; run `snakemake all` first")


if __name__ == "__main__":
    run_script(verify_numbers)
