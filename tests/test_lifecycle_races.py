"""Two changes at once: one champion, the loser told. A killed change: finished or never begun."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.models.model import ModelInfo
from support_lifecycle import a_name, trained
from support_lifecycle_races import (
    OPEN,
    change,
    killed_at,
    meet_before_marking,
    one_change,
    processes,
    racer,
    register,
)

import lifecycle
from lifecycle.ledger import make_ledger
from lifecycle.registry import snapshot

pytest_plugins = ["support_lifecycle_fixtures"]

#: Seconds after which a process that should end counts as hanging.
PATIENCE = 300
posix = pytest.mark.skipif(os.name == "nt", reason="kills processes by a POSIX signal")


@pytest.fixture
def model(project: Any, mlflow_at: str) -> ModelInfo:
    """A model with everything."""
    return trained(project)


def plain(model: ModelInfo, count: int) -> str:
    """A registered model with versions as MLflow alone registers them."""
    name = a_name()
    for _ in range(count):
        mlflow.register_model(model.model_uri, name)
    return name


def production(name: str) -> list[int]:
    return [number for number, one in snapshot(name).versions.items() if one.stage == "Production"]


def promoted(name: str) -> int:
    return sum(record.to == "production" for record in lifecycle.history(name))


def consistent(name: str) -> None:
    """Aliases, stages and tags say what the ledger says, and there is one champion."""
    found = lifecycle.current(name)
    assert found.problems == ()
    there = snapshot(name)
    assert production(name) == ([found.champion] if found.champion else [])
    tagged = [
        n for n, one in there.versions.items() if one.tags.get("lifecycle.stage") == "production"
    ]
    assert tagged == production(name)
    moves = [one.seq for one in lifecycle.history(name) if one.action != "registered"]
    assert int(there.tags.get("lifecycle.settled", 0)) == max(moves, default=0)


@pytest.mark.parametrize("races", [3, pytest.param(50, marks=pytest.mark.kills)])
def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(
    model: ModelInfo, mlflow_at: str, races: int
) -> None:
    name = plain(model, 1 + 2 * races)
    lifecycle.promote(name, 1, to="production", why="the first", who="ana", rules=OPEN)
    context = processes()
    start, results = context.Barrier(3), context.Queue()
    odd, even = list(range(2, 2 * races + 2, 2)), list(range(3, 2 * races + 2, 2))
    racers = [
        context.Process(target=racer, args=(mlflow_at, name, versions, who, start, results))
        for versions, who in ((odd, "ben"), (even, "cem"))
    ]
    for one in racers:
        one.start()
    for race in range(1, races + 1):
        start.wait(PATIENCE)
        found = {results.get(timeout=PATIENCE) for _ in racers}
        start.wait(PATIENCE)
        won = [(version, who) for version, who, told in found if told == "done"]
        assert len(won) == 1, found
        (version, who) = won[0]
        (lost,) = (told for _, _, told in found if told != "done")
        assert lost.startswith("LostRaceError: Meanwhile version")
        assert f"version {version} was promoted to production by {who}" in lost
        assert snapshot(name).aliases["champion"] == version
        assert production(name) == [version]
        assert promoted(name) == 1 + race
        start.wait(PATIENCE)
    for one in racers:
        one.join(PATIENCE)
        assert one.exitcode == 0
    consistent(name)


@pytest.mark.parametrize("other", ["rollback", "staging"])
def test_a_promotion_and_another_change_at_once(
    model: ModelInfo, mlflow_at: str, other: str
) -> None:
    name = plain(model, 4)
    for version in (1, 2):
        lifecycle.promote(name, version, to="production", why="before", who="ana", rules=OPEN)
    context = processes()
    start, results = context.Barrier(2), context.Queue()
    both = [
        context.Process(target=one_change, args=(mlflow_at, kind, name, version, start, results))
        for kind, version in (("production", 3), (other, 4))
    ]
    for one in both:
        one.start()
    found = dict(results.get(timeout=PATIENCE) for _ in both)
    for one in both:
        one.join(PATIENCE)
    if other == "rollback":
        # Both move the champion: one of them was decided on what is no longer so.
        assert sorted(told.partition(":")[0] for told in found.values()) == [
            "LostRaceError",
            "done",
        ]
        assert lifecycle.current(name).champion == (3 if found["production"] == "done" else 1)
    else:
        assert found == {"production": "done", "staging": "done"}
        assert snapshot(name).aliases == {"champion": 3, "previous": 2, "staging": 4}
    consistent(name)


def test_a_ledger_begun_by_many_at_once_is_one_ledger(model: ModelInfo, mlflow_at: str) -> None:
    # Several, because not each time do all of them look before one has written.
    names = [plain(model, 1) for _ in range(5)]
    context = processes()
    start, results = context.Barrier(4, timeout=PATIENCE), context.Queue()
    many = [
        context.Process(target=begin_ledgers, args=(mlflow_at, names, start, results))
        for _ in range(4)
    ]
    for one in many:
        one.start()
    for one in many:
        one.join(PATIENCE)
    assert [one.exitcode for one in many] == [0] * len(many)
    assert len({results.get(timeout=PATIENCE) for _ in many}) == 1
    there = MlflowClient().search_experiments(filter_string="name LIKE 'lifecycle/%'")
    assert sorted(one.name for one in there if one.name.split("/")[1] in names) == sorted(
        f"lifecycle/{name}" for name in names
    )


def begin_ledgers(uri: str, names: list[str], start: Barrier, results: Any) -> None:
    os.environ["MLFLOW_TRACKING_URI"] = uri
    found = []
    for name in names:
        meet_before_marking(start)
        start.wait()
        found.append(make_ledger(name).run_id)
    results.put(tuple(found))


def dies_at(uri: str, step: int, action: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a process that does something was killed at a step, or was done before."""
    process = processes().Process(target=killed_at, args=(uri, step, action, *arguments))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


@posix
@pytest.mark.parametrize("kind", ["production", pytest.param("rollback", marks=pytest.mark.kills)])
def test_a_change_killed_at_any_step_is_finished_or_undone_by_the_next_command(
    model: ModelInfo, mlflow_at: str, kind: str
) -> None:
    name = plain(model, 14)
    for version in (1, 2):
        lifecycle.promote(name, version, to="production", why="before", who="ana", rules=OPEN)
    finished, undone, step = 0, 0, 1
    while dies_at(mlflow_at, step, change, kind, name, step + 2):
        before = lifecycle.history(name)[-1]
        if before.why == "before" or before.who == "tidy":
            undone += 1
        else:
            finished += 1
        consistent(name)
        if kind == "rollback":
            lifecycle.promote(name, step + 2, to="production", why="x", who="tidy", rules=OPEN)
        step += 1
    consistent(name)
    # Before the record is written nothing has happened; afterwards everything will.
    assert undone == 1
    assert finished >= 5


@posix
@pytest.mark.kills
def test_the_first_promotion_killed_at_any_step_leaves_a_model_that_can_be_promoted(
    model: ModelInfo, mlflow_at: str
) -> None:
    step = 1
    while dies_at(mlflow_at, step, change, "production", name := plain(model, 1), 1):
        if lifecycle.current(name).champion is None:
            lifecycle.promote(name, 1, to="production", why="again", who="ana", rules=OPEN)
        assert promoted(name) == 1
        consistent(name)
        step += 1
    assert step > 8


@posix
@pytest.mark.kills
def test_a_registration_killed_at_any_step_is_finished_by_the_same_command(
    model: ModelInfo, mlflow_at: str
) -> None:
    step = 1
    while dies_at(mlflow_at, step, register, model.model_uri, name := a_name()):
        register(model.model_uri, name)
        assert list(snapshot(name).versions) == [1]
        assert [one.action for one in lifecycle.history(name)] == ["registered"]
        assert lifecycle.verify(name, 1).ok
        step += 1
    assert step > 8
