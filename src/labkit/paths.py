"""Where things live in a course folder, and in a workspace, which is laid out the same way."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import CourseError

#: Set by whoever starts a kernel (``labkit start``, build, grader) to the folder it works in.
ROOT_VARIABLE = "LABKIT_ROOT"


@dataclass(frozen=True, slots=True)
class Course:
    """A course folder or a workspace: the paths in it, none of which needs to exist.

    Args:
        root: absolute path of the folder that holds ``course.py``, or of a workspace.
    """

    root: Path

    @property
    def content(self) -> Path:
        """The room authors write in."""
        return self.root / "content"

    @property
    def lab_sources(self) -> Path:
        """One folder per lab: text with solution, checks, answer bank."""
        return self.content / "labs"

    @property
    def chapter_sources(self) -> Path:
        """One text file per chapter."""
        return self.content / "chapters"

    @property
    def notebooks(self) -> Path:
        """Built: executed chapters."""
        return self.root / "notebooks"

    @property
    def labs(self) -> Path:
        """Built: the students' labs."""
        return self.root / "labs"

    @property
    def solutions(self) -> Path:
        """Built: executed solutions."""
        return self.root / "solutions"

    @property
    def data(self) -> Path:
        """The course data, pulled by DVC."""
        return self.root / "data"

    @property
    def practice(self) -> Path:
        """Where Git and DVC are practised, in repositories of their own."""
        return self.root / "practice"

    @property
    def state(self) -> Path:
        """The one ignored folder with everything a running course writes."""
        return self.root / ".course"

    @property
    def database(self) -> Path:
        """The tracking store (SQLite)."""
        return self.state / "mlflow.db"

    @property
    def artifacts(self) -> Path:
        """Where the MLflow server keeps artifacts."""
        return self.state / "artifacts"

    @property
    def declared(self) -> Path:
        """Answers that are values, one JSON file per exercise."""
        return self.state / "declared"

    @property
    def progress(self) -> Path:
        """What the learner has earned, and how often each exercise was checked."""
        return self.state / "progress.json"

    @property
    def servers(self) -> Path:
        """What ``labkit start`` started: addresses, process ids, tokens."""
        return self.state / "servers.json"

    @property
    def logs(self) -> Path:
        """What the servers print."""
        return self.state / "logs"


def find_course(start: Path | None = None) -> Course:
    """The course folder a command or notebook belongs to.

    Args:
        start: where to look from; the current folder unless given. The folder named by the
            environment variable ``LABKIT_ROOT`` wins over both.

    Returns:
        The nearest folder, from ``start`` upwards, that holds ``course.py``.

    Raises:
        CourseError: no such folder.
    """
    named = os.environ.get(ROOT_VARIABLE)
    if named and start is None:
        return Course(Path(named).resolve())
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "course.py").is_file():
            return Course(folder)
    raise CourseError(
        f"{here} is not inside a course folder.",
        why="No folder from here upwards holds a course.py.",
        next_step="Change into the folder you cloned, or set LABKIT_ROOT to it.",
    )
