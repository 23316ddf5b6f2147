"""The corpus: what a submission may do, made into submissions with the outcome each must have.

Every case names its line of this list. 1 empties later cells. 2 strips asserts. 3 patches what it
is checked with. 4 overrides metrics and builtins. 5 reads check files. 6 hunts in memory. 7 writes
results. 8 prints a score. 9 pickle bombs. 10 ends its process. 11 stops others. 12 never ends.
13 fork bomb. 14 memory. 15 output. 16 files. 17 changes things later. 18 network and others' work.
19 links and paths. 20 forged store. 21 broken files. 22 broken cells. 23 edited checks. 24 wrong
kernel and magics. 25 numbers that are none. 26 clock, locale, seed. 27 odd names. 28 addresses of
one computer. 29 markup. 30 copies. 31 what is beyond the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support_grading import RIGHT, hand_in

from labkit.grading.bench import Bench
from labkit.grading.grade import grade_one
from labkit.grading.load import read_submission
from labkit.grading.outcome import Graded, State
from labkit.grading.watch import Limits

#: What a cell of the corpus may use: enough for honest ones on a machine that is busy.
LIMITS = Limits(5, patience=4, disk=100 << 20, files=2_000, processes=60)
ALL = (3, 1, 1)


@dataclass(frozen=True)
class Case:
    """One submission to the tiny lab.

    Args:
        line: line of the list above.
        name: what it does.
        second: what it does in exercise 1.2; the right answer if None.
        points: what exercises 1.1, 1.2 and 1.3 must get.
        state: how it must end.
        says: what the reason must hold.
        declared: the value it must have declared for exercise 1.2, if that matters.
        flags: what must be pointed out, without the cell; nothing else may be.
        answers: other answers, by exercise.
        shut_in: whether it says something about confined code only.
        limits: what its cells may use.
    """

    line: int
    name: str
    second: str | None = None
    points: tuple[float, float, float] = (3, 0, 1)
    state: State = State.GRADED
    says: str = ""
    declared: object = None
    flags: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    shut_in: bool = False
    limits: Limits = LIMITS

    @property
    def given(self) -> dict[str, str]:
        """All answers that are not simply right."""
        return {**({} if self.second is None else {"1.2": self.second}), **self.answers}


def cases(*table: Case) -> list[object]:
    """A table of cases as parameters of a test, with names to read."""
    return [pytest.param(one, id=f"{one.line}-{one.name}") for one in table]


def also(attack: str, exercise: str = "1.2") -> str:
    """An attack, and the right answer after it."""
    return f"{attack}\n{RIGHT[exercise]}"


def grade_answers(bench: Bench, folder: Path, answers: Mapping[str, str]) -> Graded:
    """Grade right answers to the tiny lab, but for those given."""
    return grade_file(bench, hand_in(folder / "submission.ipynb", bench.lab, answers))


def grade_file(bench: Bench, path: Path) -> Graded:
    """Grade whatever lies at a path."""
    return grade_one(read_submission("submission", path, bench.lab.name), bench)


def flags_in(graded: Graded) -> set[str]:
    """What is pointed out in a submission, without the cells."""
    return {flag.partition(") ")[2] for flag in graded.flags}


def check(case: Case, bench: Bench, folder: Path) -> Graded:
    """Grade a case, and compare with what it must come to."""
    if case.shut_in and not bench.confined:
        pytest.skip("submissions are not confined here: it takes Linux 6.12 with Landlock")
    graded = grade_answers(replace(bench, limits=case.limits), folder, case.given)
    got = (graded.state, tuple(one.points for one in graded.exercises))
    assert got == (case.state, case.points), f"{got}: {graded.reason}"
    assert case.says in graded.reason, graded.reason
    flags = flags_in(graded)
    assert flags == set(case.flags), flags
    if case.declared is not None:
        assert graded.evidence["1.2"].declared["value"] == case.declared
    return graded


def check_honest(bench: Bench, folder: Path) -> None:
    """After whatever went before, an honest submission gets all its points."""
    graded = grade_answers(bench, folder, {})
    assert (graded.state, graded.points, graded.reason) == (State.GRADED, graded.max_points, "")
