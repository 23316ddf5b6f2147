"""Puts a submission back in order: answers are the student's, everything else is the lab's.

A student's cell is recognised by its id, then by the lab's metadata, then by what it says (a check
cell, a heading, a given cell), and an answer at last by its place between these. Cells the student
added stay where they are and run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from labkit.grading.cells import StudentCell
from labkit.grading.outcome import Repair
from labkit.labs import Lab

_CHECK = re.compile(r"\s*labkit\s*\.\s*check\s*\(\s*[\"'](\d+\.\d+)[\"']\s*\)\s*;?\s*")
_HEADING = re.compile(r"##\s+Exercise\s+(\d+\.\d+)\b")


@dataclass(frozen=True, slots=True)
class Repaired:
    """The notebook to execute, what was mended, and whether any answer is in it."""

    notebook: NotebookNode
    repairs: tuple[Repair, ...]
    untouched: bool


def repair(cells: Sequence[StudentCell], lab: Lab) -> Repaired:
    """Build the notebook to execute from the pristine lab and a student's answers.

    Args:
        cells: what was handed in.
        lab: the lab it was handed in for.

    Returns:
        The notebook, without outputs. Where only white space differs, nothing is reported.
    """
    pristine = lab.student_notebook()
    places = _match(pristine.cells, cells)
    extras = _extras(cells, places)
    repairs = [*_repairs(pristine.cells, cells, places), *_copies(cells, places)]
    answered = any(cell.cell_type == "code" for after in extras.values() for cell in after)
    for index, cell in enumerate(pristine.cells):
        if _role(cell) == "answer" and index in places:
            answer = cells[places[index]].source
            answered |= bool(answer.strip()) and not _alike(answer, cell.source)
            cell.source = answer
    whole = [*extras[-1]]
    for index, cell in enumerate(pristine.cells):
        whole += [cell, *extras[index]]
    pristine.cells = whole
    return Repaired(pristine, tuple(dict.fromkeys(repairs)), untouched=not answered)


def exercise_of(cell: NotebookNode) -> str:
    """The exercise an answer or check cell belongs to; empty for other cells."""
    return str(cell.metadata.get("labkit", {}).get("exercise", ""))


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell marks the place at which an exercise is judged."""
    return _role(cell) == "check"


def _role(cell: NotebookNode) -> str:
    return str(cell.metadata.get("labkit", {}).get("role", ""))


def _alike(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


def _match(pristine: Sequence[NotebookNode], cells: Sequence[StudentCell]) -> dict[int, int]:
    """Which of the student's cells each cell of the lab has become, by their positions."""
    places: dict[int, int] = {}

    def claim(fits: Callable[[NotebookNode, StudentCell], bool]) -> None:
        for index, cell in enumerate(pristine):
            if index not in places:
                taken = set(places.values())
                free = (place for place in range(len(cells)) if place not in taken)
                place = next((one for one in free if fits(cell, cells[one])), None)
                if place is not None:
                    places[index] = place

    claim(lambda cell, theirs: bool(theirs.id) and cell.id == theirs.id)
    claim(
        lambda cell, theirs: (
            bool(theirs.role) and (_role(cell), exercise_of(cell)) == (theirs.role, theirs.exercise)
        )
    )
    claim(_says_the_same)
    for index, cell in enumerate(pristine):
        if _role(cell) == "answer" and index not in places:
            found = _answer_by_place(index, places, cells)
            if found is not None:
                places[index] = found
    return places


def _says_the_same(cell: NotebookNode, theirs: StudentCell) -> bool:
    if is_check(cell):
        asked = _CHECK.fullmatch(theirs.source) if theirs.kind == "code" else None
        return asked is not None and asked[1] == exercise_of(cell)
    if cell.cell_type == "markdown" and (heading := _HEADING.search(cell.source)):
        found = _HEADING.search(theirs.source) if theirs.kind == "markdown" else None
        return found is not None and found[1] == heading[1]
    return _role(cell) != "answer" and _alike(cell.source, theirs.source)


def _answer_by_place(
    index: int, places: dict[int, int], cells: Sequence[StudentCell]
) -> int | None:
    """The first cell with code between the nearest recognised cells before and after."""
    before = [places[one] for one in range(index) if one in places]
    start = before[-1] if before else -1
    end = next(
        (places[one] for one in sorted(places) if one > index and places[one] > start), len(cells)
    )
    taken = set(places.values())
    return next(
        (
            place
            for place in range(start + 1, end)
            if place not in taken and cells[place].kind == "code" and _is_work(cells[place])
        ),
        None,
    )


def _is_work(cell: StudentCell) -> bool:
    return bool(cell.source.strip()) and not _CHECK.fullmatch(cell.source)


def _extras(
    cells: Sequence[StudentCell], places: dict[int, int]
) -> defaultdict[int, list[NotebookNode]]:
    """The student's own cells, by the position of the lab's cell they come after (-1: the top)."""
    become = {place: index for index, place in places.items()}
    extras: defaultdict[int, list[NotebookNode]] = defaultdict(list)
    last = -1
    for place, cell in enumerate(cells):
        if place in become:
            last = become[place]
        elif _is_work(cell):
            make = new_code_cell if cell.kind == "code" else new_markdown_cell
            metadata = {"labkit": {"role": "extra"}}
            extras[last].append(make(cell.source, id=f"extra-{place}", metadata=metadata))
    return extras


def _repairs(
    pristine: Sequence[NotebookNode], cells: Sequence[StudentCell], places: dict[int, int]
) -> Iterator[Repair]:
    order = [places[index] for index in sorted(places) if pristine[index].cell_type == "code"]
    if order != sorted(order):
        yield Repair("", "Cells had been moved; they were put back in the order of the lab.")
    for index, cell in enumerate(pristine):
        if cell.cell_type != "code":
            continue
        exercise = exercise_of(cell) or next(filter(None, map(exercise_of, pristine[index:])), "")
        what = {"answer": "answer cell", "check": "check cell"}.get(_role(cell), "given cell")
        if index not in places:
            lost = "nothing was handed in there" if what == "answer cell" else "it was put back"
            yield Repair(exercise, f"The {what} is missing; {lost}.")
        elif what == "answer cell":
            yield from _answer_repairs(exercise, cell, cells[places[index]])
        elif not _alike(cells[places[index]].source, cell.source):
            yield Repair(exercise, f"The {what} was changed; it was restored.")


def _answer_repairs(exercise: str, cell: NotebookNode, theirs: StudentCell) -> Iterator[Repair]:
    if theirs.kind != "code":
        yield Repair(exercise, "The answer cell was turned into text; it was run as code.")
    recognised = theirs.id == cell.id or (theirs.role, theirs.exercise) == ("answer", exercise)
    if not recognised:
        yield Repair(exercise, "The answer cell had lost its mark; it was found by its place.")


def _copies(cells: Sequence[StudentCell], places: dict[int, int]) -> Iterator[Repair]:
    taken = set(places.values())
    for place, cell in enumerate(cells):
        if place not in taken and cell.role == "answer" and _is_work(cell):
            yield Repair(
                cell.exercise,
                "There is a copy of the answer cell; the first is the answer, the copy runs too.",
            )
