"""A learner sees what is done and where points are left."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from support_grading import make_course

from labkit.checks import CheckResult, ExerciseResult
from labkit.cli import cli
from labkit.service.progress import record


def result(exercise: str, points: float, most: float) -> ExerciseResult:
    return ExerciseResult(
        exercise, (CheckResult("one", False, points, most, "Looked.", None, None, {}),)
    )


def test_progress_tells_what_is_done_what_is_left_and_what_was_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = make_course(tmp_path)
    monkeypatch.setenv("LABKIT_ROOT", str(tmp_path))
    record(course.progress, result("1.1", 0.5, 2))
    record(course.progress, result("1.2", 1, 1))
    said = CliRunner().invoke(cli, ["progress"]).output.splitlines()
    assert said[:4] == [
        "A tiny lab",
        "  1.1 The answer: 0.5 of 2 points, 1.5 left",
        "  1.2 The question: 1 of 1 point, done",
        "  1.3 The towel: not checked yet, 1 point",
    ]
