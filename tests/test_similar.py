"""Copies and look-alikes are found, and only those: a class that does the same task looks alike."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from support_grading import make_course, tiny_lab

from labkit.bank import bank_notebooks
from labkit.grading.cells import StudentCell, read_cells
from labkit.grading.load import Submission
from labkit.grading.outcome import Graded, State
from labkit.grading.similar import (
    MOST,
    NAMED,
    Pair,
    Read,
    Reader,
    copies,
    flag_copies,
    similar_pairs,
    write_similar,
)
from labkit.labs import Lab, load_lab
from labkit.paths import Course

WORK = """
import pandas as pd
from pathlib import Path

# read what there is
table = pd.read_csv(Path("data") / "churn.csv")
wide = table.pivot_table(index="plan", columns="region", values="bill", aggfunc="median")
for plan, row in wide.iterrows():
    if row.max() > 3 * row.min():
        print(plan, round(row.max() - row.min(), 2))
labkit.declare("1.1", value=int(wide.loc["basic"].sum() // 7))
"""
RENAMED = """
import pandas as pd
from pathlib import Path
df = pd.read_csv(Path("data") / "churn.csv")   # my own idea
pivot = df.pivot_table(index="plan", columns="region",
                       values="bill", aggfunc="median")

for p, r in pivot.iterrows():
    if r.max() > 3 * r.min():
        print(p, round(r.max() - r.min(), 2))
labkit.declare("1.1", value=int(pivot.loc["basic"].sum() // 7))
"""
OTHER = """
import csv, statistics
bills = {}
with open("data/churn.csv") as file:
    for line in csv.DictReader(file):
        bills.setdefault(line["plan"], []).append(float(line["bill"]))
middle = {plan: statistics.median(found) for plan, found in bills.items()}
labkit.declare("1.1", value=sorted(middle.values())[len(middle) // 2])
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(make_course(tmp_path_factory.mktemp("course")))


def cells_of(notebook: Mapping[str, object]) -> tuple[StudentCell, ...]:
    return read_cells(json.dumps(notebook).encode())


def read_all(lab: Lab, answers: Mapping[str, str]) -> dict[str, Read]:
    reader = Reader(lab)
    return {
        name: reader.read(Submission(name, name, cells_of(lab.with_answers({"1.1": answer}))))
        for name, answer in answers.items()
    }


def content(lab: Lab, cells: tuple[StudentCell, ...]) -> str:
    return Reader(lab).read(Submission("any", "digest", cells)).content


def test_outputs_metadata_and_white_space_at_the_end_do_not_make_another_submission(
    lab: Lab,
) -> None:
    notebook = lab.with_answers({"1.1": WORK})
    before = content(lab, cells_of(notebook))
    notebook.metadata["authors"] = [{"name": "Somebody"}]
    for cell in notebook.cells:
        cell.metadata["collapsed"] = True
        cell.source += "\n  \n"
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = 7, [{"output_type": "stream", "text": "hello"}]
    assert content(lab, cells_of(notebook)) == before


def test_ids_of_cells_a_student_added_do_not_make_another_submission(lab: Lab) -> None:
    cells = cells_of(lab.with_answers({"1.1": WORK}))
    added, again = (StudentCell("code", "print(1)", id=id_) for id_ in ("a1", "b2"))
    assert content(lab, (*cells, added)) == content(lab, (*cells, again))


@pytest.mark.parametrize(
    "change",
    [
        {"source": "print(2)"},
        {"kind": "markdown"},
        {"id": "answer-1-1"},
        {"role": "answer"},
        {"exercise": "1.2"},
    ],
)
def test_whatever_can_decide_the_outcome_makes_another_submission(
    lab: Lab, change: dict[str, str]
) -> None:
    cell = StudentCell("code", "print(1)")
    assert content(lab, (cell,)) != content(lab, (replace(cell, **change),))


def test_another_order_of_the_cells_makes_another_submission(lab: Lab) -> None:
    one, other = StudentCell("code", "a = 1"), StudentCell("code", "a = 2")
    assert content(lab, (one, other)) != content(lab, (other, one))


def test_what_cannot_be_read_is_nobodys_copy(lab: Lab) -> None:
    read = Reader(lab).read(Submission("anna", "digest", problem="It is empty."))
    assert copies({"anna": read.content, "ben": read.content}) == []


def graded(*names: str, state: State = State.GRADED) -> list[Graded]:
    return [Graded(name, state, ()) for name in names]


def test_copies_name_each_other(lab: Lab) -> None:
    flagged = flag_copies(graded("ben", "anna", "carla"), {"anna": "x", "ben": "x", "carla": "y"})
    assert {one.name: one.flags for one in flagged} == {
        "anna": ("the same cells as ben",),
        "ben": ("the same cells as anna",),
        "carla": (),
    }


def test_what_was_flagged_before_stays_flagged() -> None:
    before = [replace(one, flags=("is odd",)) for one in graded("anna", "ben")]
    after = flag_copies(before, {"anna": "x", "ben": "x"})
    assert after[0].flags == ("is odd", "the same cells as ben")


def test_a_row_names_a_few_of_many_copies() -> None:
    names = [f"student {number}" for number in range(NAMED + 3)]
    flag = flag_copies(graded(*names), dict.fromkeys(names, "x"))[0].flags[0]
    assert flag.endswith(f"student {NAMED} and 2 more")


@pytest.mark.parametrize("state", [State.EMPTY, State.UNREADABLE, State.FAULT])
def test_nothing_was_copied_where_nothing_was_answered(state: State) -> None:
    flagged = flag_copies(graded("anna", "ben", state=state), {"anna": "x", "ben": "x"})
    assert [one.flags for one in flagged] == [(), ()]


def test_new_names_comments_and_layout_do_not_hide_a_copy(lab: Lab) -> None:
    read = read_all(lab, {"anna": WORK, "ben": RENAMED, "carla": OTHER})
    assert similar_pairs(read) == [Pair("anna", "ben", 1.0)]


def test_a_copy_with_a_line_of_its_own_looks_alike(lab: Lab) -> None:
    read = read_all(lab, {"anna": WORK, "ben": RENAMED + "print(len(df))\n", "carla": OTHER})
    (pair,) = similar_pairs(read)
    assert (pair.one, pair.other) == ("anna", "ben")
    assert 0.8 < pair.likeness < 1


def test_a_cell_that_is_not_plain_python_is_compared_all_the_same(lab: Lab) -> None:
    work = f"%matplotlib inline\n!ls -la data\n{WORK}"
    read = read_all(lab, {"anna": work, "ben": work + "\n# mine", "carla": OTHER})
    assert [(pair.one, pair.other) for pair in similar_pairs(read)] == [("anna", "ben")]


def test_what_many_share_does_not_count(lab: Lab) -> None:
    answers = {f"student {number}": WORK + f"\nx = {number}" for number in range(6)}
    assert similar_pairs(read_all(lab, answers)) == []


def test_the_labs_own_solution_does_not_count(course: Course) -> None:
    lab = load_lab(course, "lab01_tracking")
    notebook, reader = lab.solution_notebook(), Reader(lab)
    read = {}
    for name in ("anna", "ben"):
        notebook.cells[-2].source += f"\n# {name}"
        read[name] = reader.read(Submission(name, name, cells_of(notebook)))
    assert read["anna"].content != read["ben"].content
    assert similar_pairs(read) == []


def test_a_submission_without_end_is_compared_by_its_beginning(lab: Lab) -> None:
    endless = "".join(f"f{number}({number})\n" for number in range(MOST))
    read = read_all(lab, {"anna": endless, "ben": endless[:MOST]})
    assert read["anna"].shingles == read["ben"].shingles
    assert len(read["anna"].shingles) > MOST / 20


def test_answers_that_are_merely_right_do_not_look_alike(course: Course) -> None:
    lab = load_lab(course, "lab01_tracking")
    reader = Reader(lab)
    notebooks = bank_notebooks(lab)
    assert len(notebooks) > 3
    read = {
        name: reader.read(Submission(name, name, cells_of(notebook)))
        for name, notebook, _ in notebooks
    }
    assert similar_pairs(read) == []


def test_copies_are_listed_with_the_first_of_them_only(lab: Lab) -> None:
    read = read_all(lab, {"anna": WORK, "ben": WORK, "carla": WORK, "dora": RENAMED})
    assert [(pair.one, pair.other) for pair in similar_pairs(read)] == [
        ("anna", "ben"),
        ("anna", "carla"),
        ("anna", "dora"),
    ]


def test_an_empty_class_and_an_empty_lab_have_no_pairs(lab: Lab) -> None:
    assert similar_pairs({}) == []
    empty = Submission("anna", "digest", cells_of(lab.student_notebook()))
    read = Reader(lab).read(empty)
    assert similar_pairs({"anna": read, "ben": read}) == []


def test_every_pair_is_found_that_comparing_all_with_all_finds(lab: Lab) -> None:
    """Against the definition, on texts of random words that borrow from each other."""
    luck = random.Random(7)
    answers: dict[str, str] = {}
    for number in range(60):
        lines = [f"f{luck.random()}({luck.random()}, {luck.random()})" for _ in range(12)]
        if answers and luck.random() < 0.5:
            taken = luck.randint(6, 11)
            lines[:taken] = answers[luck.choice(list(answers))].splitlines()[:taken]
        answers[f"student {number:02}"] = "\n".join(lines)
    read = read_all(lab, answers)
    shared = [one for name in read for one in read[name].shingles]
    common = {one for one in shared if shared.count(one) > 6}
    rare = {name: set(one.shingles) - common for name, one in read.items()}
    wanted = {
        (one, other): len(rare[one] & rare[other]) / len(rare[one] | rare[other])
        for one in rare
        for other in rare
        if one < other
    }
    found = {(pair.one, pair.other): pair.likeness for pair in similar_pairs(read)}
    assert found == {pair: pytest.approx(j, abs=1e-4) for pair, j in wanted.items() if j >= 0.6}
    assert len(found) > 3


def test_the_list_is_a_table_that_runs_nothing(tmp_path: Path) -> None:
    write_similar(tmp_path, [Pair("=1+1", "ben", 0.875)])
    with (tmp_path / "similar.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["submission", "looks like", "likeness"],
            ["'=1+1", "ben", "0.88"],
        ]
