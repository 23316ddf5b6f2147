"""What tests of `lifecycle` share: a project with Git and DVC, and models that come from it."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import uuid
import warnings
from collections.abc import Container, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.models.model import ModelInfo
from sklearn.linear_model import LogisticRegression

import lifecycle
from lifecycle.registering import Registered

with warnings.catch_warnings():
    # MLflow warns about its own type hints when this is first imported.
    warnings.simplefilter("ignore")
    import mlflow.pyfunc

#: Rows of the project's data, more than the 10,000 that MLflow's digest of a data set covers.
ROWS = 12_000
#: Held-out rows of the models below.
HELD_OUT = 2_000
TAGS = {"dataset": "telco", "architecture": "logistic regression"}
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@example.org",
    "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@example.org",
}
TRAIN = """\
import sys

import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

import lifecycle

C = float(sys.argv[1])
name = sys.argv[2] if len(sys.argv) > 2 else None
mlflow.set_experiment("churn")
data = pd.read_csv("data/churn.csv")
train, valid = data.iloc[:8000], data.iloc[8000:]
inputs = ["calls", "fee"]
with lifecycle.run(data="data.dvc"):
    model = LogisticRegression(C=C).fit(train[inputs], train["churned"])
    said = model.predict(valid[inputs])
    mlflow.log_param("C", C)
    mlflow.log_metric("f1", f1_score(valid["churned"], said))
    lifecycle.log_predictions(valid["churned"], said, rows=valid["id"])
    info = mlflow.sklearn.log_model(
        model, name="model", input_example=valid[inputs].head(2), pip_requirements=["scikit-learn"]
    )
    if name:
        tags = {"dataset": "telco", "architecture": "logistic regression"}
        print(lifecycle.register(info, name, description="Who leaves?", tags=tags).version)
"""

#: Trains nothing, but logs what ``train`` below logs if it finds the data.
QUICK = """\
import sys
import mlflow
import lifecycle
with open("data/churn.csv") as file:
    rows = len(file.readlines())
with lifecycle.run(data="data.dvc"):
    mlflow.log_param("C", 1)
    mlflow.log_metric("f1", 0.9 if rows == 12_001 else 0.0)
"""


def make_project(folder: Path) -> Path:
    """A Git and DVC repository in ``folder / "project"``, its DVC remote beside it."""
    root = folder / "project"
    (root / "data").mkdir(parents=True)
    generator = np.random.default_rng(7)
    calls, fee = generator.normal(size=(2, ROWS))
    churned = (calls + fee + generator.normal(size=ROWS) > 0).astype(int)
    lines = [f"{n},{calls[n]:.4f},{fee[n]:.4f},{churned[n]}" for n in range(ROWS)]
    (root / "data" / "churn.csv").write_text("\n".join(["id,calls,fee,churned", *lines, ""]))
    (root / "train.py").write_text(TRAIN)
    (root / "quick.py").write_text(QUICK)
    sh(root, "git", "init", "-q", "-b", "main")
    dvc(root, "init", "-q")
    dvc(root, "remote", "add", "-q", "-d", "store", str(folder / "remote"))
    dvc(root, "add", "-q", "data")
    dvc(root, "push", "-q")
    commit_all(root, "Train a model on the churn data")
    return root


def sh(folder: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    environment = {**os.environ, **IDENTITY, "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, check=check, capture_output=True, text=True
    )


def dvc(folder: Path, *arguments: str) -> None:
    """Run DVC in a folder."""
    sh(folder, sys.executable, "-m", "dvc", *arguments)


def commit_all(folder: Path, message: str) -> None:
    """Commit everything in a folder."""
    sh(folder, "git", "add", "-A")
    sh(folder, "git", "commit", "-q", "-m", message)


def a_name() -> str:
    """A good name that no other test uses."""
    return f"logistic-churn-{uuid.uuid4().hex[:8]}x"


def held_out(wrong: range) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The truth of the held-out rows, and predictions that are wrong in the rows named."""
    truth = np.arange(HELD_OUT) % 2
    said = truth.copy()
    said[list(wrong)] ^= 1
    return truth, said


def train(
    project: Path,
    *,
    wrong: range = range(100),
    leave: Container[str] = (),
    command: Sequence[str] = ("python", "quick.py"),
) -> ModelInfo:
    """Train in this process; ``leave`` names what is not logged: ``params``, ``metrics``, ..."""
    inputs = np.random.default_rng(1).normal(size=(40, 2))
    data = () if "data" in leave else "data.dvc"
    with chdir(project), lifecycle.run(data=data, command=command):
        model = LogisticRegression().fit(inputs, inputs[:, 0] > 0)
        if "params" not in leave:
            mlflow.log_param("C", 1)
        if "metrics" not in leave:
            mlflow.log_metric("f1", 0.9)
        if "predictions" not in leave:
            lifecycle.log_predictions(*held_out(wrong), rows=range(HELD_OUT))
        return mlflow.sklearn.log_model(
            model,
            name="model",
            input_example=None if "signature" in leave else inputs[:2],
            pip_requirements=["scikit-learn"],
        )


@functools.cache
def trained(project: Path, wrong: range = range(100)) -> ModelInfo:
    """As ``train``, once for all tests that change nothing of the model itself."""
    return train(project, wrong=wrong)


def registered(
    project: Path, name: str, *, wrong: range = range(100), fresh: bool = False
) -> Registered:
    """Register a version that may go to staging; ``fresh`` trains a model for this test alone."""
    info = train(project, wrong=wrong) if fresh else trained(project, wrong)
    return lifecycle.register(info, name, description="Who leaves?", tags=TAGS, who="ana")


def champion(project: Path, name: str, *, wrong: range = range(100), fresh: bool = False) -> int:
    """Register a version and promote it to production."""
    version = registered(project, name, wrong=wrong, fresh=fresh).version
    lifecycle.promote(name, version, to="staging", why="first look", who="ana")
    lifecycle.promote(name, version, to="production", why="good", who="ana", approver="Bea")
    return version
