"""A training as an MLflow run, and its models in the registry."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from support_lifecycle import commit_all, sh
from support_moe import flows_file
from support_moe_training import PARAMS, few_flows

from moe_ids import lab_report, register, train
from moe_ids.data import load
from moe_ids.model import Model
from moe_ids.onnx_form import TOLERANCE
from moe_ids.serving import model_folder

with warnings.catch_warnings():
    # MLflow warns about its own type hints when this is first imported.
    warnings.simplefilter("ignore")
    from moe_ids.logging_model import log_history
    from moe_ids.tracking import ENDED, RUN_FILE, Tracker

pytest_plugins = ["support_lifecycle_fixtures"]

#: MLflow and its neighbours warn about each other while a model is logged.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with flows and options."""
    root = tmp_path_factory.mktemp("project")
    flows_file(root, few_flows())
    (root / "params.yaml").write_text(PARAMS)
    sh(root, "git", "init", "-q", "-b", "main")
    commit_all(root, "Flows")
    return root


@pytest.fixture
def inside(project: Path, mlflow_at: str) -> Iterator[Path]:
    """This process is in the repository."""
    with chdir(project):
        yield project


def test_an_interrupted_run_is_marked_and_gone_on_with(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(tracker: Tracker) -> None:
        if len(tracker._waiting) == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Tracker, "_send", send)
        assert _train("model", "--experts", "mlp,xgboost") == 130
    run_id = json.loads(Path("model", RUN_FILE).read_text())["run_id"]
    run = mlflow.get_run(run_id)
    assert run.info.status == "KILLED"
    assert run.data.tags[ENDED] == "interrupted"

    assert _train("model", "--experts", "mlp,xgboost") == 0
    run = mlflow.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags[ENDED] == "complete"
    epochs = {one.step for one in MlflowClient().get_metric_history(run_id, "mlp_valid_loss")}
    assert epochs == {1, 2, 3, 4}
    assert {"f1", "f1_low", "f1_high", "roc_auc", "macro_f1", "fpr", "cpu_s"} <= set(
        run.data.metrics
    )
    assert run.data.metrics["onnx_difference"] <= TOLERANCE
    assert {"seed", "split_id", "boost_trees"} <= set(run.data.params)
    assert run.inputs is not None
    assert run.inputs.dataset_inputs
    pictures = {one.path for one in MlflowClient().list_artifacts(run_id, "plots")}
    assert len(pictures) == 4

    _check_served(f"runs:/{run_id}/model", inside)
    _check_registered(inside)


def _check_served(address: str, project: Path) -> None:
    """The logged model answers as the folder does, and holds no pickle."""
    data = load("flows", project / "flows.csv")
    served = mlflow.pyfunc.load_model(address)
    wanted = served.metadata.get_input_schema().input_names()
    flows = data.frame[wanted]
    flows = flows.astype(dict.fromkeys(flows.select_dtypes("number"), np.float64))
    answer: pd.DataFrame = served.predict(flows)
    judged = Model.load(project / "model").judge(data).of["mixture"]
    np.testing.assert_allclose(answer["attack"], judged.attack, atol=1e-4)
    folder = model_folder(address)
    assert Model.load(folder).experts == ("mlp", "xgboost")
    assert not list(folder.parent.rglob("*.pkl"))


def _check_registered(project: Path) -> None:
    """Registering takes the run that is there, and the report shows what was registered."""
    done = CliRunner().invoke(register.command, ["--model", "model", "--out", "done.json"])
    assert done.exit_code == 0, done.output
    names = {one["name"] for one in json.loads(Path("done.json").read_text())}
    assert names == {"xgboost-baseline-flows", "moe-cybersecurity-flows"}
    told = CliRunner().invoke(lab_report.command).output
    for name in names:
        assert name in told


def test_a_server_that_goes_away_loses_no_metric(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_batch = MlflowClient.log_batch

    def refuse(client: MlflowClient, run_id: str, metrics: Any = (), **named: Any) -> None:
        if metrics:
            raise MlflowException("connection refused")
        log_batch(client, run_id, **named)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_batch", refuse)
        assert _train("other", "--experts", "mlp") == 1
    run_id = json.loads(Path("other", RUN_FILE).read_text())["run_id"]
    assert mlflow.get_run(run_id).data.metrics == {}
    record = json.loads(Path("other", "training.json").read_text())
    log_history(record, run_id)
    assert len(MlflowClient().get_metric_history(run_id, "gate_loss")) == 4


def test_without_a_repository_a_run_is_not_begun(
    tmp_path: Path, project: Path, mlflow_at: str
) -> None:
    with chdir(tmp_path):
        found = _run("model", "--data", project / "flows.csv")
    assert found[0] == 1
    assert "--no-track" in found[1]


def _train(out: str, *options: object) -> int:
    code, told = _run(out, "--data", "flows.csv", *options)
    assert "Traceback" not in told
    return code


def _run(out: str, *options: object) -> tuple[int, str]:
    words = ["--dataset", "flows", "--test", "0.3", "--out", out, *map(str, options)]
    found = CliRunner().invoke(train.command, words)
    return found.exit_code, found.output
