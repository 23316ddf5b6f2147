"""Starts the servers of a course beside each other, and stops them, whatever happens."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from labkit.errors import CourseError
from labkit.paths import Course
from labkit.servers.commands import Launch, check_service, jupyterlab, mlflow_server
from labkit.servers.guard import Guard
from labkit.servers.ports import HOST, free_port, next_free_port
from labkit.servers.processes import identity, members, spawn, stop
from labkit.servers.state import Server, Servers, forget_servers, read_servers, write_servers
from labkit.servers.template import new_database, require_schema, template_database

#: Seconds all servers together may take to answer.
LIMIT = 180.0
_JUPYTER_PORT = 8888
_TAIL = 15


@contextlib.contextmanager
def running_servers(
    course: Course, *, jupyter: bool, checks: bool = True, port: int | None = None
) -> Iterator[Servers]:
    """Run a course's servers for as long as the ``with`` block lasts.

    Servers that a killed supervisor left are stopped first. The tracking store is made from the
    template if it is missing.

    Args:
        course: the course folder, or any folder to be one (a workspace, a temporary folder).
        jupyter: whether JupyterLab runs beside MLflow.
        checks: whether the check service does.
        port: where MLflow listens; any free port unless given.

    Yields:
        Where they are, once all of them answer.

    Raises:
        CourseError: the course's servers run already, the store does not fit the installed
            MLflow, or a server does not start.
    """
    course.state.mkdir(parents=True, exist_ok=True)
    with _only_one(course):
        stop(one.process for one in left_running(course).values())
        _prepare_store(course)
        launches = {"mlflow": mlflow_server(course, port or free_port())}
        tracking_uri = launches["mlflow"].url
        if checks:
            launches["checks"] = check_service(course, tracking_uri, free_port())
        if jupyter:
            launches["jupyter"] = jupyterlab(course, tracking_uri, next_free_port(_JUPYTER_PORT))
        with Guard(course.state) as guard, _spawned(course, launches, guard) as (found, children):
            _wait_until_ready(course, launches, children)
            ready = replace(found, ready=True)
            write_servers(course, ready)
            yield ready


def supervised(course: Course) -> bool:
    """Whether a process that looks after the servers of ``course`` runs."""
    if not course.state.is_dir():
        return False
    try:
        with _lock(course).acquire(timeout=0):
            return False
    except Timeout:
        return True


def left_running(course: Course) -> dict[str, Server]:
    """The servers named in ``servers.json`` of which a process still runs, by name.

    Where the course is not ``supervised``, they are what a killed supervisor left.
    """
    found = read_servers(course)
    named = found.named() if found else {}
    return {name: one for name, one in named.items() if members(one.process)}


def log_of(course: Course, name: str) -> Path:
    """The file that holds what a server (``MLflow``, ``JupyterLab``, ...) printed."""
    return course.logs / f"{name.lower().replace(' ', '-')}.log"


def last_lines(log: Path, count: int = _TAIL) -> str:
    """The last lines of a log, or that there are none."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-count:]) or "(it printed nothing)"


def _lock(course: Course) -> FileLock:
    # The operating system lets go of it when its holder dies, so it never lies.
    return FileLock(course.state / "servers.lock")


@contextlib.contextmanager
def _only_one(course: Course) -> Iterator[None]:
    try:
        with _lock(course).acquire(timeout=1):
            yield
    except Timeout:
        raise CourseError(
            f"The servers of {course.root} run already.",
            why="Another process looks after them; two would write the same store.",
            next_step="Use those (python course.py start says where they are), or stop them "
            "with Ctrl-C where they were started.",
        ) from None


def _prepare_store(course: Course) -> None:
    template = template_database(course.state / "template")
    if course.database.exists():
        require_schema(course, template)
    else:
        new_database(template, course.database, "mlflow-artifacts:")
    course.artifacts.mkdir(exist_ok=True)


@contextlib.contextmanager
def _spawned(
    course: Course, launches: Mapping[str, Launch], guard: Guard
) -> Iterator[tuple[Servers, dict[str, subprocess.Popen[bytes]]]]:
    children: dict[str, subprocess.Popen[bytes]] = {}
    servers: dict[str, Server] = {}
    try:
        for key, launch in launches.items():
            child = children[key] = spawn(
                launch.command,
                folder=course.state,
                environment=launch.environment,
                log=log_of(course, launch.name),
            )
            process = identity(child.pid)
            guard.watch(process)
            servers[key] = Server(launch.url, process.pid, process.created, launch.token)
        found = Servers(
            identity(os.getpid()),
            mlflow=servers["mlflow"],
            checks=servers.get("checks"),
            jupyter=servers.get("jupyter"),
        )
        write_servers(course, found)
        yield found, children
    finally:
        stop(server.process for server in servers.values())
        for child in children.values():
            child.wait()
        forget_servers(course)


def _wait_until_ready(
    course: Course, launches: Mapping[str, Launch], children: Mapping[str, subprocess.Popen[bytes]]
) -> None:
    waiting = dict(launches)
    deadline = time.monotonic() + LIMIT
    while waiting:
        for key, launch in list(waiting.items()):
            if children[key].poll() is not None:
                raise _did_not_start(course, launch, "It ended")
            if _healthy(launch) and _listens(children[key], launch.port):
                del waiting[key]
            elif time.monotonic() > deadline:
                raise _did_not_start(course, launch, f"No answer within {LIMIT:.0f} s")
        if waiting:
            time.sleep(0.1)


def _healthy(launch: Launch) -> bool:
    connection = http.client.HTTPConnection(HOST, launch.port, timeout=2)
    try:
        connection.request("GET", launch.health, headers=dict(launch.headers))
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens(child: subprocess.Popen[bytes], port: int) -> bool:
    """Whether a server listens there itself: another's may have been quicker to take the port."""
    try:
        return any(
            one.status == psutil.CONN_LISTEN and one.laddr.port == port
            for process in members(identity(child.pid))
            for one in process.net_connections("tcp")
        )
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _did_not_start(course: Course, launch: Launch, why: str) -> CourseError:
    log = log_of(course, launch.name)
    return CourseError(
        f"{launch.name} did not start.",
        why=f"{why}. The end of its log ({log}):\n{last_lines(log)}",
        next_step="Run `python course.py doctor`, mend what it names, and start again.",
    )
