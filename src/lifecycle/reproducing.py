"""Trains a version again from nothing but what was recorded, and compares the metrics."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mlflow.entities import Run

from lifecycle.artifacts import artifact_text
from lifecycle.code import code_version
from lifecycle.environment import differences
from lifecycle.integrity import registration_of
from lifecycle.registry import get_version, run_of
from lifecycle.rerun import ImpossibleError, Rerun, environment_of
from lifecycle.settle import watched
from lifecycle.tracking import ENVIRONMENT, PROVENANCE, provenance_in

REPRODUCED, DIFFERS, IMPOSSIBLE = "reproduced", "differs", "impossible"


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How the second training went.

    Args:
        outcome: ``reproduced``, ``differs`` or ``impossible``.
        reason: the same as a sentence, with the figures.
        tolerance: largest difference that counts as none, in the unit of the metric.
        metrics: for each metric of the run, its value then and now; now is None if it is missing.
        environment: packages that are not as they were then, a sentence each.
        seconds: it took.
    """

    outcome: str
    reason: str
    tolerance: float
    metrics: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        return self.reason

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def reproduce(
    name: str,
    version: int | str = "champion",
    *,
    repository: str | Path | None = ".",
    tolerance: float = 1e-6,
    python: str | None = None,
    patience: float | None = None,
    tell: Callable[[str], None] = lambda step: None,
) -> Reproduction:
    """Train a version again and compare its metrics.

    In a fresh clone at the recorded commit, with uncommitted changes applied where they were
    kept, and data pulled from the DVC remote, the recorded command is run with an empty MLflow
    store of its own. It is code from your repository and a command from your server: use this
    where you trust those who can write to both.

    Args:
        name: of the registered model.
        version: its number or an alias.
        repository: a folder in the Git repository; None to clone from the recorded address.
        tolerance: largest difference of a metric that counts as none, in its own unit.
        python: runs a command that begins with ``python``; this interpreter unless given.
        patience: seconds the command may take; no limit unless given.
        tell: is told each step before it is taken.

    Raises:
        LifecycleError: there is no such version, or no repository.
    """
    began = time.monotonic()
    try:
        prepared, then = _prepared(name, version, repository)
        prepared = replace(prepared, python=python or sys.executable, patience=patience, tell=tell)
        # Windows keeps a database open a little longer than its process lives.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
            now = _matching(prepared.into(Path(room)), then)
            found = _compared(then, now, tolerance)
            recorded = artifact_text(then.info.run_id, ENVIRONMENT) or ""
            here = environment_of(now)
            packages = tuple(differences(recorded, here)) if recorded and here else ()
    except ImpossibleError as error:
        found, packages = Reproduction(IMPOSSIBLE, f"impossible because {error}", tolerance), ()
    return replace(found, environment=packages, seconds=round(time.monotonic() - began, 1))


def _prepared(name: str, version: int | str, repository: str | Path | None) -> tuple[Rerun, Run]:
    found, view = get_version(name, version), watched(name)
    run, kept = run_of(found), registration_of(view, found.number)
    if run is None:
        raise ImpossibleError("the run of the version is gone")
    provenance = kept.provenance if kept else None
    if provenance is None:
        text = artifact_text(run.info.run_id, PROVENANCE)
        if text is None:
            raise ImpossibleError("the run was made without lifecycle.run")
        provenance = provenance_in(text)
    root = code_version(Path(repository)).root if repository is not None else None
    rerun = Rerun(run.info.run_id, provenance, kept, root, sys.executable, None, lambda _: None)
    return rerun, run


def _matching(runs: list[Run], then: Run) -> Run:
    """The run that repeats ``then``: it has the same metrics, and if it can be, parameters."""
    wanted = _metrics(then).keys()
    fitting = [run for run in runs if wanted <= run.data.metrics.keys()]
    if not fitting:
        raise ImpossibleError(f"the command made no run with the metrics {', '.join(wanted)}")
    same = [run for run in fitting if run.data.params == then.data.params]
    return (same or fitting)[0]


def _compared(then: Run, now: Run, tolerance: float) -> Reproduction:
    metrics = {key: (value, now.data.metrics.get(key)) for key, value in _metrics(then).items()}
    if not metrics:
        raise ImpossibleError("the run logged no metric to compare")
    largest = max(metrics, key=lambda key: _difference(*metrics[key]))
    by = _difference(*metrics[largest])
    if by <= tolerance:
        value = metrics[largest][0]
        said = f"reproduced: {largest} {value:.6g} again, all within {tolerance:g}"
        return Reproduction(REPRODUCED, said, tolerance, metrics)
    before, after = metrics[largest]
    said = f"differs by {by:.6g} in {largest}: {before:.6g} then, {after:.6g} now"
    return Reproduction(DIFFERS, f"{said} (tolerance {tolerance:g})", tolerance, metrics)


def _difference(then: float, now: float | None) -> float:
    if now is None:
        return math.inf
    if math.isnan(then) and math.isnan(now):
        return 0.0
    difference = abs(then - now)
    return math.inf if math.isnan(difference) else difference


def _metrics(run: Run) -> dict[str, float]:
    # System metrics measure the machine, not the model.
    found = run.data.metrics.items()
    return {key: value for key, value in found if not key.startswith("system/")}
