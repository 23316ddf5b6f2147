"""Evidence is what MLflow would say, read from outside, and hostile stores change nothing."""

from __future__ import annotations

import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from conftest import InWorkspace

from labkit.errors import CourseError
from labkit.evidence import Evidence, store
from labkit.evidence.collect import collect
from labkit.paths import Course
from labkit.workspace import make_workspace

WORK = """
import warnings
warnings.simplefilter("ignore")
import mlflow, pandas as pd
from sklearn.linear_model import LogisticRegression

rows = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "income": [1.0, 2.0, 3.0, 4.0]})
model = LogisticRegression().fit(rows, [0, 1, 0, 1])
mlflow.set_experiment("one")
with mlflow.start_run(run_name="first"):
    mlflow.log_params({"depth": 3, "name": "Zoë"})
    for step, loss in enumerate((3.0, 2.0, 1.0)):
        mlflow.log_metric("loss", loss, step=step)
    mlflow.log_metrics({"nothing": float("nan"), "endless": float("inf"), "less": float("-inf")})
    mlflow.log_input(mlflow.data.from_pandas(rows, name="people"), context="training")
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.set_tag("team", "churn")
    mlflow.sklearn.log_model(
        model, name="model", input_example=rows, pip_requirements=["scikit-learn"],
        registered_model_name="people-model",
    )
client = mlflow.MlflowClient()
mlflow.register_model(client.get_model_version("people-model", 1).source, "people-model")
mlflow.register_model(client.get_model_version("people-model", 1).source, "people-model")
client.delete_model_version("people-model", 3)
client.set_registered_model_alias("people-model", "champion", 2)
client.set_model_version_tag("people-model", 2, "approved", "yes")
client.update_model_version("people-model", 2, description="The good one")
client.transition_model_version_stage("people-model", 2, "Staging")
with mlflow.start_run() as gone:
    mlflow.log_param("deleted", 1)
client.delete_run(gone.info.run_id)
mlflow.set_experiment("two")
with mlflow.start_run(run_name="second"):
    mlflow.sklearn.log_model(model, name="plain", pip_requirements=["scikit-learn"])
client.delete_experiment(mlflow.set_experiment("three").experiment_id)
"""

ASK = """
import json, mlflow, warnings
warnings.simplefilter("ignore")
client = mlflow.MlflowClient()
experiments = {e.experiment_id: e.name for e in client.search_experiments()}
def plain(value):  # MLflow keeps an infinity as the largest double, and gives that back
    return value * 10 if abs(value) > 1e308 else value
def say(run):
    return {"name": run.info.run_name, "experiment": experiments[run.info.experiment_id],
            "status": run.info.status, "params": run.data.params,
            "metrics": {k: str(plain(v)) for k, v in run.data.metrics.items()},
            "tags": run.data.tags, "id": run.info.run_id,
            "datasets": [[i.dataset.name, i.dataset.digest, {t.key: t.value for t in i.tags}]
                         for i in run.inputs.dataset_inputs]}
def show(version):
    return {"version": int(version.version), "stage": version.current_stage,
            "aliases": list(version.aliases), "tags": version.tags,
            "description": version.description or "", "run_id": version.run_id}
def tell(model):
    return {"id": model.model_id, "name": model.name, "status": model.status.value,
            "run_id": model.source_run_id}
print(json.dumps({
    "experiments": sorted(experiments.values()),
    "runs": [say(r) for r in client.search_runs(list(experiments))],
    # Searching leaves out the aliases, getting one version does not.
    "versions": [show(client.get_model_version("people-model", n)) for n in (1, 2)],
    "models": [tell(m) for m in client.search_logged_models(list(experiments))],
}))
"""


def as_asked(evidence: Evidence) -> dict[str, object]:
    """Evidence in the form the script above prints."""
    return {
        "experiments": sorted(evidence.experiments),
        "runs": [
            {
                "name": run.name,
                "experiment": run.experiment,
                "status": run.status,
                "params": dict(run.params),
                "metrics": {name: str(value) for name, value in run.metrics.items()},
                "tags": dict(run.tags),
                "id": run.run_id,
                "datasets": [
                    [one.name, one.digest, {"mlflow.data.context": one.context}]
                    for one in run.datasets
                ],
            }
            for run in evidence.runs
        ],
        "versions": [
            {
                "version": one.version,
                "stage": one.stage,
                "aliases": list(one.aliases),
                "tags": dict(one.tags),
                "description": one.description,
                "run_id": one.run_id,
            }
            for one in evidence.versions
        ],
        "models": [
            {"id": one.model_id, "name": one.name, "status": one.status, "run_id": one.run_id}
            for one in evidence.models
        ],
    }


def alter(workspace: Course, statement: str) -> None:
    """Do to the store what a forger would."""
    with closing(sqlite3.connect(workspace.database)) as database, database:
        database.executescript(statement)


@pytest.fixture(scope="module")
def worked(
    tmp_path_factory: pytest.TempPathFactory, course: Course, template: Path, run_in: InWorkspace
) -> Course:
    """A workspace in which the work above was done; its store may be altered by the last test."""
    room = tmp_path_factory.mktemp("worked") / "workspace"
    workspace = make_workspace(room, course=course, template=template)
    run_in(workspace, WORK)
    return workspace


def test_evidence_says_what_mlflow_says(worked: Course, run_in: InWorkspace) -> None:
    said = json.loads(run_in(worked, ASK))
    evidence = collect(worked, "1.1")
    assert as_asked(evidence) == said
    first = next(run for run in evidence.runs if run.name == "first")
    assert first.artifacts == ("notes/hello.txt",)
    described = next(model for model in evidence.models if model.name == "model")
    assert described.signature is not None
    assert described.signature.inputs == ("age", "income")
    assert described.signature.input_types == ("double", "double")
    assert described.input_example
    assert "sklearn" in described.flavors
    plain = next(model for model in evidence.models if model.name == "plain")
    assert plain.signature is None
    assert not plain.input_example
    kept = Evidence.from_json(json.loads(json.dumps(evidence.to_json())))
    assert str(kept) == str(evidence)  # as text, because NaN is not equal to itself


def test_artifacts_outside_the_workspace_are_not_read(worked: Course, tmp_path: Path) -> None:
    model = next(one for one in collect(worked, "1.1").models if one.name == "model")
    outside = tmp_path / "somebody-else"
    place = worked.root / model.path
    place.rename(outside)
    place.symlink_to(outside, target_is_directory=True)
    for address in (
        place.as_uri(),
        str(outside),
        outside.as_uri(),
        f"{worked.root}/labs/../../{outside.name}",
        "mlflow-artifacts:/../../../somebody-else",
        "https://example.org/model",
        "s3://bucket/model",
    ):
        alter(worked, f"UPDATE logged_models SET artifact_location = '{address}'")
        models = collect(worked, "1.1").models
        assert all(one.flavors == () and one.path == "" for one in models), address


def test_forged_rows_of_another_type_are_read_as_nothing(workspace: Course) -> None:
    alter(
        workspace,
        """
        INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, artifact_uri,
                          experiment_id) VALUES ('r', 'forged', 'FINISHED', 1, 'active', 'x', 0);
        INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
            VALUES ('accuracy', 'one', 1, 0, 0, 'r'), ('f1', x'ff00', 1, 0, 0, 'r'),
                   ('fine', 1, 1, 0, 0, 'r');
        INSERT INTO params (key, value, run_uuid) VALUES ('depth', x'fffe', 'r');
        """,
    )
    (run,) = collect(workspace, "1.1").runs
    assert math.isnan(run.metrics["accuracy"])
    assert math.isnan(run.metrics["f1"])
    assert run.metrics["fine"] == 1.0
    assert isinstance(run.params["depth"], str)


def test_an_endless_view_in_place_of_a_table_is_cut_off(
    workspace: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    alter(
        workspace,
        """
        DROP TABLE tags;
        CREATE VIEW tags AS
            WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless)
            SELECT 'key' AS key, sum(n) AS value, 'r' AS run_uuid FROM endless;
        """,
    )
    monkeypatch.setattr(store, "MOST_SECONDS", 0.5)
    with pytest.raises(CourseError, match="cannot be read"):
        collect(workspace, "1.1")


def test_a_store_that_is_none_is_named(workspace: Course) -> None:
    workspace.database.write_text("this is not a database", encoding="utf-8")
    with pytest.raises(CourseError, match="cannot be read"):
        collect(workspace, "1.1")
    workspace.database.unlink()
    with pytest.raises(CourseError, match="no tracking store yet"):
        collect(workspace, "1.1")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_transaction_cut_short_by_a_kill_is_undone(workspace: Course) -> None:
    source = """
import os, signal, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("PRAGMA cache_size = 1")
store.execute("BEGIN IMMEDIATE")
store.execute("UPDATE experiments SET name = 'half-made'")
for number in range(2000):
    store.execute("INSERT INTO experiments (name, lifecycle_stage) VALUES (?, 'active')",
                  (f"{number} {'x' * 200}",))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", source, str(workspace.database)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert workspace.database.with_name("mlflow.db-journal").stat().st_size
    before = workspace.database.read_bytes()
    assert collect(workspace, "1.1").experiments == ("Default",)
    assert workspace.database.read_bytes() == before


def test_declared_answers_that_are_not_small_json_objects_are_nothing(workspace: Course) -> None:
    workspace.declared.mkdir()
    place = workspace.declared / "1.3.json"
    for content in ("", "[1, 2]", "{", "3", "[" * 100_000, "x" * 2_000_000):
        place.write_text(content, encoding="utf-8")
        assert collect(workspace, "1.3").declared == {}
    place.write_text('{"best_run_id": "abc"}', encoding="utf-8")
    assert collect(workspace, "1.3").declared == {"best_run_id": "abc"}


def test_commits_are_read_and_a_damaged_repository_has_none(workspace: Course) -> None:
    git = collect(workspace, "1.4").git
    assert git.commits == (git.head,)
    assert len(git.head) == 40
    (workspace.root / ".git" / "HEAD").write_text("nonsense", encoding="utf-8")
    assert collect(workspace, "1.4").git.commits == ()


def test_a_store_beside_the_courses_own_is_noticed(workspace: Course) -> None:
    (workspace.labs / "mlflow.db").touch()
    assert collect(workspace, "1.1").stray_stores == ("labs/mlflow.db",)
