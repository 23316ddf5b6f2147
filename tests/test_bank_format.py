"""The answer bank: how it is written, how it becomes notebooks, what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_grading import make_course, tiny_lab

from labkit.bank import bank_mismatches, bank_notebooks, lint_bank, load_bank
from labkit.checks import ExerciseResult, run_checks
from labkit.errors import CourseError
from labkit.evidence import Evidence
from labkit.labs import Lab, all_labs
from labkit.paths import Course

FIRST = """# %% [markdown]
# Answers to exercise 1.1.

# %% name="plain" kind="right" points=3
labkit.declare("1.1", value=42)

# %% name="one_less" kind="wrong" points=1 hints=["off_by_one"]
labkit.declare("1.1", value=41)
"""
SECOND = """# %% name="plain" kind="right" points=1
labkit.declare("1.2", value=54)
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = tiny_lab(make_course(tmp_path))
    (lab.folder / "answers").mkdir()
    (lab.folder / "answers" / "1_1.py").write_text(FIRST, encoding="utf-8")
    (lab.folder / "answers" / "1_2.py").write_text(SECOND, encoding="utf-8")
    return lab


def judged(lab: Lab, exercise: str, value: object) -> ExerciseResult:
    return run_checks(lab.checks, Evidence(exercise, declared={"value": value}))


def test_answers_say_what_they_are(lab: Lab) -> None:
    bank = load_bank(lab)
    assert [(one.exercise, one.name, one.kind, one.points) for one in bank] == [
        ("1.1", "plain", "right", 3),
        ("1.1", "one_less", "wrong", 1),
        ("1.2", "plain", "right", 1),
    ]
    assert bank[1].hints == {"off_by_one"}
    assert bank[1].source == 'labkit.declare("1.1", value=41)'


def test_the_first_answers_make_the_first_notebook(lab: Lab) -> None:
    (first, notebook, given), (second, _, fewer) = bank_notebooks(lab)
    assert (first, second) == ("bank-01", "bank-02")
    assert {exercise: answer.name for exercise, answer in given.items()} == {
        "1.1": "plain",
        "1.2": "plain",
    }
    assert list(fewer) == ["1.1"]
    answers = [cell.source for cell in notebook.cells if cell.id.startswith("answer")]
    assert answers[:2] == ['labkit.declare("1.1", value=42)', 'labkit.declare("1.2", value=54)']
    assert answers[2].endswith("...")


def test_what_is_decided_as_the_bank_says_is_no_mismatch(lab: Lab) -> None:
    _, one_less, _ = load_bank(lab)
    assert bank_mismatches([judged(lab, "1.1", 41)], {"1.1": one_less}) == []


def test_other_points_and_other_hints_are_mismatches(lab: Lab) -> None:
    _, one_less, _ = load_bank(lab)
    points, hints = bank_mismatches([judged(lab, "1.1", None)], {"1.1": one_less})
    assert points.startswith("1.1 one_less got 0 points, not 1 (is_the_answer: 0, None is not")
    assert hints.startswith("1.1 one_less got the hints ['nothing'], not ['off_by_one']")


def test_a_bank_that_is_not_complete_says_what_it_lacks(lab: Lab) -> None:
    text = """
# %% name="plain" kind="right" points=2 hints=["off_by_one"]
x = 1

# %% name="too_good" kind="wrong" points=3 hints=["unheard_of"]
x = 2
"""
    with (lab.folder / "answers" / "1_1.py").open("a", encoding="utf-8") as file:
        file.write(text)
    assert lint_bank(lab) == [
        "1.1 has 2 right answers; it needs 3",
        "1.1 has 2 wrong answers; it needs 5",
        "1.1 has 2 answers called plain",
        "1.1 plain is right: it must get 3 points and no hint",
        "1.1 too_good is wrong: it must get less than 3 points",
        "1.1 too_good expects the hint unheard_of, which no check gives",
        "1.2 has 1 right answers; it needs 3",
        "1.2 has 0 wrong answers; it needs 5",
        "1.3 has 0 right answers; it needs 3",
        "1.3 has 0 wrong answers; it needs 5",
    ]


@pytest.mark.parametrize("head", ["", 'name="x" kind="so so" points=1', 'name="x" kind="right"'])
def test_an_answer_that_does_not_say_what_it_is_is_refused(lab: Lab, head: str) -> None:
    path = lab.folder / "answers" / "1_3.py"
    path.write_text(f"# %% {head}\nx = 1\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"An answer to exercise 1\.3"):
        load_bank(lab)


def test_the_banks_of_the_course_are_complete(course: Course) -> None:
    assert {lab.name: lint_bank(lab) for lab in all_labs(course)} == {
        lab.name: [] for lab in all_labs(course)
    }


def test_every_hint_of_every_check_is_reached_by_an_answer_in_the_bank(course: Course) -> None:
    unproved = set()
    for lab in all_labs(course):
        reached = {(one.exercise, hint) for one in load_bank(lab) for hint in one.hints}
        given = {(one.exercise, hint) for one in lab.checks for hint in one.hints}
        unproved |= {(lab.name, *one) for one in given - reached}
    assert unproved == set()
