"""What every way of grading is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from labkit.grading.load import find_entries, read_submission
from labkit.grading.repair import repair
from labkit.labs import Lab
from labkit.paths import Course
from labkit.servers.template import template_database
from peers.measure import Usage


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be graded, and where.

    Args:
        course: the course folder.
        lab: the lab.
        submissions: a folder as ``labkit grade`` takes it.
        folder: for the files of this way; it exists and is empty.
        cache: where installed peers are kept.
        tell: told how many submissions are done, from any thread.
    """

    course: Course
    lab: Lab
    submissions: Path
    folder: Path
    cache: Path
    tell: Callable[[int], object]

    @property
    def template(self) -> Path:
        """The empty tracking store that workspaces are made with."""
        return template_database(self.course.state / "template")

    def notebooks(self) -> Iterator[tuple[str, NotebookNode]]:
        """Each submission's name and its notebook, mended: no peer has to cope with broken ones."""
        for name, path in find_entries(self.submissions).items():
            yield name, repair(read_submission(name, path, self.lab.name).cells, self.lab).notebook


@dataclass(frozen=True, slots=True)
class Result:
    """What one way of grading took and gave.

    Args:
        usage: time and memory for all submissions together.
        points: by name of submission.
        given_up: whose notebook was not run to its end, so whose points say nothing.
    """

    usage: Usage
    points: dict[str, float]
    given_up: frozenset[str] = frozenset()


Way = Callable[[Case], Result]
