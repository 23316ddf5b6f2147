"""Fixtures of the tests of `lifecycle`: a plugin, so that test modules need not import them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from support_lifecycle import make_project

from labkit.paths import Course
from labkit.servers.state import read_servers


@pytest.fixture(scope="session")
def server(classroom: Course) -> str:
    """The address of a running MLflow server."""
    servers = read_servers(classroom)
    assert servers is not None
    return servers.tracking_uri


@pytest.fixture
def mlflow_at(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This process, and those it starts, work with the server."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    mlflow.set_tracking_uri(server)
    yield server
    # As if it had never been set.
    mlflow.set_tracking_uri("")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with data in a DVC remote and a script that trains on them; do not change."""
    return make_project(tmp_path_factory.mktemp("project"))
