"""What happens in the processes of races and kills; imported by each of them."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

import requests
from mlflow import MlflowClient

import lifecycle
from lifecycle import LifecycleError, Rules
from lifecycle.ledger import Ledger, Record

#: Straight to production, whatever the version: these tests are about who comes first.
OPEN = Rules(
    transitions={"none": ("staging", "production"), "staging": ("production",)},
    requires={"staging": (), "production": ()},
)


def processes() -> Any:
    """How to start processes that have imported everything, where the system can do that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # All of it, or every process would take seconds to import the rest.
    context.set_forkserver_preload(
        [
            "support_lifecycle_races",
            "lifecycle.transitions",
            "lifecycle.registering",
            "mlflow.pyfunc",
            "mlflow.store.artifact.mlflow_artifacts_repo",
        ]
    )
    return context


def outcome(change: Callable[[], Any]) -> str:
    """``done``, or the kind of error a change ended in, and why."""
    try:
        change()
    except LifecycleError as error:
        return f"{type(error).__name__}: {error.why}"
    return "done"


def racer(uri: str, name: str, versions: list[int], who: str, start: Barrier, results: Any) -> None:
    """Promote one version after another, writing at the same moment as the others."""
    os.environ["MLFLOW_TRACKING_URI"] = uri
    meet_before_writing(start)
    for version in versions:
        promote = functools.partial(lifecycle.promote, name, version, to="production")
        found = outcome(functools.partial(promote, why="race", who=who, rules=OPEN))
        results.put((version, who, found))
        # The judge looks between this and the next, when nobody writes.
        start.wait()
        start.wait()


def one_change(uri: str, kind: str, name: str, version: int, start: Barrier, results: Any) -> None:
    """Make one change, writing at the same moment as another process."""
    os.environ["MLFLOW_TRACKING_URI"] = uri
    meet_before_writing(start)
    results.put((kind, outcome(functools.partial(change, kind, name, version))))


def change(kind: str, name: str, version: int) -> Record:
    """A promotion to the stage ``kind``, or a rollback."""
    if kind == "rollback":
        return lifecycle.rollback(name, why="race", who=kind)
    return lifecycle.promote(name, version, to=kind, why="race", who=kind, rules=OPEN)


def meet_before_writing(start: Barrier) -> None:
    """From now on, the first record of each change is written when all are ready to write."""
    append = Ledger.append

    def together(self: Ledger, record: Record, seq: int) -> bool:
        if record.why != "race" or record.id in met:
            return append(self, record, seq)
        met.add(record.id)
        start.wait()
        return append(self, record, seq)

    met: set[str] = set()
    Ledger.append = together  # type: ignore[method-assign]


def meet_before_marking(start: Barrier) -> None:
    """The next tag of a registered model is set when all are ready to set theirs."""
    mark, waits = MlflowClient.set_registered_model_tag, [start.wait]

    def together(self: MlflowClient, name: str, key: str, value: Any) -> None:
        # Once: who is refused tries again, and nobody else may come then.
        while waits:
            waits.pop()()
        mark(self, name, key, value)

    MlflowClient.set_registered_model_tag = together  # type: ignore[method-assign]


def killed_at(uri: str, step: int, action: Callable[..., Any], *arguments: Any) -> None:
    """Do something, and be killed just before sending request number ``step`` that may write."""
    os.environ["MLFLOW_TRACKING_URI"] = uri
    send = requests.Session.send
    sent = [0]

    def counted(self: requests.Session, request: requests.PreparedRequest, **more: Any) -> Any:
        if request.method != "GET":
            sent[0] += 1
        if sent[0] == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return send(self, request, **more)

    requests.Session.send = counted  # type: ignore[method-assign]
    action(*arguments)


def register(source: str, name: str) -> None:
    """Register a model, as a person would."""
    lifecycle.register(source, name, description="Who leaves?", owner="ana")
