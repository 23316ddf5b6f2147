"""What the tests share: the course, its data, workspaces, and a classroom with real servers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from labkit.grading.bench import Bench, Engine, Order, make_bench
from labkit.grading.environment import grading_environment
from labkit.paths import Course
from labkit.servers.data import needs_pull, pull
from labkit.servers.environment import course_environment, sqlite_uri
from labkit.servers.run import running_servers
from labkit.servers.state import read_servers
from labkit.servers.template import template_database
from labkit.warm.pool import WarmProcess
from labkit.workspace import make_workspace

REPOSITORY = Course(Path(__file__).resolve().parents[1])
# Tests run in several processes: threads of torch and XGBoost would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

#: Runs Python source in a workspace, as a notebook there would; returns what it printed.
InWorkspace = Callable[[Course, str], str]
#: Sets up what submissions are graded with.
BenchFor = Callable[[Order], Bench]


@pytest.fixture(scope="session")
def course() -> Course:
    """The course under test, its data pulled from the remote in the repository."""
    REPOSITORY.state.mkdir(exist_ok=True)
    # Tests run in several processes, and DVC refuses to be run twice in one repository.
    with FileLock(REPOSITORY.state / "pull.lock"):
        if needs_pull(REPOSITORY):
            pull(REPOSITORY)
    return REPOSITORY


@pytest.fixture(scope="session")
def template(course: Course) -> Path:
    """The migrated, empty tracking store."""
    return template_database(course.state / "template")


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmProcess]:
    """One process for all tests to fork from: to warm up takes longer than most tests."""
    process = WarmProcess(grading_environment(), ["labkit.practice"], apart=True)
    try:
        process.wait_until_warm()
        yield process
    finally:
        process.close()


@pytest.fixture(scope="session")
def bench_for(request: pytest.FixtureRequest) -> BenchFor:
    """Set up a bench, on the shared warm process unless it is for cold kernels."""

    def make(order: Order) -> Bench:
        cold = order.engine_used is Engine.COLD
        return make_bench(order, None if cold else request.getfixturevalue("warm"))

    return make


@pytest.fixture
def workspace(tmp_path: Path, course: Course, template: Path) -> Course:
    """A fresh workspace with a SQLite store of its own and no server."""
    return make_workspace(tmp_path / "workspace", course=course, template=template)


@pytest.fixture(scope="session")
def classroom(
    tmp_path_factory: pytest.TempPathFactory, course: Course, template: Path
) -> Iterator[Course]:
    """A workspace with the lab sources, an MLflow server and the check service running."""
    room = make_workspace(
        tmp_path_factory.mktemp("classroom") / "course",
        course=course,
        template=template,
        artifact_root="mlflow-artifacts:",
        content=True,
    )
    with running_servers(room, jupyter=False):
        yield room


@pytest.fixture(scope="session")
def run_in() -> InWorkspace:
    """Run source in a process of its own, with the folder and environment of a notebook."""
    return _run_in


def _run_in(workspace: Course, source: str) -> str:
    servers = read_servers(workspace)
    uri = servers.tracking_uri if servers else sqlite_uri(workspace.database)
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=workspace.labs,
        env=course_environment(workspace, uri),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
