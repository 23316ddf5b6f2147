"""The environment student code sees: what it needs to run, nothing of the instructor's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from labkit.paths import ROOT_VARIABLE, Course
from labkit.servers.environment import sqlite_uri

#: What is the same for every submission, so that none fails by the machine it was graded on.
FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # There is no server to reach: who asks one all the same shall hear so at once.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "DVC_NO_ANALYTICS": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LOGNAME": "student",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
#: What a process needs of the system it runs on; tokens and passwords are not among it.
PASSED_ON = (
    "PATH",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "TEMP",
    "TMP",
)


def grading_environment(workspace: Course | None = None) -> dict[str, str]:
    """The whole environment of a process that runs student code.

    Args:
        workspace: where it works; left out for the process that others are forked from.
    """
    found = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    tools = str(Path(sys.executable).parent)
    environment = {**found, **FIXED, "PATH": os.pathsep.join([tools, found.get("PATH", "")])}
    if workspace is None:
        return environment
    home = workspace.state / "home"
    return {
        **environment,
        ROOT_VARIABLE: str(workspace.root),
        "MLFLOW_TRACKING_URI": sqlite_uri(workspace.database),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": str(home),
        # DVC keeps notes in a folder of the system's, and takes settings from others.
        "DVC_SITE_CACHE_DIR": str(home / "dvc"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc-settings"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "no-dvc-settings"),
        "IPYTHONDIR": str(workspace.state / "ipython"),
        "MPLCONFIGDIR": str(home),
    }
