"""Putting a submission back in order: answers stay the student's, the rest is the lab's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from nbformat.validator import validate
from support_grading import RIGHT, make_course, tiny_lab

from labkit.grading.cells import StudentCell
from labkit.grading.repair import Repaired, is_check, repair
from labkit.labs import PLACEHOLDER, Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(make_course(tmp_path_factory.mktemp("course")))


@pytest.fixture
def cells(lab: Lab) -> list[StudentCell]:
    """All right answers, nothing else changed."""
    return [
        StudentCell(
            cell.cell_type,
            cell.source,
            cell.id,
            cell.metadata.get("labkit", {}).get("role", ""),
            cell.metadata.get("labkit", {}).get("exercise", ""),
        )
        for cell in lab.with_answers(RIGHT).cells
    ]


def place(cells: list[StudentCell], id_: str) -> int:
    return next(index for index, cell in enumerate(cells) if cell.id == id_)


def sources(repaired: Repaired) -> list[str]:
    validate(repaired.notebook)
    return [cell.source for cell in repaired.notebook.cells if cell.cell_type == "code"]


def told(repaired: Repaired) -> list[tuple[str, str]]:
    return [(one.exercise, one.message) for one in repaired.repairs]


WHOLE = [
    "import labkit\n\nLIMIT = 40",
    RIGHT["1.1"],
    'labkit.check("1.1")',
    RIGHT["1.2"],
    'labkit.check("1.2")',
    RIGHT["1.3"],
    'labkit.check("1.3")',
]


def test_an_honest_submission_needs_no_repair(lab: Lab, cells: list[StudentCell]) -> None:
    repaired = repair(cells, lab)
    assert sources(repaired) == WHOLE
    assert (told(repaired), repaired.untouched) == ([], False)


def test_the_lab_as_distributed_is_untouched(lab: Lab, cells: list[StudentCell]) -> None:
    pristine = lab.student_notebook().cells
    as_given = [
        replace(cell, source=f"{given.source}\n ")
        for cell, given in zip(cells, pristine, strict=True)
    ]
    assert repair(as_given, lab).untouched


def test_changes_of_white_space_are_not_reported(lab: Lab, cells: list[StudentCell]) -> None:
    index = place(cells, "check-1-1")
    cells[index] = replace(cells[index], source='labkit.check( "1.1" )\n')
    assert told(repair(cells, lab)) == []


def test_a_check_cell_that_was_changed_is_restored(lab: Lab, cells: list[StudentCell]) -> None:
    index = place(cells, "check-1-2")
    cells[index] = replace(cells[index], source="print('all right')")
    repaired = repair(cells, lab)
    assert sources(repaired) == WHOLE
    assert told(repaired) == [("1.2", "The check cell was changed; it was restored.")]


def test_code_written_into_a_check_cell_runs_before_it(lab: Lab, cells: list[StudentCell]) -> None:
    answer, index = place(cells, "answer-1-2"), place(cells, "check-1-2")
    cells[answer] = replace(cells[answer], source=PLACEHOLDER)
    cells[index] = replace(cells[index], source=f'{RIGHT["1.2"]}\nlabkit.check("1.2")')
    repaired = repair(cells, lab)
    assert sources(repaired)[4] == f'{RIGHT["1.2"]}\n# labkit.check("1.2")'
    assert told(repaired) == [("1.2", "There is code of yours in the check cell; it ran first.")]
    untouched = [
        replace(cell, source=PLACEHOLDER) if cell.role == "answer" else cell for cell in cells
    ]
    assert not repair(untouched, lab).untouched


def test_a_check_called_in_an_answer_is_not_asked_while_it_is_graded(
    lab: Lab, cells: list[StudentCell]
) -> None:
    index = place(cells, "answer-1-2")
    cells[index] = replace(
        cells[index], source='x = 54\nlabkit.check("1.2");\nif x:\n  labkit.check("1.2")'
    )
    assert sources(repair(cells, lab))[3] == (
        'x = 54\n# labkit.check("1.2");\nif x:\n  labkit.check("1.2")'
    )


def test_a_given_cell_that_was_changed_runs_before_the_labs(
    lab: Lab, cells: list[StudentCell]
) -> None:
    index = next(index for index, cell in enumerate(cells) if cell.kind == "code")
    cells[index] = replace(cells[index], source="import labkit, numpy\nLIMIT = 1")
    repaired = repair(cells, lab)
    assert sources(repaired) == ["import labkit, numpy\nLIMIT = 1", *WHOLE]
    assert told(repaired) == [
        ("1.1", "The given cell was changed; yours ran first, then the lab's.")
    ]


@pytest.mark.parametrize("source", ["", "  \n", "import  labkit\nLIMIT=40"])
def test_a_given_cell_that_was_emptied_or_reformatted_is_restored(
    lab: Lab, cells: list[StudentCell], source: str
) -> None:
    index = next(index for index, cell in enumerate(cells) if cell.kind == "code")
    cells[index] = replace(cells[index], source=source)
    assert sources(repair(cells, lab)) == WHOLE


def test_a_missing_answer_and_a_missing_check_are_named(lab: Lab, cells: list[StudentCell]) -> None:
    kept = [cell for cell in cells if cell.id not in {"answer-1-2", "check-1-3"}]
    repaired = repair(kept, lab)
    assert RIGHT["1.2"] not in sources(repaired)
    assert sum(is_check(cell) for cell in repaired.notebook.cells) == 3
    assert told(repaired) == [
        ("1.2", "The answer cell is missing; nothing was handed in there."),
        ("1.3", "The check cell is missing; it was put back."),
    ]


Change = Callable[[StudentCell], StudentCell]


@pytest.mark.parametrize(
    ("change", "repairs"),
    [
        (lambda cell: replace(cell, id=""), 0),
        (lambda cell: replace(cell, id=f"x{cell.id}"), 0),
        (lambda cell: replace(cell, role="", exercise=""), 0),
        (lambda cell: replace(cell, id="", role="", exercise=""), 3),
    ],
    ids=["ids lost", "ids changed", "metadata lost", "both lost"],
)
def test_answers_are_found_whatever_mark_is_left(
    lab: Lab, cells: list[StudentCell], change: Change, repairs: int
) -> None:
    repaired = repair([change(cell) for cell in cells], lab)
    assert sources(repaired) == WHOLE
    assert [message for _, message in told(repaired)] == [
        "The answer cell had lost its mark; it was found by its place."
    ] * repairs


def test_cells_a_student_added_run_where_they_stand(lab: Lab, cells: list[StudentCell]) -> None:
    cells.insert(0, StudentCell("code", "print('top')", "own-0"))
    index = place(cells, "answer-1-2")
    cells.insert(index, StudentCell("code", "helper = 54", "own-1"))
    cells.insert(index + 2, StudentCell("markdown", "A thought", "own-2"))
    repaired = repair(cells, lab)
    assert sources(repaired) == ["print('top')", *WHOLE[:3], "helper = 54", *WHOLE[3:]]
    assert told(repaired) == []


def test_an_exercise_is_judged_after_what_a_student_added_below_its_check(
    lab: Lab, cells: list[StudentCell]
) -> None:
    for id_ in ("check-1-1", "check-1-3"):
        cells.insert(place(cells, id_) + 1, StudentCell("code", f"print({id_!r})", "own"))
    repaired = repair(cells, lab)
    assert sources(repaired) == [
        *WHOLE[:2],
        "print('check-1-1')",
        *WHOLE[2:6],
        "print('check-1-3')",
        *WHOLE[6:],
    ]
    assert told(repaired) == []


def test_a_second_call_of_a_check_is_left_out(lab: Lab, cells: list[StudentCell]) -> None:
    cells.append(StudentCell("code", 'labkit.check("1.1")'))
    assert sources(repair(cells, lab)) == WHOLE


SEVERAL = "More than one cell has the mark of this answer; all of them ran."


def test_of_a_copied_answer_cell_both_run(lab: Lab, cells: list[StudentCell]) -> None:
    index = place(cells, "answer-1-2")
    cells.insert(index + 1, replace(cells[index], source="print('copy')"))
    repaired = repair(cells, lab)
    assert sources(repaired) == [*WHOLE[:4], "print('copy')", *WHOLE[4:]]
    assert told(repaired) == [("1.2", SEVERAL)]


def test_an_answer_that_was_split_runs_in_its_order(lab: Lab, cells: list[StudentCell]) -> None:
    index = place(cells, "answer-1-2")
    cells.insert(index, replace(cells[index], source="half = 27", id="other"))
    repaired = repair(cells, lab)
    assert sources(repaired) == [*WHOLE[:3], "half = 27", *WHOLE[3:]]
    assert told(repaired) == [("1.2", SEVERAL)]


@pytest.mark.parametrize("where", ["check-1-3", "answer-1-1"])
def test_of_a_copy_and_an_untouched_original_the_copy_is_the_answer(
    lab: Lab, cells: list[StudentCell], where: str
) -> None:
    original = place(cells, "answer-1-2")
    copy = replace(cells[original], id="copy")
    cells[original] = replace(cells[original], source=PLACEHOLDER)
    cells.insert(place(cells, where), copy)
    repaired = repair(cells, lab)
    answer = next(one for one in repaired.notebook.cells if one.id == "answer-1-2")
    assert answer.source == RIGHT["1.2"]
    assert ("1.2", SEVERAL) in told(repaired)


def test_a_deleted_answer_that_was_written_below_its_check_is_found(
    lab: Lab, cells: list[StudentCell]
) -> None:
    index = place(cells, "answer-1-2")
    written = replace(cells.pop(index), id="", role="", exercise="")
    cells.insert(place(cells, "check-1-2") + 1, written)
    repaired = repair(cells, lab)
    assert sources(repaired) == WHOLE
    assert told(repaired)[-1] == (
        "1.2",
        "The answer cell had lost its mark; it was found by its place.",
    )


def test_moved_cells_are_put_back(lab: Lab, cells: list[StudentCell]) -> None:
    index = place(cells, "answer-1-1")
    moved = cells.pop(index)
    cells.append(moved)
    repaired = repair(cells, lab)
    assert sources(repaired) == WHOLE
    assert told(repaired) == [
        ("", "Cells had been moved; they were put back in the order of the lab.")
    ]


def test_an_answer_turned_into_text_is_run(lab: Lab, cells: list[StudentCell]) -> None:
    index = place(cells, "answer-1-3")
    cells[index] = replace(cells[index], kind="markdown")
    repaired = repair(cells, lab)
    assert sources(repaired) == WHOLE
    assert told(repaired) == [("1.3", "The answer cell was turned into text; it was run as code.")]


def test_a_given_or_check_cell_turned_into_text_is_restored(
    lab: Lab, cells: list[StudentCell]
) -> None:
    changed = [replace(cell, kind="markdown") if not cell.role else cell for cell in cells]
    index = place(changed, "check-1-3")
    changed[index] = replace(changed[index], kind="markdown")
    repaired = repair(changed, lab)
    assert sources(repaired) == WHOLE
    assert told(repaired) == [
        ("1.1", "The given cell was turned into text; it was restored."),
        ("1.3", "The check cell was turned into text; it was restored."),
    ]


def test_another_notebook_altogether_is_named_and_runs(lab: Lab) -> None:
    repaired = repair([StudentCell("code", "print('hello')", "a")], lab)
    assert "print('hello')" in sources(repaired)
    assert told(repaired) == [
        ("", "No cell of this lab is in it; it seems to be another notebook.")
    ]


def test_megabytes_of_white_space_take_no_time(lab: Lab, cells: list[StudentCell]) -> None:
    cells.append(StudentCell("code", 'labkit.check("1.1")' + " " * 1_000_000 + "x"))
    cells.append(StudentCell("markdown", "## " * 300_000))
    assert len(repair(cells, lab).notebook.cells) == len(cells)
