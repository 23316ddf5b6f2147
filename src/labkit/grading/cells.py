"""Reads the cells out of the bytes of a notebook, of any version, saved by any tool."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat.reader import NotJSONError

_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
#: A lab has a few dozen cells; what has more than this is no one's work.
MOST_CELLS = 2_000


class Unreadable(Exception):  # noqa: N818 - it names the outcome, not a fault
    """A submission has no notebook that can be read; the message says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class StudentCell:
    """What matters of a cell that was handed in: outputs and all other metadata do not.

    ``role`` and ``exercise`` are what the lab wrote into its metadata, empty where that is lost.
    """

    kind: str
    source: str
    id: str = ""
    role: str = ""
    exercise: str = ""


def read_cells(data: bytes) -> tuple[StudentCell, ...]:
    """The cells of a notebook.

    Args:
        data: the file's bytes: JSON in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Returns:
        Code and markdown cells in their order.

    Raises:
        Unreadable: the bytes are no notebook, or one without cells.
    """
    notebook = _parse(data)
    if notebook["nbformat"] < 4:
        notebook = _upgrade(notebook)
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, Mapping) for cell in cells):
        raise Unreadable("It is not a notebook: it has no list of cells.")
    if not cells:
        raise Unreadable("The notebook has no cells.")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"The notebook has {len(cells):,} cells, at most {MOST_CELLS:,} are read.")
    return tuple(_cell(cell) for cell in cells)


def _parse(data: bytes) -> Mapping[str, Any]:
    if not data.strip():
        raise Unreadable("The file is empty.")
    try:
        notebook = _loads(data)
    except UnicodeDecodeError as error:
        raise Unreadable("It is not text in UTF-8 or UTF-16.") from error
    except json.JSONDecodeError as error:
        if conflict := _CONFLICT.search(error.doc):
            line = error.doc.count("\n", 0, conflict.start()) + 1
            raise Unreadable(f"Git left a merge conflict in it (line {line}).") from error
        end = error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
        where = f"line {error.lineno}: {error.msg}"
        raise Unreadable(
            f"The file is cut off ({where})." if end else f"It is not JSON ({where})."
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"It is not JSON that can be read ({type(error).__name__}).") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise Unreadable("It is JSON, but not a notebook.")
    return notebook


def _loads(data: bytes) -> Any:
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        if not data.startswith(b"{"):
            raise
        return json.loads(data.decode("cp1252", errors="replace"))  # some editors on Windows


def _upgrade(notebook: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        old = nbformat.reader.reads(json.dumps(notebook))
        upgraded: Mapping[str, Any] = nbformat.convert(old, 4)
    except (
        NotJSONError,
        nbformat.NBFormatError,
        nbformat.ValidationError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        version = notebook["nbformat"]
        raise Unreadable(
            f"It is a notebook of version {version} that cannot be upgraded."
        ) from error
    return upgraded


def _cell(cell: Mapping[str, Any]) -> StudentCell:
    metadata = _mapping(cell.get("metadata"))
    role = _mapping(metadata.get("labkit"))
    return StudentCell(
        kind="code" if cell.get("cell_type") == "code" else "markdown",
        source=_source(cell.get("source")),
        id=_word(cell.get("id")) or _word(metadata.get("id")),
        role=_word(role.get("role")),
        exercise=_word(role.get("exercise")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _source(source: object) -> str:
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return _word(source).replace("\r\n", "\n").replace("\r", "\n")  # as Python reads it


def _word(value: object) -> str:
    """Text that can be written as UTF-8: JSON may hold half a surrogate pair."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
