"""Registering: what it refuses, what it lists as missing, and what it notices afterwards."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.data.pandas_dataset import from_pandas
from mlflow.models.model import ModelInfo
from support_lifecycle import TAGS, a_name, dvc, make_project, registered, train, trained

import lifecycle
from lifecycle import LifecycleError, RefusedError, TamperedError
from lifecycle.metadata import THINGS, facts_of, missing_metadata
from lifecycle.registry import get_version

pytest_plugins = ["support_lifecycle_fixtures"]


@pytest.fixture
def model(project: Path, mlflow_at: str) -> ModelInfo:
    """A model with everything."""
    return trained(project)


def artifact_address(server: str, info: ModelInfo, file: str) -> str:
    place = mlflow.get_logged_model(info.model_id).artifact_location
    path = place.removeprefix("mlflow-artifacts:").lstrip("/")
    return f"{server}/api/2.0/mlflow-artifacts/artifacts/{path}/{file}"


def send(method: str, address: str, body: bytes | None = None) -> None:
    """What anybody who reaches the server can do."""
    request = urllib.request.Request(address, data=body, method=method)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def missing(name: str, version: int) -> list[str]:
    found = missing_metadata(facts_of(get_version(name, version)))
    return [one.partition(":")[0] for one in found]


def test_a_bad_name_is_refused_and_leaves_nothing(model: ModelInfo, mlflow_at: str) -> None:
    with pytest.raises(RefusedError, match="'model1' is no name") as told:
        lifecycle.register(model, "model1")
    assert "says nothing about the model" in told.value.why
    assert MlflowClient().search_registered_models("name = 'model1'") == []


@pytest.mark.parametrize(
    "address", [f"models:/m-{'0' * 32}", f"runs:/{'0' * 32}/model", "runs:/nothing", "nowhere"]
)
def test_a_model_that_does_not_exist_leaves_no_empty_registered_model(
    address: str, mlflow_at: str
) -> None:
    name = a_name()
    with pytest.raises(LifecycleError, match="no model"):
        lifecycle.register(address, name)
    assert MlflowClient().search_registered_models(f"name = '{name}'") == []


def test_a_version_has_owner_description_and_tags(model: ModelInfo, mlflow_at: str) -> None:
    name = a_name()
    found = lifecycle.register(model, name, owner="Bea", description="Who leaves?", tags=TAGS)
    version = get_version(name, found.version)
    assert found.missing == ()
    assert version.description == "Who leaves?"
    assert version.tags["owner"] == "Bea"
    assert {key: version.tags[key] for key in TAGS} == TAGS


def test_a_model_can_be_registered_after_its_run_by_the_runs_address(
    model: ModelInfo, mlflow_at: str
) -> None:
    name = a_name()
    version = lifecycle.register(f"runs:/{model.run_id}/model", name).version
    assert get_version(name, version).source == model.model_uri
    assert lifecycle.verify(name, version).ok


def test_a_model_can_be_registered_while_its_run_goes_on(project: Path, mlflow_at: str) -> None:
    name = a_name()
    with chdir(project), lifecycle.run(data="data.dvc"):
        mlflow.log_param("C", 1)
        mlflow.log_metric("f1", 0.9)
        info = log_plain_model()
        found = lifecycle.register(info, name, owner="Ana")
    assert found.missing == ()


def log_plain_model() -> ModelInfo:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    return mlflow.sklearn.log_model(
        fitted,
        name="model",
        input_example=np.array([[0.5]]),
        pip_requirements=["scikit-learn"],
    )


def test_the_same_model_registered_again_is_the_same_version(
    model: ModelInfo, mlflow_at: str
) -> None:
    name = a_name()
    first = lifecycle.register(model, name, owner="Bea")
    again = lifecycle.register(model, name)
    assert again == first
    assert get_version(name, again.version).tags["owner"] == "Bea"
    assert [one.action for one in lifecycle.history(name)] == ["registered"]


@pytest.mark.parametrize(
    ("left_out", "thing"),
    [
        ("signature", "signature"),
        ("params", "parameters"),
        ("metrics", "metrics"),
        ("data", "data version"),
    ],
)
def test_what_was_not_logged_is_listed_as_missing(
    project: Path, mlflow_at: str, left_out: str, thing: str
) -> None:
    info = train(project, leave={left_out})
    found = lifecycle.register(info, a_name())
    assert [one.partition(":")[0] for one in found.missing] == [thing]


def test_a_version_without_a_run_lacks_all_that_a_run_records(mlflow_at: str) -> None:
    name = a_name()
    mlflow.register_model(log_plain_model().model_uri, name)
    run_id = get_version(name, 1).run_id
    assert missing(name, 1) == [
        "parameters",
        "metrics",
        "code version",
        "data version",
        *([] if run_id else ["timestamp"]),
        "owner",
    ]


def test_an_owner_of_blanks_is_none(model: ModelInfo, mlflow_at: str) -> None:
    name = a_name()
    lifecycle.register(model, name, owner=" ")
    assert missing(name, 1) == ["owner"]


def test_files_deleted_from_the_store_are_missing(
    project: Path, mlflow_at: str, server: str
) -> None:
    info, name = train(project), a_name()
    lifecycle.register(info, name)
    for file in ("requirements.txt", "conda.yaml"):
        send("DELETE", artifact_address(server, info, file))
    assert missing(name, 1) == ["environment"]
    send("DELETE", artifact_address(server, info, "MLmodel"))
    assert missing(name, 1) == ["artifact", "signature", "environment"]


def test_data_changed_since_dvc_add_are_no_data_version(tmp_path: Path, mlflow_at: str) -> None:
    own = make_project(tmp_path)
    dvc(own, "unprotect", "data")
    with (own / "data" / "churn.csv").open("a") as file:
        file.write("12000,0,0,1\n")
    found = lifecycle.register(train(own), a_name())
    assert [one.partition(":")[0] for one in found.missing] == ["data version"]


def test_there_are_nine_things() -> None:
    assert len(THINGS) == 9


@pytest.fixture
def tampered(project: Path, mlflow_at: str, server: str) -> tuple[str, ModelInfo]:
    """A registered version, whose model another one will be put in place of."""
    name, info = a_name(), train(project)
    lifecycle.register(info, name)
    assert lifecycle.verify(name, 1).ok
    return name, info


def test_weights_replaced_behind_the_registrys_back_are_found(
    tampered: tuple[str, ModelInfo], server: str
) -> None:
    name, info = tampered
    send("PUT", artifact_address(server, info, "model.skops"), b"other weights")
    assert MlflowClient().get_model_version(name, "1").status == "READY"
    found = lifecycle.verify(name, 1)
    assert not found.ok
    assert found.problems == ("model.skops was replaced",)
    with pytest.raises(TamperedError, match="is not what was registered"):
        lifecycle.load(name, 1)


def test_a_file_that_was_added_or_taken_away_is_found(
    tampered: tuple[str, ModelInfo], server: str
) -> None:
    name, info = tampered
    send("PUT", artifact_address(server, info, "code/sitecustomize.py"), b"import os")
    send("DELETE", artifact_address(server, info, "conda.yaml"))
    assert lifecycle.verify(name, 1).problems == (
        "conda.yaml is missing",
        "code/sitecustomize.py was added",
    )


def test_digests_do_not_follow_a_changed_tag(tampered: tuple[str, ModelInfo], server: str) -> None:
    name, info = tampered
    send("PUT", artifact_address(server, info, "model.skops"), b"other weights")
    client = MlflowClient()
    ledger = client.get_registered_model(name).tags["lifecycle.ledger"]
    found = client.get_run(ledger).data.params["version 1 files.0"]
    with pytest.raises(mlflow.MlflowException, match="not allowed"):
        client.log_param(ledger, "version 1 files.0", found.replace("a", "b"))
    assert not lifecycle.verify(name, 1).ok


def test_an_untouched_version_loads_and_predicts(project: Path, mlflow_at: str) -> None:
    name = a_name()
    version = registered(project, name).version
    assert list(lifecycle.load(name, version).predict(np.array([[2.0, 0.0], [-2.0, 0.0]]))) == [
        1,
        0,
    ]
    exact = lifecycle.load(name, version, loader=mlflow.sklearn.load_model)
    assert exact.coef_.shape == (1, 2)


def test_a_version_registered_by_other_means_is_not_called_unchanged(
    model: ModelInfo, mlflow_at: str
) -> None:
    name = a_name()
    mlflow.register_model(model.model_uri, name)
    with pytest.raises(LifecycleError, match="Nobody knows") as told:
        lifecycle.verify(name, 1)
    assert f"register {model.model_uri} {name}" in told.value.next_step
    lifecycle.register(model, name)
    assert lifecycle.verify(name, 1).ok


def dataset_digest(path: Path) -> str:
    frame = pd.read_csv(path).astype(float)
    return str(from_pandas(frame).digest)


# MLflow calls pandas in a way that pandas 4 will not have.
@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_data_changed_past_mlflows_digest_are_found(tmp_path: Path, mlflow_at: str) -> None:
    own, name = make_project(tmp_path), a_name()
    version = registered(own, name, fresh=True).version
    assert lifecycle.verify(name, version, repository=own).data == {"data": "unchanged"}
    path = own / "data" / "churn.csv"
    before = dataset_digest(path)
    lines = path.read_text().splitlines()
    lines[11_000] = "10999,9.0,9.0,0"
    dvc(own, "unprotect", "data")
    path.write_text("\n".join([*lines, ""]))
    assert dataset_digest(path) == before
    found = lifecycle.verify(name, version, repository=own)
    assert not found.ok
    assert found.data["data"].startswith("changed: its md5 is ")


def test_data_that_are_not_here_are_no_reason_to_refuse_a_model(
    tmp_path: Path, project: Path, mlflow_at: str
) -> None:
    name = a_name()
    version = registered(project, name).version
    elsewhere = make_project(tmp_path)
    dvc(elsewhere, "remove", "data.dvc")
    _remove(elsewhere / "data")
    found = lifecycle.verify(name, version, repository=elsewhere)
    assert found.ok
    assert found.data["data"].startswith("not here")


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_as_plain_values(project: Path, mlflow_at: str) -> None:
    name = a_name()
    found: Mapping[str, Any] = registered(project, name).as_dict()
    assert found == {"name": name, "version": 1, "missing": []}
