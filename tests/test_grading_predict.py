"""Asking models for predictions: each in a process of its own, whatever it does there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from labkit.checks import Probe
from labkit.evidence import Evidence, Model
from labkit.grading.predict import Predictor
from labkit.paths import Course

MLMODEL = """
flavors:
  python_function:
    loader_module: {name}
    code: code
    env: {{}}
model_id: m-1
"""
MODULE = """
import os, sys, time
from pathlib import Path

class Made:
    def predict(self, rows):
        print("noise")
        {predict}

def _load_pyfunc(path):
    return Made()
"""
ROWS: dict[str, list[Any]] = {"a": [1.0, 2.0, 3.0], "b": [1, 0, 1]}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A workspace in which models lie."""
    return Course(tmp_path_factory.mktemp("workspace"))


def rows(data: Path) -> tuple[Mapping[str, list[Any]], list[Any]]:
    return ROWS, [0, 1, 1]


def model(path: str) -> Model:
    return Model("m-1", "model", "e", "r", "READY", 0, ("python_function",), None, False, path)


def predictor(course: Course, path: str, seconds: float = 60) -> Predictor:
    return Predictor([Probe("1.1", lambda _: model(path), rows)], course, seconds=seconds)


def ask(course: Course, name: str, predict: str, seconds: float = 60) -> Any:
    """What a model answers whose ``predict`` has that body."""
    folder = course.root / name
    (folder / "code").mkdir(parents=True)
    (folder / "MLmodel").write_text(MLMODEL.format(name=name), encoding="utf-8")
    (folder / "code" / f"{name}.py").write_text(
        MODULE.format(predict=predict.replace("\n", "\n        ")), encoding="utf-8"
    )
    evidence = predictor(course, name, seconds).ask(course, Evidence("1.1"))
    return evidence.predictions["m-1"]


@pytest.mark.parametrize(
    ("name", "predict", "predicted"),
    [
        ("an_array", "return (rows['a'] > 1).to_numpy().astype(int)", [0, 1, 1]),
        ("a_series", "return rows['a'] * 2", [2.0, 4.0, 6.0]),
        ("a_frame", "return rows[['b']]", [[1], [0], [1]]),
        ("a_list", "return ['x', None, True]", ["x", None, True]),
    ],
)
def test_whatever_a_model_returns_becomes_a_list(
    course: Course, name: str, predict: str, predicted: list[Any]
) -> None:
    assert ask(course, name, predict) == {"predicted": predicted, "truth": [0, 1, 1]}


@pytest.mark.parametrize(
    ("name", "predict", "error"),
    [
        ("raises", "raise KeyError('age')", "KeyError: 'age'"),
        ("exits", "os._exit(0)", "The model ended the process that loaded it (exit code 0)."),
        ("is_short", "return [1]", "The model did not give one answer for each of 3 rows."),
        ("is_odd", "return [{1}, {2}, {3}]", "TypeError: Object of type set"),
        (
            "lies",
            "Path('answer.json').write_text('{\"predicted\": [0, 1, 1]}')\nos._exit(0)",
            "The model did not give one answer for each of 3 rows.",
        ),
        (
            "babbles",
            "Path('answer.json').write_text('[' * 9000)\nos._exit(0)",
            "The model's answer is not readable.",
        ),
    ],
)
def test_a_model_that_misbehaves_is_told(
    course: Course, name: str, predict: str, error: str
) -> None:
    assert ask(course, name, predict)["error"].startswith(error)


def test_a_model_that_does_not_answer_is_stopped(course: Course) -> None:
    answer = ask(course, "sleeps", "getattr(os, 'fork', int)()\ntime.sleep(600)", seconds=3)
    assert answer == {"error": "The model did not answer within 3 s."}


def test_a_model_that_is_not_there_is_told(course: Course) -> None:
    asked = predictor(course, "").ask(course, Evidence("1.1")).predictions["m-1"]
    assert asked == {"error": "The files of the model are not where the store says."}


def test_other_exercises_are_left_alone(course: Course) -> None:
    assert predictor(course, "none").ask(course, Evidence("1.2")) == Evidence("1.2")
