"""Reads the source of a cell as Python's own grammar has it, without running it."""

from __future__ import annotations

import ast
import re
import warnings

#: Characters of a cell that is looked at; what is longer holds data, not work.
MOST_CHARACTERS = 50_000
#: Cell magics that run what is below them as Python.
_PYTHON_MAGICS = re.compile(r"%%(time|timeit|capture|prun)\b")


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of a cell, every line where it was.

    Args:
        source: a code cell, with or without what only IPython understands.

    Returns:
        The tree, empty for a cell in another language; None for one that is too long or has an
        error.
    """
    if len(source) > MOST_CHARACTERS:
        return None
    if source.startswith("%%"):
        head, _, rest = source.partition("\n")
        source = f"\n{rest}" if _PYTHON_MAGICS.match(head) else ""
    return _tree(source) or _tree("\n".join(map(_without_magic, source.split("\n"))))


def _tree(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's odd escapes are not for our terminal
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _without_magic(line: str) -> str:
    """A line with ``pass`` or ``None`` for a magic, a command of the system or a question."""
    bare = line.lstrip()
    if bare.startswith(("%", "!", "?")) or bare.rstrip().endswith("?"):
        return f"{line[: len(line) - len(bare)]}pass"
    name, sign, value = line.partition("=")
    return f"{name}=None" if sign and value.lstrip().startswith(("%", "!")) else line
