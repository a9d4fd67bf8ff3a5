"""Write the tables that pages of Markdown show anew from the files that they name."""

from pathlib import Path

from selfverify.storage.files import atomic_path
from selfverify.verification.comparison import refresh_tables
from selfverify.workflow.script import run_script


def refresh_pages(*, pages: list[Path]) -> None:
    """Replaces the tables between the marks of each page.

    Args:
        pages: Markdown files; sources' paths are relative to the working folder.
    """
    for page in pages:
        text = refresh_tables(page.read_text(), Path())
        with atomic_path(page) as temporary:
            temporary.write_text(text)


if __name__ == "__main__":
    run_script(refresh_pages)
