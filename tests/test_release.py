"""A student's kit works in another place and holds nothing of the instructor's."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import REPOSITORY

from labkit.labs import load_lab
from labkit.paths import ROOT_VARIABLE, Course
from labkit.release import command
from labkit.servers.environment import sqlite_uri
from labkit.servers.template import new_database

LAB = "lab01_tracking"


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    done = CliRunner(env={ROOT_VARIABLE: str(REPOSITORY.root)}).invoke(
        command, [LAB, "--out", str(folder / "kit.zip")]
    )
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(folder / "kit.zip") as packed:
        packed.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_no_file_of_the_kit_holds_a_line_of_a_solution_or_of_a_hidden_check(kit: Path) -> None:
    lab = load_lab(REPOSITORY, LAB)
    hidden = (lab.folder / "hidden.py").read_text(encoding="utf-8").splitlines()
    answers = [
        line
        for path in (lab.folder / "answers").glob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("# %% name")
    ]
    messages = [line.strip() for line in hidden if "Hint(" not in line and '"' in line]
    shown = {
        line.strip()
        for cell in lab.source.cells
        if cell.metadata.get("role") != "answer"
        for line in cell.source.splitlines()
    }
    secret = {*lab.solution_lines(), *answers, *messages} - shown
    texts = [path for path in kit.rglob("*") if path.suffix in {".py", ".ipynb", ".md"}]
    inside = [path for path in texts if "notebooks" not in path.parts and "src" not in path.parts]
    assert len(inside) > 5
    for path in inside:
        lines = {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}
        assert not {line for line in lines & secret if len(line) > 25}, path
    names = {path.name for path in kit.rglob("*")}
    assert not names & {"hidden.py", "answers", "solutions"}


def test_the_manifest_names_every_file_with_its_digest(kit: Path) -> None:
    manifest = json.loads((kit / "MANIFEST.json").read_text(encoding="utf-8"))
    found = {
        path.relative_to(kit).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in kit.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json" and "__pycache__" not in path.parts
    }
    assert found == manifest


def test_a_student_works_in_the_kit_and_is_answered(kit: Path, template: Path) -> None:
    place = Course(kit)
    new_database(template, place.database, place.artifacts.as_uri())
    environment = {
        **os.environ,
        "PYTHONPATH": str(kit / "src"),
        "MLFLOW_TRACKING_URI": sqlite_uri(place.database),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        ROOT_VARIABLE: str(kit),
    }
    work = (
        "import labkit, mlflow\n"
        f"assert labkit.__file__.startswith({str(kit)!r})\n"
        "mlflow.set_experiment('lab01-first-run')\n"
        "with mlflow.start_run():\n"
        "    mlflow.log_params({'n_estimators': 10, 'max_depth': 12, 'accuracy': 0.9})\n"
    )
    subprocess.run([sys.executable, "-c", work], cwd=place.labs, env=environment, check=True)
    asked = [sys.executable, "-m", "labkit", "check", "1.1", "--json"]
    done = subprocess.run(asked, cwd=kit, env=environment, capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert (answer["points"], answer["max_points"]) == (1, 4)
    assert "Did you choose accuracy before the training, or" in answer["text"]
