"""Training a version again from what was recorded, or saying why that is impossible."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.models.model import ModelInfo
from support_lifecycle import QUICK, a_name, commit_all, registered, sh, train

import lifecycle
from lifecycle.registry import get_version
from lifecycle.reproducing import Reproduction
from lifecycle.tracking import PATCH

pytest_plugins = ["support_lifecycle_fixtures"]


@pytest.fixture
def own(project: Path, tmp_path: Path) -> Path:
    """A copy of the project, with its remote, that a test may change."""
    shutil.copytree(project.parent, tmp_path / "copy")
    root = tmp_path / "copy" / "project"
    config = root / ".dvc" / "config"
    config.write_text(config.read_text().replace(str(project.parent), str(root.parent)))
    sh(root, "git", "commit", "-q", "-am", "The remote beside it")
    return root


def again(project: Path, info: ModelInfo | None = None) -> tuple[str, Reproduction]:
    """Register a model and train it again."""
    name = a_name()
    if info is None:
        registered(project, name)
    else:
        lifecycle.register(info, name)
    return name, lifecycle.reproduce(name, 1, repository=project)


def test_a_script_that_trained_and_registered_is_reproduced(project: Path, mlflow_at: str) -> None:
    name, steps = a_name(), list[str]()
    sh(project, sys.executable, "train.py", "0.5", name)
    before = len(MlflowClient().search_model_versions(f"name='{name}'"))
    found = lifecycle.reproduce(name, 1, repository=project, tell=steps.append)
    then, now = found.metrics["f1"]
    assert str(found).startswith(f"reproduced: f1 {then:.6g} again, all within 1e-06")
    assert now == then
    assert found.environment == ()
    assert steps[-1] == f"running python train.py 0.5 {name}"
    # The second training had a store of its own.
    assert len(MlflowClient().search_model_versions(f"name='{name}'")) == before


def test_a_metric_that_comes_out_otherwise_is_told_with_the_difference(
    project: Path, mlflow_at: str
) -> None:
    name = a_name()
    lifecycle.register(train(project), name)
    MlflowClient().log_metric(get_version(name, 1).run_id, "f1", 0.9021)
    found = lifecycle.reproduce(name, 1, repository=project)
    assert str(found) == "differs by 0.0021 in f1: 0.9021 then, 0.9 now (tolerance 1e-06)"
    assert lifecycle.reproduce(name, 1, repository=project, tolerance=0.003).outcome == "reproduced"


def test_data_gone_from_the_remote_make_it_impossible(own: Path, mlflow_at: str) -> None:
    info = train(own)
    shutil.rmtree(own.parent / "remote")
    _, found = again(own, info)
    assert found.outcome == "impossible"
    assert str(found).startswith("impossible because data cannot be pulled: no remote gave it")


def test_data_replaced_in_the_remote_make_it_impossible(own: Path, mlflow_at: str) -> None:
    info = train(own)
    files = [path for path in (own.parent / "remote").rglob("*") if path.is_file()]
    file = next(path for path in files if path.suffix != ".dir")
    file.chmod(0o644)
    file.write_text(file.read_text().replace("7", "8"))
    _, found = again(own, info)
    assert str(found) == (
        "impossible because data cannot be pulled: changed: churn.csv is not the file that DVC "
        "recorded"
    )


def test_a_dirty_tree_is_reproduced_with_the_changes_that_were_kept(
    own: Path, mlflow_at: str
) -> None:
    (own / "quick.py").write_text(QUICK.replace("0.9 if", "0.8 if"))
    info = train(own)
    MlflowClient().log_metric(info.run_id or "", "f1", 0.8)
    sh(own, "git", "checkout", "-q", "quick.py")
    name, found = again(own, info)
    assert str(found).startswith("reproduced: f1 0.8 again")
    MlflowClient().log_text(get_version(name, 1).run_id, "rm -rf /", PATCH)
    found = lifecycle.reproduce(name, 1, repository=own)
    assert (
        str(found) == f"impossible because the artifact {PATCH} is not the one that was registered"
    )


def test_a_file_that_was_never_committed_makes_it_impossible_and_is_named(
    own: Path, mlflow_at: str
) -> None:
    (own / "helper.py").write_text("C = 1\n")
    (own / "quick.py").write_text(f"import helper\n{QUICK}")
    sh(own, "git", "commit", "-q", "-m", "Half of it", "quick.py")
    _, found = again(own, train(own))
    assert str(found) == (
        "impossible because the command ended with status 1: ModuleNotFoundError: No module named "
        "'helper'; files that were never committed: helper.py"
    )


def test_a_commit_that_is_gone_makes_it_impossible(own: Path, mlflow_at: str) -> None:
    (own / "note.txt").write_text("x")
    commit_all(own, "Soon lost")
    info = train(own)
    sh(own, "git", "reset", "-q", "--hard", "HEAD~1")
    assert str(again(own, info)[1]).startswith("impossible because Git said: ")


def test_data_changed_before_the_run_make_it_impossible(own: Path, mlflow_at: str) -> None:
    (own / "data" / "churn.csv").unlink()
    (own / "data" / "churn.csv").write_text("id,calls,fee,churned\n")
    _, found = again(own, train(own))
    assert str(found) == "impossible because data had been changed when the run began"


def test_a_run_without_a_record_cannot_be_repeated(project: Path, mlflow_at: str) -> None:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(fitted, name="model", pip_requirements=["scikit-learn"])
    found = again(project, info)[1]
    assert str(found) == "impossible because the run was made without lifecycle.run"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ([], "no command was recorded; in a notebook"),
        (["python", "-c", "print('nothing')"], "made no run in the store it was given"),
        (["no-such-program"], "the command cannot be run"),
        (
            ["python", "-c", "import mlflow; mlflow.start_run()"],
            "made no run with the metrics f1",
        ),
    ],
)
def test_a_command_that_cannot_be_repeated_is_told(
    project: Path, mlflow_at: str, command: list[str], why: str
) -> None:
    _, found = again(project, train(project, command=command))
    assert found.outcome == "impossible"
    assert why in str(found)


def test_a_command_that_takes_too_long_is_stopped(project: Path, mlflow_at: str) -> None:
    name = a_name()
    sleep = ["python", "-c", "import time; time.sleep(600)"]
    lifecycle.register(train(project, command=sleep), name)
    found = lifecycle.reproduce(name, 1, repository=project, patience=0.5)
    assert str(found) == "impossible because the command took longer than 0.5 s"


def test_it_can_be_cloned_from_the_recorded_address(own: Path, mlflow_at: str) -> None:
    sh(own.parent, "git", "clone", "-q", "--bare", str(own), "origin.git")
    sh(own, "git", "remote", "add", "origin", str(own.parent / "origin.git"))
    name = a_name()
    lifecycle.register(train(own), name)
    assert lifecycle.reproduce(name, 1, repository=None).outcome == "reproduced"
