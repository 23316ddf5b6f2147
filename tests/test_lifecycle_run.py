"""A run knows its commit, its data and its environment, in a script and in a notebook."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

import mlflow
import nbformat
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from support_lifecycle import HELD_OUT, commit_all, dvc, held_out, sh

import lifecycle
from lifecycle import LifecycleError
from lifecycle.artifacts import artifact_text
from lifecycle.predictions import read_predictions
from lifecycle.tracking import DATA, DIRTY, ENVIRONMENT, PATCH, PROVENANCE, provenance_in

pytest_plugins = ["support_lifecycle_fixtures"]

COMMIT = "mlflow.source.git.commit"


@pytest.fixture
def own(project: Path, tmp_path: Path) -> Path:
    """A copy of the project that a test may change."""
    return Path(shutil.copytree(project, tmp_path / "project"))


def a_run(folder: Path, **arguments: Any) -> Run:
    with chdir(folder), lifecycle.run(**arguments) as active:
        pass
    return MlflowClient().get_run(active.info.run_id)


def head(folder: Path) -> str:
    return sh(folder, "git", "rev-parse", "HEAD").stdout.strip()


def test_a_run_knows_its_commit_its_data_and_its_environment(project: Path, mlflow_at: str) -> None:
    found = a_run(project, data="data.dvc", command=["python", "train.py"], run_name="first")
    assert found.info.run_name == "first"
    assert found.info.status == "FINISHED"
    assert found.data.tags[COMMIT] == head(project)
    assert found.data.tags["mlflow.source.git.branch"] == "main"
    assert found.data.tags[DIRTY] == "false"
    (data,) = provenance_in(artifact_text(found.info.run_id, PROVENANCE) or "").data
    assert found.data.tags[DATA] == f"data@{data.md5}"
    assert data.md5 in (project / "data.dvc").read_text()
    assert not data.changed
    environment = artifact_text(found.info.run_id, ENVIRONMENT) or ""
    assert f"\nmlflow=={mlflow.__version__}\n" in environment
    assert artifact_text(found.info.run_id, PATCH) is None


def test_a_script_is_recorded_with_its_command_line(own: Path, mlflow_at: str) -> None:
    (own / "deep").mkdir()
    (own / "deep" / "try.py").write_text(
        "import lifecycle\nwith lifecycle.run() as run:\n    print('id', run.info.run_id)\n"
    )
    commit_all(own, "Try")
    said = sh(own / "deep", sys.executable, "try.py", "--fast", "1").stdout
    run_id = next(line.split()[1] for line in said.splitlines() if line.startswith("id "))
    found = provenance_in(artifact_text(run_id, PROVENANCE) or "")
    assert found.command == ("python", "try.py", "--fast", "1")
    assert found.folder == "deep"
    assert not found.dirty


def test_a_script_called_by_its_whole_path_is_recorded_so_that_a_clone_can_run_it(
    own: Path, mlflow_at: str, tmp_path: Path
) -> None:
    (own / "deep").mkdir()
    (own / "deep" / "try.py").write_text(
        f"import lifecycle\nwith lifecycle.run(repository={str(own)!r}) as run:\n"
        "    print('id', run.info.run_id)\n"
    )
    commit_all(own, "Try")
    said = sh(tmp_path, sys.executable, str(own / "deep" / "try.py"), str(tmp_path)).stdout
    run_id = next(line.split()[1] for line in said.splitlines() if line.startswith("id "))
    found = provenance_in(artifact_text(run_id, PROVENANCE) or "")
    assert found.command == ("python", "deep/try.py", str(tmp_path))
    assert found.folder == "."


def test_a_notebook_run_has_its_commit_too(own: Path, mlflow_at: str) -> None:
    cell = "import lifecycle\nwith lifecycle.run(data='data') as run:\n    pass\nrun.info.run_id"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    nbformat.write(notebook, own / "train.ipynb")
    commit_all(own, "A notebook")
    convert = ["nbconvert", "--to", "notebook", "--execute", "--stdout", "train.ipynb"]
    executed = sh(own, sys.executable, "-m", *convert).stdout
    outputs = nbformat.reads(executed, 4).cells[0].outputs
    (said,) = (one for one in outputs if one.output_type == "execute_result")
    found = MlflowClient().get_run(said.data["text/plain"].strip("'"))
    assert found.data.tags[COMMIT] == head(own)
    assert found.data.tags[DATA].startswith("data@")
    # What started the kernel would not repeat the run.
    assert provenance_in(artifact_text(found.info.run_id, PROVENANCE) or "").command == ()


def test_what_was_changed_and_not_committed_is_kept(own: Path, mlflow_at: str) -> None:
    (own / "old.txt").write_text("x")
    commit_all(own, "An old file")
    (own / "old.txt").write_bytes("größer".encode("latin-1"))
    with (own / "train.py").open("a") as file:
        file.write("# größer\n")
    (own / "secret.env").write_text("TOKEN=hush\n")
    found = a_run(own)
    run_id = found.info.run_id
    assert found.data.tags[DIRTY] == "true"
    assert "+# größer" in (artifact_text(run_id, PATCH) or "")
    provenance = provenance_in(artifact_text(run_id, PROVENANCE) or "")
    assert provenance.changed == ("old.txt", "train.py")
    assert provenance.untracked == ("secret.env",)
    kept = [artifact_text(run_id, path) or "" for path in (PROVENANCE, PATCH, ENVIRONMENT)]
    assert "hush" not in "".join(kept)


def test_data_changed_since_dvc_add_are_seen(own: Path, mlflow_at: str) -> None:
    dvc(own, "unprotect", "data")
    with (own / "data" / "churn.csv").open("a") as file:
        file.write("12000,0,0,1\n")
    run_id = a_run(own, data="data.dvc").info.run_id
    (data,) = provenance_in(artifact_text(run_id, PROVENANCE) or "").data
    assert data.changed


def test_data_may_be_named_by_a_file_in_a_tracked_folder_or_come_from_a_pipeline(
    own: Path, mlflow_at: str
) -> None:
    copy = ["python", "-c", "import shutil; shutil.copy('data/churn.csv', 'clean.csv')"]
    dvc(own, "stage", "add", "-q", "-n", "clean", "-d", "data", "-o", "clean.csv", *copy)
    dvc(own, "repro", "-q")
    commit_all(own, "A pipeline")
    run_id = a_run(own, data=["data/churn.csv", "clean.csv"]).info.run_id
    folder, clean = provenance_in(artifact_text(run_id, PROVENANCE) or "").data
    assert (folder.path, folder.pointer) == ("data", "data.dvc")
    assert (clean.path, clean.pointer) == ("clean.csv", "dvc.lock")
    assert clean.md5 in (own / "dvc.lock").read_text()


def test_passwords_in_the_address_of_the_repository_are_not_recorded(
    own: Path, mlflow_at: str
) -> None:
    sh(own, "git", "remote", "add", "origin", "https://ana:hush@example.org/churn.git")
    found = a_run(own)
    assert found.data.tags["mlflow.source.git.repoURL"] == "https://example.org/churn.git"
    assert "hush" not in (artifact_text(found.info.run_id, PROVENANCE) or "")


def test_a_folder_that_is_no_repository_is_refused_before_a_run_begins(
    tmp_path: Path, mlflow_at: str
) -> None:
    with pytest.raises(LifecycleError, match="has no version") as told:
        a_run(tmp_path)
    assert "git init" in told.value.next_step
    assert mlflow.active_run() is None


def test_a_repository_without_a_commit_is_refused(tmp_path: Path, mlflow_at: str) -> None:
    sh(tmp_path, "git", "init", "-q")
    with pytest.raises(LifecycleError, match="has no version"):
        a_run(tmp_path)


def test_data_that_dvc_does_not_track_are_refused(own: Path, mlflow_at: str) -> None:
    with pytest.raises(LifecycleError, match="DVC cannot say") as told:
        a_run(own, data="train.py")
    assert "dvc add" in told.value.next_step


def test_predictions_can_be_read_as_they_were_logged(project: Path, mlflow_at: str) -> None:
    truth, said = held_out(range(3))
    ids = [f"customer {n}" for n in range(HELD_OUT)]
    with chdir(project), lifecycle.run() as run:
        lifecycle.log_predictions(truth, said, rows=ids, score=said * 0.5)
    read = read_predictions(run.info.run_id)
    assert read is not None
    found = read[0].set_index("row").loc[ids]
    assert (found["truth"] == truth).all()
    assert (found["prediction"] == said).all()
    assert (found["score"] == said * 0.5).all()


def test_rows_can_be_known_by_their_inputs_even_equal_ones(project: Path, mlflow_at: str) -> None:
    inputs = pd.DataFrame({"age": [30, 41, 30], "city": ["Ulm", "Bonn", "Ulm"]})
    kept = []
    for order in ([0, 1, 2], [1, 0, 2]):
        with chdir(project), lifecycle.run() as run:
            lifecycle.log_predictions([1, 0, 1], [1, 0, 1], rows=inputs.iloc[order])
        read = read_predictions(run.info.run_id)
        assert read is not None
        kept.append(list(read[0]["row"]))
    assert kept[0] == kept[1]
    assert len(set(kept[0])) == 3


@pytest.mark.parametrize(
    ("truth", "prediction", "rows", "why"),
    [
        ([1, 0], [1], [1, 2], "2 of row, 2 of truth, 1 of prediction"),
        ([1, 0], [1, 0], [7, 7], "row 7 stands more than once"),
        ([1, None], [1, 0], [1, 2], "1 of 2 values of truth are missing"),
        ([1, 0], [1.0, float("nan")], [1, 2], "1 of 2 values of prediction are missing"),
        ([1, "0"], [1, 0], [1, 2], "truth are partly text"),
        ([], [], [], "no rows"),
    ],
)
def test_predictions_that_cannot_be_compared_are_refused(
    truth: list[Any], prediction: list[Any], rows: list[Any], why: str
) -> None:
    with pytest.raises(LifecycleError, match="not logged") as told:
        lifecycle.log_predictions(truth, prediction, rows=rows)
    assert why in told.value.why


def test_predictions_begin_no_run_of_their_own(mlflow_at: str) -> None:
    with pytest.raises(LifecycleError, match="not logged") as told:
        lifecycle.log_predictions([1], [1], rows=[1])
    assert told.value.why == "No run is active."
    assert mlflow.active_run() is None


def test_a_provenance_somebody_replaced_is_told_as_such() -> None:
    for text in ("", "[]", json.dumps({"commit": "abc"})):
        with pytest.raises(LifecycleError, match="cannot be read"):
            provenance_in(text)
