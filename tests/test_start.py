"""``labkit start`` as a student meets it: real servers, real signals, real leftovers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support_servers import Start, all_gone, course_in, forget_data, give_data, labkit

from labkit.doctor import servers as doctor
from labkit.errors import CourseError
from labkit.paths import Course
from labkit.servers.data import needs_pull, pull
from labkit.servers.ports import free_port, taken
from labkit.servers.run import left_running, running_servers, supervised
from labkit.servers.state import read_servers

posix_only = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")


class LikeAirPlay(BaseHTTPRequestHandler):
    """What macOS answers on port 5000."""

    def do_GET(self) -> None:
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class LikeOurs(LikeAirPlay):
    """What a server of another course answers."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


@contextlib.contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    with HTTPServer(("127.0.0.1", free_port()), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def taken_port() -> Iterator[int]:
    with listening(LikeAirPlay) as port:
        yield port


@pytest.fixture(scope="module")
def with_data(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Course:
    """A course folder with data, to be copied by tests that change it."""
    course = course_in(tmp_path_factory.mktemp("data") / "course", template)
    give_data(course)
    return course


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory, with_data: Course, taken_port: int
) -> Iterator[Start]:
    """A start in a fresh clone whose path is not plain, on a port that is taken."""
    place = tmp_path_factory.mktemp("started") / "mein Kürs 100%"
    course = Course(shutil.copytree(with_data.root, place))
    forget_data(course)
    (course.root / "labs").mkdir()
    with Start(course, taken_port) as start:
        yield start


def ask(url: str, token: str = "", body: dict[str, Any] | None = None) -> tuple[int, str]:
    headers = {"Authorization": f"token {token}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, ""


def test_start_says_where_servers_are_that_answer(started: Start) -> None:
    assert ask(f"{started.address('MLflow')}/health") == (200, "OK")
    jupyter = urlsplit(started.address("JupyterLab"))
    status = f"http://{jupyter.netloc}/api/status"
    assert ask(status, jupyter.query.removeprefix("token="))[0] == 200
    assert ask(status)[0] == 403
    servers = read_servers(started.course)
    assert servers
    assert servers.checks
    assert ask(f"{servers.checks.url}/health")[0] == 200


def test_jupyterlab_asks_nothing_about_news_from_the_network(started: Start) -> None:
    jupyter = urlsplit(started.address("JupyterLab"))
    name = "@jupyterlab/apputils-extension:notification"
    token = jupyter.query.removeprefix("token=")
    status, answer = ask(f"http://{jupyter.netloc}/lab/api/settings/{name}", token)
    assert status == 200
    properties = json.loads(answer)["schema"]["properties"]
    assert properties["fetchNews"]["default"] == "false"
    assert properties["checkForUpdates"]["default"] is False


def test_a_taken_port_is_told_in_one_line_and_left_alone(started: Start, taken_port: int) -> None:
    told = [line for line in started.lines if f"Port {taken_port} is taken" in line]
    assert len(told) == 1
    assert urlsplit(started.address("MLflow")).port != taken_port
    assert taken(taken_port)


def test_the_data_is_pulled(started: Start) -> None:
    assert "DVC pulled the course data" in started.said
    assert (started.course.data / "churn.csv").read_text() == "age,churned\n41,0\n"
    assert not needs_pull(started.course)


def test_tokens_are_readable_by_nobody_else(started: Start) -> None:
    assert started.course.servers.stat().st_mode & 0o077 == 0 or os.name == "nt"
    commands = [" ".join(process.cmdline()) for process in started.processes()]
    token = urlsplit(started.address("JupyterLab")).query.removeprefix("token=")
    assert not any(token in command for command in commands)


def test_a_second_start_finds_what_runs(started: Start) -> None:
    second = labkit(started.course, "start", "--no-browser")
    assert second.returncode == 0
    assert "runs already" in second.stdout
    assert started.address("MLflow") in second.stdout
    assert started.address("JupyterLab") in second.stdout


def test_servers_that_run_are_not_started_twice(started: Start) -> None:
    with (
        pytest.raises(CourseError, match="run already"),
        running_servers(started.course, jupyter=False),
    ):
        pass


def test_the_kernel_of_a_notebook_finds_the_server(started: Start) -> None:
    jupyter = urlsplit(started.address("JupyterLab"))
    token = jupyter.query.removeprefix("token=")
    status, answer = ask(f"http://{jupyter.netloc}/api/kernels", token, {"path": "labs"})
    assert status == 201, answer
    (kernel,) = (one for one in started.processes() if "ipykernel_launcher" in one.cmdline())
    environment = kernel.environ()
    assert environment["MLFLOW_TRACKING_URI"] == started.address("MLflow")
    assert environment["LABKIT_ROOT"] == str(started.course.root)
    assert Path(environment["PATH"].split(os.pathsep)[0]) == Path(sys.executable).parent
    assert Path(kernel.cwd()) == started.course.root / "labs"


def test_the_doctor_knows_a_running_course(started: Start) -> None:
    assert doctor.servers(started.course).ok
    assert doctor.port(started.course, 5000).ok


def test_a_copy_of_a_running_folder_is_another_course(started: Start, tmp_path: Path) -> None:
    copy = Course(tmp_path)
    copy.state.mkdir()
    shutil.copy(started.course.servers, copy.servers)
    assert left_running(copy) == {}
    assert not supervised(copy)


@posix_only
def test_ctrl_c_stops_everything_kernels_too(started: Start) -> None:
    processes = started.processes()
    assert "Nothing is left running" in started.interrupt()
    assert started.process.returncode == 0
    assert all_gone(processes)
    assert not started.course.servers.exists()
    assert not supervised(started.course)


@posix_only
def test_servers_of_a_killed_start_are_stopped_by_its_guard_or_by_the_next_start(
    tmp_path: Path, template: Path
) -> None:
    course = course_in(tmp_path / "course", template)
    port = free_port()
    with Start(course, port) as first:
        processes = first.processes()
        (guard,) = (one for one in processes if "labkit.servers.guard" in one.cmdline())
        servers = [one for one in processes if one != guard]
        guard.kill()
        first.process.kill()
        first.process.wait()
        assert any(one.is_running() for one in servers)
        assert "was killed" in doctor.servers(course).why
    with Start(course, port) as second:
        assert "An earlier start was killed" in second.said
        assert urlsplit(second.address("MLflow")).port == port
        assert all_gone(servers)
        processes = second.processes()
        second.process.kill()
        second.process.wait()
        assert all_gone(processes)


def test_a_server_that_does_not_start_is_told_with_the_end_of_its_log(
    tmp_path: Path, template: Path
) -> None:
    course = course_in(tmp_path, template)
    settings = course.state / "jupyter" / "config" / "jupyter_server_config.py"
    settings.parent.mkdir(parents=True)
    settings.write_text("raise SystemExit('these settings are broken')\n")
    with (
        pytest.raises(CourseError, match="these settings are broken") as told,
        running_servers(course, jupyter=True, checks=False),
    ):
        pass
    assert told.value.what == "JupyterLab did not start."
    assert not course.servers.exists()


def test_the_server_of_another_course_that_took_the_port_is_not_taken_for_ours(
    tmp_path: Path, template: Path
) -> None:
    course = course_in(tmp_path, template)
    with (
        listening(LikeOurs) as port,
        pytest.raises(CourseError, match="MLflow did not start"),
        running_servers(course, jupyter=False, checks=False, port=port),
    ):
        pass


def test_data_changed_by_hand_is_not_overwritten(tmp_path: Path, with_data: Course) -> None:
    course = Course(shutil.copytree(with_data.root, tmp_path / "course"))
    (course.data / "churn.csv").write_text("mine")
    assert needs_pull(course)
    with pytest.raises(CourseError, match="changed by hand"):
        pull(course)
    assert (course.data / "churn.csv").read_text() == "mine"


def test_data_is_pulled_into_a_folder_without_git(tmp_path: Path, with_data: Course) -> None:
    course = Course(shutil.copytree(with_data.root, tmp_path / "course"))
    forget_data(course)
    shutil.rmtree(course.root / ".git")
    pull(course)
    assert not needs_pull(course)
