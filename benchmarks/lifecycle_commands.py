"""Races of two clients, and seconds for ``lineage`` and ``reproduce``, on the churn example.

A real MLflow server, a real Git and DVC repository with the course's churn data and a directory
as remote. Two processes promote different versions of one model at the same moment, again and
again; after each race there must be one champion. Run it on a quiet machine:

    .venv/bin/python benchmarks/lifecycle_commands.py [RACES]
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from labkit.paths import Course, find_course
from labkit.servers.data import needs_pull, pull
from labkit.servers.run import running_servers
from labkit.servers.state import read_servers
from labkit.servers.template import new_database, template_database

NAME = "forest-churn-telco"
SCRIPT = """\
import mlflow
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

import lifecycle

data = pd.read_csv("data/churn.csv")
inputs = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
train, valid = train_test_split(data, test_size=0.3, random_state=42, stratify=data["churned"])
with lifecycle.run(data="data.dvc"):
    model = RandomForestClassifier(20, max_depth=8, random_state=42)
    model.fit(train[inputs], train["churned"])
    said = model.predict(valid[inputs])
    mlflow.log_params({"max_depth": 8, "n_estimators": 20})
    mlflow.log_metric("f1", f1_score(valid["churned"], said))
    lifecycle.log_predictions(valid["churned"], said, rows=valid.index)
    info = mlflow.sklearn.log_model(
        model,
        name="model",
        skops_trusted_types=["sklearn.tree._tree.Tree"],
        input_example=valid[inputs].head(2).astype(float),
        pip_requirements=["scikit-learn"],
    )
    lifecycle.register(info, "forest-churn-telco", description="Who leaves next month?")
"""


def make_project(folder: Path, data: Path) -> Path:
    """The churn example: data in a directory remote, a script, one commit."""
    root = folder / "project"
    root.mkdir()
    shutil.copytree(data, root / "data")
    (root / "train.py").write_text(SCRIPT, encoding="utf-8")
    dvc = [sys.executable, "-m", "dvc"]
    for command in (
        ["git", "init", "-q"],
        ["git", "config", "user.name", "Ana"],
        ["git", "config", "user.email", "ana@example.org"],
        [*dvc, "init", "-q"],
        [*dvc, "remote", "add", "-q", "-d", "store", str(folder / "remote")],
        [*dvc, "add", "-q", "data"],
        [*dvc, "push", "-q"],
        ["git", "add", "-A"],
        ["git", "commit", "-q", "-m", "Train on the churn data"],
    ):
        subprocess.run(command, cwd=root, check=True)
    return root


def promote(uri: str, version: int, who: str, start: Barrier, results: Any) -> None:
    """What each of two clients does in a race."""
    os.environ["MLFLOW_TRACKING_URI"] = uri
    import lifecycle

    rules = lifecycle.Rules(
        transitions={"none": ("production",)}, requires={"staging": (), "production": ()}
    )
    start.wait()
    began = time.perf_counter()
    try:
        lifecycle.promote(NAME, version, to="production", why="race", who=who, rules=rules)
        told = "promoted"
    except lifecycle.LostRaceError:
        told = "told that it lost"
    results.put((told, time.perf_counter() - began))


def race(uri: str, context: Any, versions: tuple[int, int]) -> list[tuple[str, float]]:
    """One race; what each client was told, and its seconds."""
    start, results = context.Barrier(2), context.Queue()
    clients = [
        context.Process(target=promote, args=(uri, version, who, start, results))
        for version, who in zip(versions, ("ben", "cem"), strict=True)
    ]
    for client in clients:
        client.start()
    found = [results.get(timeout=300) for _ in clients]
    for client in clients:
        client.join(300)
    return found


def races(uri: str, count: int) -> None:
    """Print how races end; stop at once where there is not exactly one champion."""
    import mlflow

    import lifecycle
    from lifecycle.registry import snapshot

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lifecycle.transitions", "mlflow.pyfunc"])
    source = snapshot(NAME).versions[1].source
    told: Counter[str] = Counter()
    seconds = []
    for _ in range(count):
        pair = tuple(int(mlflow.register_model(source, NAME).version) for _ in range(2))
        for outcome, took in race(uri, context, (pair[0], pair[1])):
            told[outcome] += 1
            seconds.append(took)
        found = snapshot(NAME)
        champions = [n for n, one in found.versions.items() if one.stage == "Production"]
        if champions != [found.aliases["champion"]] or lifecycle.current(NAME).problems:
            raise SystemExit(f"champions: {champions}, aliases: {found.aliases}")
    both = told["promoted"] - count
    print(f"{count} races, one champion after each: {told['told that it lost']} losers were told,")
    print(f"  {both} came so late that their promotion followed the other's")
    print(f"  a promotion: median {statistics.median(seconds):.2f} s")


def seconds(label: str, action: Callable[[], Any], repeats: int = 3) -> None:
    """Print the median time of an action, and what it returned last."""
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        found = action()
        took.append(time.perf_counter() - began)
    print(f"{label}: median of {repeats} {statistics.median(took):.2f} s   {found}")


def measure(uri: str, project: Path, count: int) -> None:
    """Everything that is measured, against one server."""
    os.environ.update(MLFLOW_TRACKING_URI=uri, MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false")
    import lifecycle

    subprocess.run([sys.executable, "train.py"], cwd=project, check=True, capture_output=True)
    load = [sys.executable, "-c", "import lifecycle"]
    nothing = [sys.executable, "-c", "pass"]
    seconds("python -c pass", lambda: subprocess.run(nothing, check=True).returncode, 9)
    seconds("python -c 'import lifecycle'", lambda: subprocess.run(load, check=True).returncode, 9)
    trace = functools.partial(lifecycle.lineage, NAME, 1, repository=project)
    seconds("lineage", lambda: f"verified: {trace().ok}")
    again = functools.partial(lifecycle.reproduce, NAME, 1, repository=project)
    seconds("reproduce", lambda: str(again()))
    seconds("verify, data included", lambda: lifecycle.verify(NAME, 1, repository=project).ok)
    races(uri, count)


def main() -> None:
    """Start a server, make the project, measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    here = find_course(Path(__file__).parent)
    if needs_pull(here):
        pull(here)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
        course = Course(Path(room).resolve())
        template = template_database(here.state / "template")
        new_database(template, course.database, "mlflow-artifacts:")
        project = make_project(course.root, here.data)
        with running_servers(course, jupyter=False, checks=False):
            servers = read_servers(course)
            if servers is None:
                raise SystemExit("the server did not start")
            measure(servers.tracking_uri, project, count)


if __name__ == "__main__":
    main()
