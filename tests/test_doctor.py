"""``labkit doctor``: every problem it knows is brought about for real, and so is its absence."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support_servers import course_in, forget_data, give_data, labkit

from labkit.doctor import machine, servers, store
from labkit.doctor.command import examine
from labkit.doctor.data import data
from labkit.doctor.finding import Finding
from labkit.errors import CourseError
from labkit.paths import Course
from labkit.servers.processes import identity, spawn, stop
from labkit.servers.run import running_servers
from labkit.servers.state import Server, Servers, read_servers, write_servers
from labkit.servers.template import new_database


@pytest.fixture
def fresh(tmp_path: Path, template: Path) -> Course:
    """A course folder nothing has happened in."""
    return course_in(tmp_path / "course", template)


@pytest.fixture(scope="module")
def with_data(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Course:
    course = course_in(tmp_path_factory.mktemp("data") / "course", template)
    give_data(course)
    return course


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Course]:
    """Another course folder whose MLflow server runs."""
    course = course_in(tmp_path_factory.mktemp("other") / "course", template)
    with running_servers(course, jupyter=False, checks=False):
        yield course


def port_of(course: Course) -> int:
    kept = json.loads(course.servers.read_text())
    port = urlsplit(kept["mlflow"]["url"]).port
    assert port
    return port


def told(finding: Finding, *words: str) -> bool:
    """Whether it is a problem that names these words, its cause, and what to do."""
    return (
        not finding.ok
        and all(word in str(finding) for word in words)
        and "\n  Why:  " in str(finding)
        and "\n  Next: " in str(finding)
    )


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0)])
def test_an_unsupported_python(version: tuple[int, int, int]) -> None:
    assert told(machine.python_version(version), f"3.{version[1]}", "3.11, 3.12 and 3.13")
    assert machine.python_version((3, 12, 1)).ok


def test_missing_git_is_reported_by_the_command(fresh: Course, tmp_path: Path) -> None:
    done = labkit(fresh, "doctor", more={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "PROBLEM  Git" in done.stdout
    assert "https://git-scm.com" in done.stdout
    assert "ok       DVC" in done.stdout
    assert machine.git().ok


def test_missing_dvc(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    python = bare / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    assert told(machine.dvc(str(python)), "DVC is missing")
    assert machine.dvc().ok


def test_too_little_room_on_the_disk(fresh: Course) -> None:
    assert told(machine.disk(fresh, room=10**18), "GB free", "free some space")
    assert machine.disk(fresh, room=1).ok


def test_a_port_some_program_has(fresh: Course) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert told(servers.port(fresh, port), f"port {port}", "In use", "next free port")
    assert servers.port(fresh, port).ok


def test_a_port_a_server_of_another_course_has(fresh: Course, other: Course) -> None:
    assert told(servers.port(fresh, port_of(other)), "another course folder", str(other.root))
    assert servers.port(other, port_of(other)).ok


def test_servers_a_killed_start_left(fresh: Course) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    log = fresh.logs / "sleep.log"
    with spawn(sleep, folder=fresh.root, environment=os.environ, log=log) as child:
        process = identity(child.pid)
        gone = identity(os.getpid())
        server = Server("http://127.0.0.1:5000", process.pid, process.created)
        write_servers(fresh, Servers(gone, mlflow=server, ready=True))
        assert told(servers.servers(fresh), f"MLflow (process {child.pid})", "was killed")
        stop([process])
    assert servers.servers(fresh).ok


def test_a_name_the_server_refuses(fresh: Course, other: Course) -> None:
    port = port_of(other)
    refused = {"MLFLOW_TRACKING_URI": f"http://hub.school.edu:{port}"}
    assert told(servers.host_header(other, refused), "Invalid Host header", "hub.school.edu")
    known = {"MLFLOW_TRACKING_URI": f"http://localhost:{port}"}
    assert servers.host_header(other, known).ok
    assert servers.host_header(fresh, {}).ok


def test_a_tracking_server_that_is_not_there(fresh: Course) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}"}
    assert told(servers.host_header(fresh, environment), "No MLflow server answers")


@pytest.mark.parametrize("uri", ["file:///tmp/mlruns", "./mlruns", "C:\\runs", "/var/mlruns"])
def test_a_tracking_uri_that_is_a_folder(uri: str) -> None:
    assert told(store.tracking_uri({"MLFLOW_TRACKING_URI": uri}), uri, "3.13")


@pytest.mark.parametrize("uri", ["", "http://127.0.0.1:5000", "sqlite:///mlflow.db"])
def test_a_tracking_uri_that_is_none(uri: str) -> None:
    assert store.tracking_uri({"MLFLOW_TRACKING_URI": uri}).ok


def test_runs_of_an_older_mlflow(fresh: Course) -> None:
    assert store.old_runs(fresh).ok
    old = fresh.labs / "mlruns" / "0"
    old.mkdir(parents=True)
    (old / "meta.yaml").write_text("experiment_id: '0'\n")
    assert told(store.old_runs(fresh), str(fresh.labs / "mlruns"), "migrate-filestore")


def test_a_store_with_an_old_schema(fresh: Course, template: Path) -> None:
    assert store.schema(fresh).ok
    new_database(template, fresh.database, "mlflow-artifacts:")
    assert store.schema(fresh).ok
    with contextlib.closing(sqlite3.connect(fresh.database)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '728d730b5ebd'")
    (finding,) = (one for one in examine(fresh) if one.subject == "store")
    assert told(finding, "728d730b5ebd", 'db upgrade "sqlite:///')
    with (
        pytest.raises(CourseError, match="db upgrade"),
        running_servers(fresh, jupyter=False),
    ):
        pass


def test_data_as_it_should_be(with_data: Course, fresh: Course) -> None:
    assert data(with_data).ok
    assert data(fresh).ok  # a folder without course data


def test_data_not_pulled(with_data: Course, tmp_path: Path) -> None:
    course = Course(shutil.copytree(with_data.root, tmp_path / "course"))
    forget_data(course)
    assert told(data(course), "not pulled", "pull data.dvc")


@pytest.mark.parametrize("cached", [True, False])
def test_altered_data_is_named(with_data: Course, tmp_path: Path, cached: bool) -> None:
    course = Course(shutil.copytree(with_data.root, tmp_path / "course"))
    if not cached:
        shutil.rmtree(course.root / ".dvc" / "cache")
    (course.data / "churn.csv").write_text("age,churned\n41,1\n")
    (course.data / "incoming" / "june.csv").unlink()
    (course.data / "notes.txt").touch()
    finding = data(course)
    assert told(finding, "altered: churn.csv", "missing: incoming/june.csv", "added: notes.txt")
    assert "pull --force" in finding.next_step


def test_a_broken_pointer_is_a_finding_like_any_other(fresh: Course) -> None:
    (fresh.root / "data.dvc").write_text("outs: nonsense\n")
    (finding,) = (one for one in examine(fresh) if one.subject == "data")
    assert told(finding, "not a DVC pointer", "git checkout -- data.dvc")


def test_a_server_that_ended_by_itself(other: Course) -> None:
    # The last test here: it takes the server from under the others.
    assert servers.servers(other).ok
    found = read_servers(other)
    assert found
    assert found.mlflow
    stop([found.mlflow.process])
    assert told(servers.servers(other), "MLflow ended by itself", "mlflow.log")
