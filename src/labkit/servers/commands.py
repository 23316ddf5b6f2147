"""The command lines of the servers: what is run, where it will answer, and how to ask."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labkit.paths import Course
from labkit.servers.environment import course_environment, sqlite_uri
from labkit.servers.ports import HOST


@dataclass(frozen=True, slots=True)
class Launch:
    """How one server is started, and how to see that it is the one that answers.

    ``url`` is where a person finds it, ``health`` the path it answers with status 200 once it is
    ready, and ``token`` what a caller must show it.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    url: str
    health: str
    token: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def mlflow_server(course: Course, port: int) -> Launch:
    """The MLflow server: SQLite store, artifacts proxied, this machine only.

    By default it would be 15 processes and 3 GB, and fail from 25 simultaneous clients; one
    worker without the job runner and with a larger pool is 2 processes, and serves 50.
    """
    store = sqlite_uri(course.database)
    url = f"http://{HOST}:{port}"
    return Launch(
        "MLflow",
        [
            *_python_module("mlflow", "server", "--host", HOST, "--port", str(port)),
            *("--workers", "1", "--backend-store-uri", store),
            *("--serve-artifacts", "--artifacts-destination", course.artifacts.as_uri()),
        ],
        {
            **course_environment(course, store),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "50",
            "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "50",
        },
        port,
        url,
        "/health",
    )


#: JupyterLab's own defaults ask a new user about news from the network.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}


def check_service(course: Course, tracking_uri: str, port: int) -> Launch:
    """The check service: answers the check cells of labs."""
    url = f"http://{HOST}:{port}"
    token = secrets.token_urlsafe(24)
    return Launch(
        "check service",
        _python_module("labkit.service", "--root", str(course.root), "--port", str(port)),
        {**course_environment(course, tracking_uri), "LABKIT_CHECK_TOKEN": token},
        port,
        url,
        "/health",
        token,
    )


def jupyterlab(course: Course, tracking_uri: str, port: int) -> Launch:
    """JupyterLab on the course folder, with settings and kernels of this course alone."""
    token = secrets.token_urlsafe(24)
    kept = course.state / "jupyter"
    settings = kept / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(SETTINGS, indent=1), encoding="utf-8")
    return Launch(
        "JupyterLab",
        [
            *_python_module("jupyterlab", "--no-browser", f"--ServerApp.ip={HOST}"),
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={course.root}",
            # It must start, and stay quiet, without a network.
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        ],
        {
            **course_environment(course, tracking_uri),
            # Every user of this machine can read a command line, so the token is not on it.
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_DIR": str(kept / "config"),
            "JUPYTER_DATA_DIR": str(kept / "data"),
            "JUPYTER_RUNTIME_DIR": str(kept / "runtime"),
            "IPYTHONDIR": str(kept / "ipython"),
        },
        port,
        f"http://{HOST}:{port}/lab?token={token}",
        "/api/status",
        token,
        {"Authorization": f"token {token}"},
    )


def _python_module(module: str, *arguments: str) -> list[str]:
    # -P: a student's random.py must not be imported in place of Python's.
    return [sys.executable, "-P", "-m", module, *arguments]
