"""The same cells are executed once, whenever and under whatever name they are handed in."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support_grading import NAME, hand_in, make_course, tiny_lab, write_notebook

from labkit.grading.batch import Batch, grade_batch
from labkit.grading.bench import Bench, Engine, Order
from labkit.grading.grade import grade_one
from labkit.grading.load import Submission
from labkit.grading.outcome import Graded, State
from labkit.grading.workers import Task, grade_tasks
from labkit.labs import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Lab:
    course = make_course(tmp_path_factory.mktemp("course"))
    (course.state / "template").mkdir(parents=True)
    shutil.copy(template, course.state / "template")
    return tiny_lab(course)


@pytest.fixture
def folder(tmp_path: Path, lab: Lab) -> Path:
    """What was handed in: anna's work, and ben's, who has the same."""
    for name in ("anna", "ben"):
        hand_in(tmp_path / "in" / f"{name}.ipynb", lab, {})
    return tmp_path


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of those whose cells are run, in their order."""
    names: list[str] = []

    def note(submission: Submission, bench: Bench) -> Graded:
        names.append(submission.name)
        return grade_one(submission, bench)

    monkeypatch.setattr("labkit.grading.workers.grade_one", note)
    return names


def grade(folder: Path, lab: Lab) -> Batch:
    order = Order(lab.folder.parents[2], NAME, Engine.COLD)
    return grade_batch(folder / "in", folder / "out", order)


def flags(folder: Path) -> dict[str, str]:
    with (folder / "out" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["submission"]: row["flags"] for row in csv.DictReader(file)}


def journal(folder: Path) -> list[str]:
    lines = (folder / "out" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["graded"]["name"] for line in lines]


def test_a_copy_that_is_handed_in_later_gets_what_is_known(
    folder: Path, lab: Lab, executed: list[str]
) -> None:
    later = folder / "in" / "ben.ipynb"
    later.rename(folder / "ben.ipynb")
    grade(folder, lab)
    assert flags(folder) == {"anna": ""}
    (folder / "ben.ipynb").rename(later)
    done = grade(folder, lab)
    assert executed == ["anna"]
    assert [(one.name, one.points, one.state) for one in done.graded] == [
        ("anna", 5, State.GRADED),
        ("ben", 5, State.GRADED),
    ]
    assert flags(folder) == {"anna": "the same cells as ben", "ben": "the same cells as anna"}
    assert journal(folder) == ["anna", "ben"]
    for kind, suffix in (("executed", "ipynb"), ("evidence", "json")):
        one, other = (folder / "out" / kind / f"{name}.{suffix}" for name in ("anna", "ben"))
        assert one.read_bytes() == other.read_bytes()


def test_a_copy_is_executed_where_the_first_was_changed_meanwhile(
    folder: Path, lab: Lab, executed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def while_it_changes(
        tasks: Sequence[Task], order: Order, jobs: int
    ) -> Iterator[tuple[str, Graded]]:
        hand_in(folder / "in" / "anna.ipynb", lab, {"1.1": 'labkit.declare("1.1", value=41)'})
        yield from grade_tasks(tasks, order, jobs)

    monkeypatch.setattr("labkit.grading.batch.grade_tasks", while_it_changes)
    done = grade(folder, lab)
    assert executed == ["anna", "ben"]
    assert [one.points for one in done.graded] == [3, 5]
    assert grade(folder, lab).new == 0


def test_a_copy_is_as_ungraded_as_the_first_if_the_grader_breaks_down(
    folder: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> Graded:
        raise KeyError("bolt")

    with monkeypatch.context() as broken:
        broken.setattr("labkit.grading.workers.grade_one", break_down)
        done = grade(folder, lab)
    assert [one.state for one in done.graded] == [State.FAULT, State.FAULT]
    assert not (folder / "out" / "journal.jsonl").exists()
    assert [one.points for one in grade(folder, lab).graded] == [5, 5]


def test_an_empty_lab_is_executed_once_and_is_nobodys_copy(
    folder: Path, lab: Lab, executed: list[str]
) -> None:
    for path in (folder / "in").iterdir():
        write_notebook(path, lab.student_notebook())
    done = grade(folder, lab)
    assert executed == ["anna"]
    assert [(one.state, one.flags) for one in done.graded] == [(State.EMPTY, ())] * 2


def test_a_notebook_that_was_deleted_from_the_results_is_made_again(
    folder: Path, lab: Lab, executed: list[str]
) -> None:
    grade(folder, lab)
    (folder / "out" / "executed" / "ben.ipynb").unlink()
    grade(folder, lab)
    assert executed == ["anna"], "ben's is a copy of anna's, which is there"
    assert (folder / "out" / "executed" / "ben.ipynb").is_file()
