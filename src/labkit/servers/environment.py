"""What every process of a running course finds in its environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from labkit.paths import ROOT_VARIABLE, Course

#: Set by a person for another project, these would send a notebook's work elsewhere.
FOREIGN = (
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_RUN_ID",
)


def course_environment(course: Course, tracking_uri: str) -> dict[str, str]:
    """The whole environment of a server, kernel or tool that works in ``course``.

    Args:
        course: the course folder or workspace it works in.
        tracking_uri: address of an MLflow server, or ``sqlite:///`` and a path.

    Returns:
        This process's environment with what the course needs set, and what would lead
        its work astray taken out.
    """
    found = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {
        **found,
        **_direct_loopback(found),
        "PATH": _path_with_tools(found.get("PATH", "")),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DVC_NO_ANALYTICS": "1",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        # "Experiment ... does not exist. Creating it." in red frightens more than it tells.
        "MLFLOW_LOGGING_LEVEL": "WARNING",
        "MLFLOW_TRACKING_URI": tracking_uri,
        ROOT_VARIABLE: str(course.root),
    }


def tool(course: Course, name: str) -> str:
    """How a person in the course folder calls one of its tools, with or without .venv active."""
    program = Path(sys.executable).with_name(name)
    inside = program.is_relative_to(course.root)
    return str(program.relative_to(course.root)) if inside else f'"{program}"'


def sqlite_uri(database: Path) -> str:
    """The tracking URI of an SQLite file."""
    return f"sqlite:///{database.as_posix()}"


def _path_with_tools(path: str) -> str:
    # Nobody has to activate .venv: `!dvc` and `!mlflow` in a notebook must still be the course's.
    tools = str(Path(sys.executable).parent)
    others = [folder for folder in path.split(os.pathsep) if folder and folder != tools]
    return os.pathsep.join([tools, *others])


def _direct_loopback(found: dict[str, str]) -> dict[str, str]:
    """A school's proxy must not be asked for addresses of this machine."""
    proxied = any(name.lower() in {"http_proxy", "all_proxy"} for name in found)
    if not proxied:
        return {}
    known = found.get("NO_PROXY") or found.get("no_proxy") or ""
    direct = ",".join(filter(None, [known, "127.0.0.1", "localhost"]))
    return {"NO_PROXY": direct, "no_proxy": direct}
