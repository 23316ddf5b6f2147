"""What a peer's kernel does beyond running cells: it makes its workspace and asks our checks.

Peers decide in the student's kernel, so the checks run there too: on the evidence in the
workspace, hidden ones included, the logged models loaded in the same process.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from labkit.checks import CheckResult, ExerciseResult, run_checks
from labkit.evidence import Evidence
from labkit.evidence.collect import collect
from labkit.grading.environment import grading_environment
from labkit.grading.model_process import ask_model
from labkit.labs import Lab, load_lab
from labkit.paths import ROOT_VARIABLE, Course

_VARIABLE = "BENCHMARK_SETTINGS"
#: Otter's tests pass or fail. A check that gives a share of its points becomes this many tests.
STEPS = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """What a kernel must know.

    Args:
        course: the course folder, with the checks and the data that models are asked about.
        lab: name of the lab.
        workspace: the workspace to copy.
        also_import: a folder to import from after all others; empty for none.
    """

    course: str
    lab: str
    workspace: str
    also_import: str

    def to_environment(self) -> dict[str, str]:
        """The settings as environment variables."""
        return {_VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> Settings:
        """What ``to_environment`` wrote.

        Raises:
            KeyError: this is no kernel of a benchmark.
        """
        return cls(**json.loads(os.environ[_VARIABLE]))


def begin() -> None:
    """Make the folder above the current one the workspace of this kernel."""
    settings = Settings.from_environment()
    workspace = Course(Path.cwd().resolve().parent)
    shutil.copytree(settings.workspace, workspace.root, dirs_exist_ok=True)
    (workspace.state / "home").mkdir(exist_ok=True)
    os.environ.update(grading_environment(workspace))
    if settings.also_import:
        sys.path.append(settings.also_import)


@functools.cache
def judge(exercise: str) -> ExerciseResult:
    """All checks of an exercise, public and hidden, on what is in the workspace now.

    Asked again, it gives the first answer.
    """
    settings = Settings.from_environment()
    course, workspace = Course(Path(settings.course)), Course(Path(os.environ[ROOT_VARIABLE]))
    lab = load_lab(course, settings.lab)
    # What is printed here would be taken for output of the test: nbgrader gives no points for it.
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        evidence = _ask_models(lab, course, workspace, collect(workspace, exercise))
        return run_checks(lab.checks, evidence)


def points(exercise: str) -> float:
    """The points of an exercise: as a test's last value, nbgrader's partial credit."""
    return judge(exercise).points


def otter_tests(exercise: str) -> dict[str, Any]:
    """Otter's test cases for an exercise, several for each check.

    Test k of a check passes where the check gave at least k steps of its points.
    """
    from otter.test_files import test_case  # type: ignore[import-not-found]

    settings = Settings.from_environment()
    checks = load_lab(Course(Path(settings.course)), settings.lab).checks
    return {
        f"{one.id}_{step}": test_case(
            name=f"{one.id} {step}/{STEPS}", points=one.points / STEPS, hidden=one.hidden
        )(_test(exercise, one.id, step))
        for one in checks
        if one.exercise == exercise
        for step in range(1, STEPS + 1)
    }


def _test(exercise: str, check: str, step: int) -> Callable[[], None]:
    def test() -> None:
        found = _result(exercise, check)
        if found.points < found.max_points * step / STEPS - 1e-9:
            raise AssertionError(found.message)

    return test


def _result(exercise: str, check: str) -> CheckResult:
    return next(one for one in judge(exercise).results if one.check == check)


def _ask_models(lab: Lab, course: Course, workspace: Course, evidence: Evidence) -> Evidence:
    answers: dict[str, Any] = {}
    for probe in lab.probes:
        model = probe.choose(evidence) if probe.exercise == evidence.exercise else None
        if model is not None:
            rows, truth = probe.rows(course.data)
            with tempfile.TemporaryDirectory() as folder:
                question, reply = Path(folder) / "rows.json", Path(folder) / "answer.json"
                question.write_text(json.dumps(rows), encoding="utf-8")
                ask_model(str(workspace.root / model.path), str(question), str(reply))
                answer = json.loads(reply.read_bytes())
            said = isinstance(answer, dict)
            answers[model.model_id] = answer if said else {"predicted": answer, "truth": truth}
    return replace(evidence, predictions=answers)
