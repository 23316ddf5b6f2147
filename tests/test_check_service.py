"""A check cell asks; the answer comes from evidence, with a plainer hint each time."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import InWorkspace

from labkit.errors import CourseError
from labkit.paths import Course
from labkit.servers.state import Server, read_servers
from labkit.service.progress import read_progress
from labkit.service.verdict import answer
from labkit.student import declare

ACCURACY_AS_PARAM = """
import mlflow
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    mlflow.log_params({"n_estimators": 10, "max_depth": 12, "accuracy": 0.8})
"""
MENDED = (
    ACCURACY_AS_PARAM
    + """
    mlflow.log_metric("accuracy", 0.8)
"""
)
#: Removes what another test's lab 1 left in the classroom that all of them share.
ANEW = """
from mlflow import MlflowClient
client = MlflowClient()
for found in client.search_experiments(filter_string="name LIKE 'lab01-%'"):
    for run in client.search_runs([found.experiment_id]):
        client.delete_run(run.info.run_id)
"""
CHECK = """
import labkit, IPython.display
shown = []
IPython.display.display = shown.append
labkit.check("1.3")
print(shown[0].text)
"""


@pytest.fixture(scope="module", autouse=True)
def empty_classroom(classroom: Course, run_in: InWorkspace) -> None:
    run_in(classroom, ANEW)
    classroom.progress.unlink(missing_ok=True)
    for declared in classroom.declared.glob("1.*.json"):
        declared.unlink()


def service(classroom: Course) -> Server:
    servers = read_servers(classroom)
    assert servers is not None
    assert servers.checks is not None
    return servers.checks


def ask(address: Server, question: object, token: str | None = None) -> Any:
    request = urllib.request.Request(
        f"{address.url}/check",
        data=json.dumps(question).encode(),
        headers={"X-Labkit-Token": address.token if token is None else token},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def test_a_verdict_names_the_mistake_then_says_it_outright_then_keeps_what_was_earned(
    classroom: Course, run_in: InWorkspace
) -> None:
    run_in(classroom, ACCURACY_AS_PARAM)
    question = {"exercise": "1.1", "tracking_uri": "http://127.0.0.1:5000"}
    first = ask(service(classroom), question)
    assert (first["points"], first["max_points"]) == (1, 4)
    assert "Did you choose accuracy before the training, or" in first["html"]
    assert "mlflow.log_metric(" not in first["text"]
    assert "1 more point is decided when the lab is graded" in first["text"]
    second = ask(service(classroom), question)
    assert 'mlflow.log_metric("accuracy", ...)' in second["text"]

    run_in(classroom, MENDED)
    assert ask(service(classroom), question)["points"] == 2
    run_in(
        classroom,
        "import mlflow; client = mlflow.MlflowClient()\n"
        "for run in mlflow.search_runs(experiment_names=['lab01-first-run'])['run_id']:\n"
        "    client.delete_run(run)",
    )
    later = ask(service(classroom), question)
    assert later["points"] == 0
    assert "You have earned 2 of 4 points here before and keep them" in later["text"]
    assert read_progress(classroom.progress)["1.1"].points == 2


def test_the_service_answers_only_who_knows_its_token(classroom: Course) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        ask(service(classroom), {"exercise": "1.1"}, token="guessed")
    refused.value.close()


@pytest.mark.parametrize("question", ["1.1", [1], {"lab": "1"}, None])
def test_the_service_survives_a_question_that_is_none(classroom: Course, question: object) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400") as refused:
        ask(service(classroom), question)
    refused.value.close()
    assert "points" in ask(service(classroom), {"exercise": "1.2"})


def test_an_exercise_that_does_not_exist_is_told_in_three_sentences(classroom: Course) -> None:
    error = ask(service(classroom), {"exercise": "7.7"})["error"]
    assert error["what"] == "There is no exercise 7.7."
    assert error["why"]
    assert error["next_step"]


def test_a_notebook_gets_its_verdict_through_the_service(
    classroom: Course, run_in: InWorkspace
) -> None:
    assert "Exercise 1.3: 0 of 4 points" in run_in(classroom, CHECK)


def test_a_notebook_gets_its_verdict_without_the_service_too(
    tmp_path: Path, workspace: Course, course: Course, run_in: InWorkspace
) -> None:
    workspace.content.symlink_to(course.content, target_is_directory=True)
    assert "Exercise 1.3: 0 of 4 points" in run_in(workspace, CHECK)


def test_a_notebook_that_logs_elsewhere_is_told(workspace: Course, course: Course) -> None:
    workspace.content.symlink_to(course.content, target_is_directory=True)
    said = answer(workspace, "1.1", "sqlite:///mlflow.db")["text"]
    assert "This notebook logs to sqlite:///mlflow.db, not to the course's server." in said


def test_a_damaged_progress_file_costs_no_verdict(workspace: Course, course: Course) -> None:
    workspace.content.symlink_to(course.content, target_is_directory=True)
    workspace.progress.write_text('{"1.1": 3', encoding="utf-8")
    assert answer(workspace, "1.1", None)["points"] == 0
    assert "1.1" in read_progress(workspace.progress)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, b"bytes"])
def test_only_plain_values_can_be_declared(
    workspace: Course, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_ROOT", str(workspace.root))
    with pytest.raises(CourseError, match="cannot be declared"):
        declare("1.3", best=value)
    assert not (workspace.declared / "1.3.json").exists()


@pytest.mark.parametrize("given", [(), (1.3,), ("best",), ("../1.3",), ({"best": 1},)])
def test_an_answer_is_declared_for_an_exercise_that_is_named(
    workspace: Course, given: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_ROOT", str(workspace.root))
    with pytest.raises(CourseError, match="takes the number of the exercise first"):
        declare(*given, best=1)  # type: ignore[arg-type]  # what students write
    assert not workspace.declared.exists() or not any(workspace.declared.iterdir())


def test_numbers_of_numpy_and_pandas_are_declared_as_plain_numbers(
    workspace: Course, run_in: InWorkspace
) -> None:
    run_in(
        workspace,
        "import labkit, numpy as np, pandas as pd\n"
        "first = pd.Series([3])[0]\n"
        "labkit.declare('1.3', a=np.float64(0.5), b=first, c=[np.int64(1), 'x'], d=None)",
    )
    kept = json.loads((workspace.declared / "1.3.json").read_text(encoding="utf-8"))
    assert kept == {"a": 0.5, "b": 3, "c": [1, "x"], "d": None}
