"""Finds out which of a student's cells each cell of a lab has become."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from nbformat import NotebookNode

from labkit.grading.cells import StudentCell

# No two parts of it can match the same white space: a cell may hold megabytes of it.
_CHECK = re.compile(r"labkit\s*\.\s*check\s*\(\s*[\"'](\d+\.\d+)[\"']\s*\)\s*;?")
_HEADING = re.compile(r"##\s+Exercise\s+(\d+\.\d+)\b")


def match(pristine: Sequence[NotebookNode], cells: Sequence[StudentCell]) -> dict[int, int]:
    """Which of the student's cells each cell of the lab has become.

    Args:
        pristine: the cells of the lab.
        cells: what was handed in.

    Returns:
        Positions of the student's cells by positions of the lab's; not all need to be there.
    """
    ids, marks, texts = defaultdict(list), defaultdict(list), defaultdict(list)
    for place, theirs in enumerate(cells):
        ids[theirs.id].append(place)
        marks[theirs.role, theirs.exercise].append(place)
        texts[_says(theirs.kind, theirs.source)].append(place)
    places: dict[int, int] = {}
    for known in ("id and mark", "text"):
        for index, cell in enumerate(pristine):
            if known == "text":
                found = [] if role_of(cell) == "answer" else texts[_says_of(cell)]
            else:
                mark = (role_of(cell), exercise_of(cell))
                found = ids[cell.id] + (marks[mark] if role_of(cell) else [])
            _take(index, cell, found, places, cells)
    for index, cell in enumerate(pristine if places else ()):
        if role_of(cell) == "answer":
            _take(index, cell, _between(index, pristine, places, cells), places, cells)
    return places


def exercise_of(cell: NotebookNode) -> str:
    """The exercise an answer or check cell belongs to; empty for other cells."""
    return str(cell.metadata.get("labkit", {}).get("exercise", ""))


def role_of(cell: NotebookNode) -> str:
    """``answer``, ``check`` or ``extra``; empty for the lab's other cells."""
    return str(cell.metadata.get("labkit", {}).get("role", ""))


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell marks the place at which an exercise is judged."""
    return role_of(cell) == "check"


def alike(one: str, other: str) -> bool:
    """Whether two texts differ in white space at most."""
    return _squeezed(one) == _squeezed(other)


def is_work(cell: StudentCell) -> bool:
    """Whether there is anything in a cell but a call of a check."""
    source = cell.source.strip()
    return bool(source) and not _CHECK.fullmatch(source)


def without_checks(source: str) -> str:
    """A cell with its calls of checks, where each has a line of its own, made comments."""
    lines = source.split("\n")
    return "\n".join(f"# {line}" if _CHECK.fullmatch(line.rstrip()) else line for line in lines)


def _take(
    index: int,
    cell: NotebookNode,
    found: Iterable[int],
    places: dict[int, int],
    cells: Sequence[StudentCell],
) -> None:
    """Let a cell of the lab have one of the places found for it, if it has none."""
    free = [place for place in found if place not in places.values()]
    if index in places or not free:
        return
    # Of an answer cell and its copies, the one in which somebody worked.
    worked = (place for place in free if not alike(cells[place].source, cell.source))
    places[index] = next(worked, free[0]) if role_of(cell) == "answer" else free[0]


def _between(
    index: int,
    pristine: Sequence[NotebookNode],
    places: dict[int, int],
    cells: Sequence[StudentCell],
) -> list[int]:
    """Cells with code between what comes before an answer and what comes after its exercise."""
    later = range(index, len(pristine))
    check = next((one for one in later if is_check(pristine[one])), len(pristine))
    start = max((places[one] for one in range(index) if one in places), default=-1)
    end = min(
        (place for one, place in places.items() if one > check and place > start),
        default=len(cells),
    )
    inside = range(start + 1, end)
    return [place for place in inside if cells[place].kind == "code" and is_work(cells[place])]


def _says_of(cell: NotebookNode) -> Hashable:
    return _says(str(cell.cell_type), str(cell.source))


def _says(kind: str, source: str) -> Hashable:
    """What sets a cell of a lab apart: the number it checks or heads, else its text."""
    if kind == "code" and (asked := _CHECK.fullmatch(source.strip())):
        return "check", asked[1]
    if kind == "markdown" and (heading := _HEADING.search(source)):
        return "heading", heading[1]
    return kind, _squeezed(source)


def _squeezed(text: str) -> str:
    return "".join(text.split())
