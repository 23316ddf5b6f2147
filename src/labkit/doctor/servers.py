"""The servers: who has the port, and whether the one a person names answers to that name."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

from labkit.doctor.finding import Finding
from labkit.paths import Course
from labkit.servers.ports import HOST, holder, taken
from labkit.servers.processes import alive
from labkit.servers.run import left_running, log_of, supervised
from labkit.servers.state import Servers, read_servers

_REFUSAL = "Invalid Host header"


def servers(course: Course) -> Finding:
    """Whether the course's own servers, if they were started, all run and are looked after."""
    found = read_servers(course)
    if supervised(course) and not (found and found.ready):
        return Finding("servers", "a start is under way")
    if found and supervised(course):
        dead = [name for name, one in found.named().items() if not alive(one.process)]
        if not dead:
            return Finding("servers", f"MLflow {found.tracking_uri}, JupyterLab beside it")
        return Finding(
            "servers",
            f"{' and '.join(dead)} ended by itself.",
            f"its log tells: {log_of(course, dead[0])}",
            "press Ctrl-C where the course was started, and start it again.",
        )
    left = left_running(course)
    if left:
        names = ", ".join(f"{name} (process {one.pid})" for name, one in left.items())
        return Finding(
            "servers",
            f"Left running: {names}.",
            "the start they belong to was killed.",
            "python course.py start stops them and starts anew.",
        )
    return Finding("servers", "not started")


def port(course: Course, wanted: int) -> Finding:
    """Whether MLflow can have the port ``wanted``, or has one already."""
    subject = f"port {wanted}"
    if supervised(course) and read_servers(course):
        return Finding(subject, "not needed: the course runs")
    if not taken(wanted):
        return Finding(subject, "free")
    who = holder(wanted)
    if who.course == course.root:
        return Finding(subject, "held by a server of this course")
    remedy = "or leave it: python course.py start takes the next free port."
    if who.course:
        return Finding(
            subject,
            f"In use by a server of another course folder: {who.course}.",
            "it was started there and still runs; its runs and models are not this course's.",
            f"press Ctrl-C where it was started, {remedy}",
        )
    return Finding(
        subject, f"In use by {who.name}.", "only one program can listen there.", f"end it, {remedy}"
    )


def host_header(course: Course, environment: Mapping[str, str]) -> Finding:
    """Whether the server named by MLFLOW_TRACKING_URI answers to the name it is given there."""
    subject = "server name"
    uri = urlsplit(environment.get("MLFLOW_TRACKING_URI", ""))
    if uri.scheme not in {"http", "https"} or not uri.hostname:
        return Finding(subject, "no server is named in MLFLOW_TRACKING_URI")
    try:
        status, text = _ask(_address(uri.hostname, uri.port, read_servers(course)), uri.netloc)
    except (OSError, http.client.HTTPException) as fault:
        return Finding(
            subject,
            f"No MLflow server answers at {uri.geturl()}.",
            f"{type(fault).__name__}: {fault}",
            "start the course, or unset MLFLOW_TRACKING_URI: notebooks find the server without.",
        )
    if status == http.client.FORBIDDEN and _REFUSAL in text:
        return Finding(
            subject,
            f"The MLflow server answers `{_REFUSAL}` to the name {uri.hostname}.",
            "it accepts only localhost and private addresses, against DNS rebinding.",
            f"set MLFLOW_TRACKING_URI to http://{HOST}:{uri.port or 5000}, or start that server "
            f"with --allowed-hosts {uri.netloc}",
        )
    return Finding(subject, f"{uri.geturl()} answers")


def _address(host: str, port: int | None, running: Servers | None) -> tuple[str, int]:
    """Where to knock: a name for the course's own server may not resolve on this machine."""
    own = urlsplit(running.tracking_uri).port if running else None
    return (HOST, own) if own and own == port else (host, port or 80)


def _ask(address: tuple[str, int], name: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(*address, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": name})
        answer = connection.getresponse()
        return answer.status, answer.read(10_000).decode(errors="replace")
    finally:
        connection.close()
