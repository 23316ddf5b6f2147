"""Notebooks as other tools and busy students leave them: graded, mended, and told what was."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from support_corpus import ALL, grade_file
from support_grading import RIGHT, write_notebook

from labkit.grading.bench import Bench
from labkit.grading.outcome import State

pytest_plugins = ["support_corpus_benches"]

Notebook = dict[str, Any]
Shape = Callable[[Notebook], object]
LOST_MARK = "The answer cell had lost its mark; it was found by its place."
SEVERAL = "More than one cell has the mark of this answer; all of them ran."
PLACEHOLDER = "# Your answer here.\n..."


def place(notebook: Notebook, id_: str) -> int:
    return next(n for n, one in enumerate(notebook["cells"]) if one.get("id") == id_)


def cell(notebook: Notebook, id_: str) -> Notebook:
    found: Notebook = notebook["cells"][place(notebook, id_)]
    return found


def own(source: str) -> Notebook:
    """A cell a student added."""
    code: Notebook = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    return {**code, "id": "own", "source": source}


def as_colab_saves(notebook: Notebook) -> None:
    """Version 4.0: ids moved into the metadata and renamed, everything else there lost."""
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    for number, one in enumerate(notebook["cells"]):
        one.pop("id")
        one["metadata"] = {"id": f"k3Jd{number:03}", "outputId": "b7e1"}
        one["execution_count"] = 7


def as_vs_code_saves(notebook: Notebook) -> None:
    """Metadata replaced by its own; ids of its own or none."""
    notebook["metadata"] = {"language_info": {"name": "python"}, "orig_nbformat": 4}
    for one in notebook["cells"]:
        one.pop("id")
        one["metadata"] = {"vscode": {"languageId": "python"}}


def as_version_3(notebook: Notebook) -> None:
    cells = notebook.pop("cells")
    for one in cells:
        one.pop("id")
        if one["cell_type"] == "code":
            one["input"], one["language"] = one.pop("source"), "python"
            one["prompt_number"] = one.pop("execution_count")
    notebook.update(nbformat=3, nbformat_minor=0, worksheets=[{"cells": cells, "metadata": {}}])


def renamed(notebook: Notebook) -> None:
    for number, one in enumerate(notebook["cells"]):
        one["id"] = f"renamed-{number}"
        one["metadata"] = {}


def without(*ids: str) -> Shape:
    return lambda notebook: [notebook["cells"].pop(place(notebook, one)) for one in ids]


def reversed_cells(notebook: Notebook) -> None:
    notebook["cells"].reverse()


def all_twice(notebook: Notebook) -> None:
    notebook["cells"] += deepcopy(notebook["cells"])


def answer_split(notebook: Notebook) -> None:
    """As Jupyter splits a cell: both halves have the metadata, the second a new id."""
    half = {**deepcopy(cell(notebook, "answer-1-2")), "id": "half", "source": RIGHT["1.2"]}
    cell(notebook, "answer-1-2")["source"] = "half = 27"
    notebook["cells"].insert(place(notebook, "answer-1-2") + 1, half)


def worked_in_a_copy_at_the_end(notebook: Notebook) -> None:
    notebook["cells"].append({**deepcopy(cell(notebook, "answer-1-2")), "id": "copy"})
    cell(notebook, "answer-1-2")["source"] = PLACEHOLDER


def worked_below_the_check(notebook: Notebook) -> None:
    cell(notebook, "answer-1-2")["source"] = PLACEHOLDER
    notebook["cells"].insert(place(notebook, "check-1-2") + 1, own(RIGHT["1.2"]))


def merged_into_the_heading(notebook: Notebook) -> None:
    """An answer cell merged with the check below it."""
    cell(notebook, "answer-1-2")["source"] += '\nlabkit.check("1.2")'
    without("check-1-2")(notebook)


def written_into_the_check(notebook: Notebook) -> None:
    cell(notebook, "answer-1-2")["source"] = PLACEHOLDER
    cell(notebook, "check-1-2")["source"] = RIGHT["1.2"] + '\nlabkit.check("1.2")'


def turned_into_text(notebook: Notebook) -> None:
    for one in notebook["cells"]:
        one["cell_type"] = "markdown"
        one.pop("outputs", None)
        one.pop("execution_count", None)


def imports_added_to_a_given_cell(notebook: Notebook) -> None:
    given = next(one for one in notebook["cells"] if one["cell_type"] == "code")
    given["source"] += "\nimport fractions\nLIMIT = 1"
    source = "labkit.declare('1.1', value=int(fractions.Fraction(LIMIT + 2)))"
    cell(notebook, "answer-1-1")["source"] = source


def another_lab(notebook: Notebook) -> None:
    notebook["cells"] = [own("print('another lab')")]


def of_an_odd_kernel(notebook: Notebook) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R 4"}
    notebook["metadata"]["language_info"] = {"name": "R", "version": 4}


def of_other_types(notebook: Notebook) -> None:
    """Metadata, tags and outputs of types nobody expects."""
    notebook["metadata"] = [1]
    for one in notebook["cells"]:
        one["metadata"] = {**one["metadata"], "tags": 3, "collapsed": "x", "jupyter": None}
        if one["cell_type"] == "code":
            one["outputs"] = [{"output_type": "nonsense"}]
            one["execution_count"] = "many"


def named(exercise: str, message: str) -> list[tuple[str, str]]:
    return [(exercise, message)]


MOVED = named("", "Cells had been moved; they were put back in the order of the lab.")
LOST_MARKS = [(exercise, LOST_MARK) for exercise in RIGHT]


@pytest.mark.parametrize(
    ("shape", "points", "repairs"),
    [
        pytest.param(as_colab_saves, ALL, LOST_MARKS, id="21-saved by Colab"),
        pytest.param(as_vs_code_saves, ALL, LOST_MARKS, id="22-saved by VS Code"),
        pytest.param(as_version_3, ALL, [], id="21-of version 3"),
        pytest.param(renamed, ALL, LOST_MARKS, id="22-every mark lost"),
        pytest.param(of_an_odd_kernel, ALL, [], id="24-of an odd kernel"),
        pytest.param(of_other_types, ALL, [], id="21-of other types"),
        pytest.param(
            without("answer-1-2"),
            (3, 0, 1),
            named("1.2", "The answer cell is missing; nothing was handed in there."),
            id="22-an answer missing",
        ),
        pytest.param(
            without("check-1-2"),
            ALL,
            named("1.2", "The check cell is missing; it was put back."),
            id="22-a check missing",
        ),
        pytest.param(reversed_cells, ALL, MOVED, id="22-reversed"),
        pytest.param(all_twice, ALL, [(name, SEVERAL) for name in RIGHT], id="22-all twice"),
        pytest.param(answer_split, ALL, named("1.2", SEVERAL), id="22-an answer split"),
        pytest.param(
            worked_in_a_copy_at_the_end,
            ALL,
            [*MOVED, *named("1.2", SEVERAL)],
            id="22-worked in a copy at the end",
        ),
        pytest.param(worked_below_the_check, ALL, [], id="22-worked below the check"),
        pytest.param(
            merged_into_the_heading,
            ALL,
            named("1.2", "The check cell is missing; it was put back."),
            id="22-answer and check merged",
        ),
        pytest.param(
            written_into_the_check,
            ALL,
            named("1.2", "There is code of yours in the check cell; it ran first."),
            id="23-answer in the check cell",
        ),
        pytest.param(
            turned_into_text,
            ALL,
            [
                ("1.1", "The given cell was turned into text; it was restored."),
                *(
                    (name, "The answer cell was turned into text; it was run as code.")
                    for name in RIGHT
                ),
                *(
                    (name, "The check cell was turned into text; it was restored.")
                    for name in RIGHT
                ),
            ],
            id="22-code turned into text",
        ),
        pytest.param(
            imports_added_to_a_given_cell,
            ALL,
            named("1.1", "The given cell was changed; yours ran first, then the lab's."),
            id="23-imports added to a given cell",
        ),
        pytest.param(
            another_lab,
            (0, 0, 0),
            named("", "No cell of this lab is in it; it seems to be another notebook."),
            id="22-another notebook",
        ),
    ],
)
def test_a_notebook_is_graded_and_what_was_mended_is_told(
    shape: Shape,
    points: tuple[float, ...],
    repairs: list[tuple[str, str]],
    tiny_bench: Bench,
    tmp_path: Path,
) -> None:
    notebook = json.loads(nbformat.writes(tiny_bench.lab.with_answers(dict(RIGHT))))
    shape(notebook)
    graded = grade_file(tiny_bench, write_notebook(tmp_path / "submission.ipynb", notebook))
    assert tuple(one.points for one in graded.exercises) == points, graded.reason
    told = [(one.exercise, one.message) for one in graded.repairs]
    assert sorted(told) == sorted(repairs)
    assert graded.state is (State.REPAIRED if repairs else State.GRADED), graded.reason
    assert all(message in graded.reason for _, message in repairs)
