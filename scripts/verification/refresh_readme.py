"""Write the tables that a README shows anew from the files that it names."""

from pathlib import Path

from selfverify.storage.files import atomic_path
from selfverify.verification.comparison import refresh_tables
from selfverify.workflow.script import run_script


def refresh_readme(*, readme: Path) -> None:
    """Rewrites the README in place.

    Args:
        readme: Markdown file; its folder is the one that the sources' paths are relative to.
    """
    text = refresh_tables(readme.read_text(), readme.parent)
    with atomic_path(readme) as temporary:
        temporary.write_text(text)


if __name__ == "__main__":
    run_script(refresh_readme)
