"""What a command was asked for, options of ``params.yaml`` included."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moe_ids.boosting import BoostSettings
from moe_ids.data import Dataset, load
from moe_ids.data.places import Place, find
from moe_ids.errors import CaseStudyError
from moe_ids.job import divide
from moe_ids.prepared import Prepared, read_prepared
from moe_ids.silent import Silent
from moe_ids.splits import Split
from moe_ids.training import Settings, read_params, settings_from

if TYPE_CHECKING:
    from moe_ids.tracking import Tracker

_DATASET, _SEED, _TEST, _VALID = "flows", 0, 0.3, 0.15
#: What ``quick`` trains on, and how: enough to see every step work, not to learn anything.
_QUICK_ROWS = 1_000
_QUICK: dict[str, Any] = {
    "bins": 6,
    "window": 4,
    "epochs": 2,
    "gate_epochs": 2,
    "boost": BoostSettings(trees=12, depth=4),
}


@dataclass(frozen=True, slots=True)
class Request:
    """A training that was asked for.

    Args:
        dataset: what was asked for.
        name: what is loaded, another kind where the course's flows stand in for real data.
        path: of the data.
        stands_in: whether they do.
        settings: options of the training.
        seed: of everything that is drawn.
        test: share of the rows to judge by; 0 where all are learned from.
        valid: share of the others to stop by.
        method: of the split; None for the one that fits.
        out: the model folder.
        restart: begin anew.
        track: log to MLflow.
        quick: take few rows, evenly spaced.
        prepared: the data and their parts, where they were prepared before.
    """

    dataset: str
    name: str
    path: Path
    stands_in: bool
    settings: Settings
    seed: int
    test: float
    valid: float
    method: str | None
    out: Path
    restart: bool
    track: bool
    quick: bool = False
    prepared: Prepared | None = None

    def load(self) -> Dataset:
        """The data.

        Raises:
            CaseStudyError: they are not what they should be.
        """
        if self.prepared:
            return self.prepared.data
        data = load(self.name, self.path)
        if not self.quick:
            return data
        few = min(_QUICK_ROWS, len(data))
        return data.take(np.linspace(0, len(data) - 1, few).astype(np.int64))

    def divide(self, data: Dataset) -> Split:
        """Which of these rows are for what.

        Raises:
            CaseStudyError: see :func:`moe_ids.splits.split`.
        """
        if self.prepared:
            return self.prepared.parts
        return divide(data, test=self.test, valid=self.valid, seed=self.seed, method=self.method)

    @property
    def about(self) -> dict[str, Any]:
        """What to keep with a model, plain JSON values."""
        if self.prepared:
            return dict(self.prepared.about)
        form = f"the course's flows, in the form of {self.dataset}"
        learned = form if self.stands_in else self.dataset
        learned += ", a few rows of it" if self.quick else ""
        return {"dataset": self.dataset, "path": self.path.as_posix(), "learned_from": learned}

    def tracking(self, data: Dataset, parts: Split) -> AbstractContextManager[Tracker | Silent]:
        """Who is told about the training: MLflow, or nobody."""
        if not self.track:
            return Silent()
        from moe_ids.tracking import tracked

        return tracked(self, data, parts)


def request(given: Mapping[str, Any]) -> Request:
    """Put options together: those given, else those of the file, else the usual ones.

    Args:
        given: of the command line, None for what was not given.

    Raises:
        CaseStudyError: an option cannot be, or there are no data.
    """
    params = read_params(given["params"])
    shares = params.get("split") or {}
    settings = settings_from(params.get("train"))
    quick = bool(params.get("quick"))
    if quick:
        settings = replace(settings, **_QUICK)
    if given.get("budget_cpu_s"):
        settings = replace(settings, budget_cpu_s=float(given["budget_cpu_s"]))
    if given.get("experts"):
        settings = replace(settings, experts=tuple(given["experts"].split(",")))
    prepared = _prepared(given)
    known = prepared.about if prepared else {}
    dataset = known.get("dataset") or given.get("dataset") or params.get("dataset", _DATASET)
    place = _place(given, dataset, prepared)
    test = given.get("test")
    if test is None:
        test = 0.0 if given.get("data") else float(shares.get("test", _TEST))
    seed, track = given.get("seed"), given.get("track")
    return Request(
        dataset=dataset,
        name=place.name,
        path=place.path,
        stands_in=place.stands_in,
        settings=settings,
        seed=int(params.get("seed", _SEED)) if seed is None else seed,
        test=test,
        valid=float(shares.get("valid", _VALID)),
        method=given.get("method"),
        out=_folder(given["out"]),
        restart=bool(given.get("restart")),
        track=bool(os.environ.get("MLFLOW_TRACKING_URI")) if track is None else track,
        quick=quick,
        prepared=prepared,
    )


def _place(given: Mapping[str, Any], dataset: str, prepared: Prepared | None) -> Place:
    if prepared:
        return Place(prepared.data.name, Path(prepared.about["path"]), stands_in=False)
    if given.get("data"):
        return Place(dataset, Path(given["data"]), stands_in=False)
    return find(dataset, Path.cwd())


def _prepared(given: Mapping[str, Any]) -> Prepared | None:
    """What was prepared; refuses options that were decided then."""
    if not given.get("prepared"):
        return None
    decided = {"dataset": "--dataset", "data": "--data", "test": "--test", "method": "--split"}
    also = [option for name, option in decided.items() if given.get(name) is not None]
    if also:
        raise CaseStudyError(
            f"{also[0]} cannot be given with --prepared.",
            why="What the data are and how they are divided was decided when they were prepared.",
            next_step=f"Leave {also[0]} out, or leave out --prepared.",
        )
    return read_prepared(given["prepared"])


def _folder(path: Path) -> Path:
    """The folder of the model; refuses one that holds something else."""
    known = {"model.json", "checkpoint.pt"}
    if path.is_dir() and any(path.iterdir()) and not known & {one.name for one in path.iterdir()}:
        raise CaseStudyError(
            f"{path} holds something else than a model.",
            why="Files of a model would be mixed with others.",
            next_step="Give --out a new or empty folder.",
        )
    return path
