"""Workspaces that were spoiled, and what stands by while something reads them."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.paths import Course

#: Seconds after which a reader counts as one that waits for ever.
FOR_EVER = 60

#: Does something to a workspace.
Spoil = Callable[[Course], object]


@pytest.fixture
def nobody_waits_for_ever() -> Iterator[None]:
    """Turn a wait without end into a failure."""

    def complain(*_: object) -> None:
        raise AssertionError("the reader waits for ever")

    before = signal.signal(signal.SIGALRM, complain)
    signal.alarm(FOR_EVER)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def alter(workspace: Course, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(workspace.database)) as database, database:
        for statement in statements:
            database.execute(statement)


def add_run(workspace: Course, uri: str, start: str = "1") -> None:
    alter(
        workspace,
        "INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, artifact_uri, "
        f"experiment_id) VALUES ('r', 'forged', 'FINISHED', {start}, 'active', '{uri}', 0)",
    )


def add_model(workspace: Course) -> Path:
    """A model the store says is there; its folder, still to be filled."""
    folder = workspace.artifacts / "model"
    folder.mkdir(parents=True)
    alter(
        workspace,
        "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, "
        "creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage) "
        f"VALUES ('m', 0, 'model', '{folder.as_uri()}', 1, 1, 2, 'active')",
    )
    return folder


def replace(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)
