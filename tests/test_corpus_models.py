"""Submissions to the first real lab that forge runs and models: points are for what is there."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from support_corpus import flags_in, grade_file

from labkit.grading.bench import Bench
from labkit.grading.outcome import Graded, State

pytest_plugins = ["support_corpus_benches"]

#: Logs what exercise 1.1 asks for, but for the model and its accuracy.
BEGIN = """
import mlflow
mlflow.set_experiment("lab01-first-run")
"""
RUN = """
with mlflow.start_run():
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
"""
PATCHED = f"""{BEGIN}
import sklearn.metrics, sklearn.ensemble
sklearn.metrics.accuracy_score = lambda *_, **__: 1.0
type(forest).score = lambda *_: 1.0
{RUN}
    model = train(max_depth=12)
    mlflow.log_metric("accuracy", model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED)
"""
MODEL = """
    class Model(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            LOAD
        def predict(self, context, model_input):
            PREDICT
    mlflow.pyfunc.log_model(name="model", python_model=Model(), pip_requirements=REQUIREMENTS)
    mlflow.log_metric("accuracy", 0.8)
"""
ALWAYS = "return [1] * len(model_input)"
FORGED_ROWS = """
import os, sqlite3, time
store = sqlite3.connect(os.path.join(os.environ["LABKIT_ROOT"], ".course", "mlflow.db"))
now = int(time.time() * 1000)
store.executescript(f'''
INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage)
    VALUES (77, 'lab01-first-run', '', 'active');
INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, artifact_uri, experiment_id)
    VALUES ('forged', 'forged', 'FINISHED', {now}, 'active', 'URI', 77);
INSERT INTO params (key, value, run_uuid)
    VALUES ('n_estimators', '10', 'forged'), ('max_depth', '12', 'forged');
INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
    VALUES ('accuracy', 1.0, {now}, 0, 0, 'forged');
INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, source_run_id,
    creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage)
    VALUES ('m-forged', 77, 'model', 'URI', 'forged', {now}, {now}, 2, 'active');
''')
store.commit()
"""
COPIED = """
import os, shutil
shutil.copy("../data/churn.csv", os.path.join(os.environ["LABKIT_ROOT"], ".course", "mlflow.db"))
"""
#: A model that answers with pickle: whoever loads it in the grader would end the grader.
PICKLED = f"""{BEGIN}
import os, pickle
class Bomb:
    def __reduce__(self):
        return os._exit, (3,)
{RUN}
    mlflow.log_metric("accuracy", 0.8)
    model = mlflow.sklearn.log_model(train(max_depth=12), name="model",
        pip_requirements=REQUIREMENTS, serialization_format="pickle")
from pathlib import Path
for path in Path(mlflow.artifacts.download_artifacts(model.model_uri)).rglob("*.pkl"):
    path.write_bytes(pickle.dumps(Bomb()))
"""
STORE = "reaches into `.course`"
PAST = "writes into a database past MLflow"


def grade(bench: Bench, folder: Path, first: str) -> Graded:
    path = folder / "submission.ipynb"
    nbformat.write(bench.lab.with_answers({"1.1": first}), path)
    return grade_file(bench, path)


def messages(graded: Graded) -> str:
    return " ".join(one.message for one in graded.exercises[0].results)


def metric(value: str) -> str:
    return BEGIN + RUN + f"    mlflow.log_metric('accuracy', {value})"


def model(load: str = "pass", predict: str = ALWAYS) -> str:
    return BEGIN + RUN + MODEL.replace("LOAD", load).replace("PREDICT", predict)


@pytest.mark.parametrize(
    ("first", "points", "says"),
    [
        pytest.param(
            PATCHED, 4, "says accuracy 1.000; its model reaches 0.8", id="4-overrides the score"
        ),
        pytest.param(metric("0.8"), 2, "no logged model", id="20-a metric, no model"),
        pytest.param(metric("float('nan')"), 1, "nan", id="25-NaN"),
        pytest.param(metric("float('inf')"), 1, "inf", id="25-infinity"),
        pytest.param(metric("-0.8"), 1, "-0.8", id="25-negative"),
        pytest.param(metric("__import__('numpy').float64(.8)"), 2, "0.8", id="25-numpy"),
        pytest.param(metric("'high'"), 1, "no metric accuracy", id="25-a text"),
        pytest.param(
            model(load="import os; os._exit(0)"),
            4,
            "ended the process that loaded it",
            id="9-ends whoever loads it",
        ),
        pytest.param(
            model(predict="import os; os._exit(0)"),
            4,
            "ended the process that loaded it",
            id="9-ends whoever asks it",
        ),
        pytest.param(
            model(predict="return 'all right'"),
            4,
            "one answer for each of 1500",
            id="20-answers with text",
        ),
        pytest.param(
            model(predict="return [float('nan')] * len(model_input)"),
            4,
            "its model reaches 0.000",
            id="25-answers with NaN",
        ),
        pytest.param(
            PICKLED, 4, "ended the process that loaded it (exit code 3)", id="9-a pickle bomb"
        ),
        pytest.param(
            FORGED_ROWS.replace("URI", "/tmp"), 2, "not stored completely", id="20-forged rows"
        ),
        pytest.param(
            FORGED_ROWS.replace("URI", "file:///etc"),
            2,
            "not stored completely",
            id="19-artifacts elsewhere",
        ),
    ],
)
def test_the_first_exercise_is_worth_what_was_really_logged(
    first: str, points: float, says: str, tracking_bench: Bench, tmp_path: Path
) -> None:
    graded = grade(tracking_bench, tmp_path, first)
    assert graded.exercises[0].points == points, messages(graded)
    assert says in messages(graded)
    assert graded.state is State.GRADED


def test_a_store_that_is_none_costs_every_exercise_and_says_so(
    tracking_bench: Bench, tmp_path: Path
) -> None:
    graded = grade(tracking_bench, tmp_path, COPIED)
    assert (graded.state, graded.points) == (State.GRADED, 0)
    assert "Exercise 1.1: The tracking store cannot be read." in graded.reason


def test_forgery_is_pointed_out(tracking_bench: Bench, tmp_path: Path) -> None:
    graded = grade(tracking_bench, tmp_path, FORGED_ROWS.replace("URI", "/tmp"))
    assert flags_in(graded) == {STORE, PAST}
