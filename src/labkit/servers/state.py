"""Which servers run for a course, as every process can read it in ``.course/servers.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from labkit.paths import Course
from labkit.servers.processes import Identity


@dataclass(frozen=True, slots=True)
class Server:
    """One server. ``url`` of JupyterLab carries its token; ``token`` is what a caller must show."""

    url: str
    pid: int
    created: float
    token: str = ""

    @property
    def process(self) -> Identity:
        """The process that was started for it."""
        return Identity(self.pid, self.created)


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of one course; ``ready`` is False until all of them answer."""

    supervisor: Identity
    mlflow: Server | None = None
    checks: Server | None = None
    jupyter: Server | None = None
    ready: bool = False

    @property
    def tracking_uri(self) -> str:
        """Address of the MLflow server; empty if there is none."""
        return self.mlflow.url if self.mlflow else ""

    def named(self) -> dict[str, Server]:
        """The servers there are, by the name a person knows them by."""
        all_of_them = {
            "MLflow": self.mlflow,
            "JupyterLab": self.jupyter,
            "check service": self.checks,
        }
        return {name: server for name, server in all_of_them.items() if server}


def write_servers(course: Course, servers: Servers) -> None:
    """Tell every process of this user which servers run; nobody else may read the tokens."""
    course.state.mkdir(parents=True, exist_ok=True)
    half_made = course.servers.with_suffix(".new")
    half_made.unlink(missing_ok=True)
    kept = {name: value for name, value in asdict(servers).items() if value is not None}
    kept["root"] = str(course.root)
    half_made.touch(mode=0o600, exist_ok=False)
    half_made.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    half_made.replace(course.servers)


def read_servers(course: Course) -> Servers | None:
    """What is written about the servers of ``course``; None if there is nothing to read.

    The processes it names may be gone: see ``labkit.servers.processes.alive``.
    """
    try:
        kept = json.loads(course.servers.read_text(encoding="utf-8"))
        if kept["root"] != str(course.root):
            return None  # a copy of a folder whose servers run: they are not ours
        return Servers(
            Identity(**kept["supervisor"]),
            mlflow=_server(kept.get("mlflow")),
            checks=_server(kept.get("checks")),
            jupyter=_server(kept.get("jupyter")),
            ready=bool(kept.get("ready")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_servers(course: Course) -> None:
    """Remove what is written about the servers of ``course``."""
    course.servers.unlink(missing_ok=True)


def _server(kept: Any) -> Server | None:
    return Server(**kept) if kept else None
