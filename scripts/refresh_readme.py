"""Write the tables that a README shows anew from the files that it names."""

from pathlib import Path

from selfverify.command import run_script
from selfverify.files import atomic_path
from selfverify.printed import refresh_tables


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
