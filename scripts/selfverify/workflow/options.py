"""Arguments as a command line: what rules give their scripts."""

import shlex
from collections.abc import Iterator, Mapping, Sequence


def as_options(arguments: Mapping[str, object]) -> str:
    """Returns arguments as options that `run_script` reads, quoted for the shell, in their order.

    Args:
        arguments: name to value. A sequence becomes several words, a mapping options of its keys,
            dotted as those of a dataclass are; an argument that is None is left out.
    """
    return " ".join(word for name, value in arguments.items() for word in _words(name, value))


def _words(name: str, value: object) -> Iterator[str]:
    """The words of one option."""
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _words(f"{name}.{key}", part)
        return
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    yield f"--{name.replace('_', '-')}"
    yield from (shlex.quote(str(word)) for word in values)
