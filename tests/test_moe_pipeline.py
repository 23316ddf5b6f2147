"""The case study's pipeline: `dvc repro` does all of it once, and then only what changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY
from support_lifecycle import commit_all, sh
from support_moe import flows_file

from moe_ids.flows import RECIPES, make_flows

pytestmark = pytest.mark.pipeline

STAGES = [
    f"{stage}@{data}"
    for stage in ("prepare", "train", "evaluate", "register")
    for data in ("cicids2017", "unsw_nb15")
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the pipeline in a repository of their own, set to be quick."""
    root = tmp_path_factory.mktemp("pipeline")
    shutil.copyfile(REPOSITORY.root / "dvc.yaml", root / "dvc.yaml")
    shutil.copytree(
        REPOSITORY.root / "src" / "moe_ids",
        root / "src" / "moe_ids",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    params = (REPOSITORY.root / "params.yaml").read_text()
    (root / "params.yaml").write_text(params.replace("quick: false", "quick: true"))
    (root / "data").mkdir()
    flows_file(root / "data", make_flows(RECIPES["v1"].with_rows(2_000)))
    sh(root, "git", "init", "-q", "-b", "main")
    sh(root, sys.executable, "-m", "dvc", "init", "-q")
    (root / ".gitignore").write_text("/data\n/case\n/mlruns\n/mlflow.db\n")
    commit_all(root, "The pipeline")
    return root


def repro(project: Path) -> list[str]:
    """The stages that ran."""
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "repro"],
        cwd=project,
        env={
            **{name: value for name, value in os.environ.items() if name != "MOE_IDS_DATA"},
            "MLFLOW_TRACKING_URI": f"sqlite:///{(project / 'mlflow.db').as_posix()}",
            "DVC_NO_ANALYTICS": "1",
            # As in an environment that was activated: the stages say `python`.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    running = [line for line in done.stdout.splitlines() if line.startswith("Running stage")]
    return [line.split("'")[1] for line in running]


def test_everything_runs_once_then_nothing_then_what_depends_on_a_changed_value(
    project: Path,
) -> None:
    assert sorted(repro(project)) == sorted(STAGES)
    for data in ("cicids2017", "unsw_nb15"):
        shown = json.loads((project / "case" / "figures" / data / "metrics.json").read_text())
        assert {"mixture", "neural_mixture", "xgboost", "ft"} <= set(shown)
        registered = json.loads((project / "case" / "registered" / f"{data}.json").read_text())
        assert len(registered) == 4

    assert repro(project) == []

    params = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(params.replace("the course's instructor", "Bea"))
    assert sorted(repro(project)) == ["register@cicids2017", "register@unsw_nb15"]
