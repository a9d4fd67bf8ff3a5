"""The files whose content decides what a script does: the script and all it imports from here.

Snakemake does not see an edited module by itself; rules name this closure as their `code` input.
Adapters are loaded by name at run time, so rules add the adapter's module themselves.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]
PACKAGE = "selfverify"
# Tables of names: what one of them decides, the chosen adapter's module, rules name themselves.
EXEMPT = {SCRIPTS / PACKAGE / "adapters" / "__init__.py"}

# What statements stand in: a body, `else` and `finally`, an `except`, a `case`.
_PARTS = ("body", "orelse", "finalbody", "handlers", "cases")


def code_files(script: str, *modules: str) -> list[str]:
    """Returns paths relative to the repository, the script first, then its modules sorted.

    Args:
        script: stem of a file in a step's folder of scripts/.
        modules: dotted names of further modules of the package, such as a chosen adapter's.
    """
    return list(_closure(script, modules))


@cache
def _closure(script: str, modules: tuple[str, ...]) -> tuple[str, ...]:
    start = _script_file(script)
    seen: set[Path] = set()
    waiting = [start, *(path for name in modules for path in _module_files(name))]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting.extend(_imports(path))
    rest = sorted(seen - {start})
    return tuple(str(path.relative_to(SCRIPTS.parent)) for path in [start, *rest])


@cache
def _script_file(stem: str) -> Path:
    """The one script of that name; each step of the study has a folder of them."""
    found = sorted(SCRIPTS.glob(f"*/{stem}.py"))
    if len(found) != 1:
        raise FileNotFoundError(f"{SCRIPTS}/*/{stem}.py: {len(found)} files, not one")
    return found[0]


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    """Files of the package that a file imports, anywhere in it."""
    names: list[str] = []
    for node in _statements(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(file for name in names for file in _module_files(name))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node; expressions, where nothing is imported, are most of a file."""
    for part in _PARTS:
        for child in getattr(node, part, ()):
            yield child
            yield from _statements(child)


@cache
def _module_files(name: str) -> tuple[Path, ...]:
    """The module's file and the `__init__.py` of the packages above it; none if it is not ours."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return ()
    files = [SCRIPTS.joinpath(*parts[:end], "__init__.py") for end in range(1, len(parts) + 1)]
    files.append(SCRIPTS.joinpath(*parts).with_suffix(".py"))
    return tuple(file for file in files if file.exists() and file not in EXEMPT)
