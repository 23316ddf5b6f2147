"""A training as an MLflow run, marked where it was interrupted and gone on with later."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

import lifecycle
from lifecycle.code import code_version
from lifecycle.data import data_versions
from moe_ids.data.dataset import ATTACK, Dataset
from moe_ids.errors import CaseStudyError
from moe_ids.job import TRAINING, Outcome
from moe_ids.logging_model import log_folder, log_history
from moe_ids.model import MIXTURE
from moe_ids.request import Request
from moe_ids.splits import Split
from moe_ids.training.loop import Report

#: Names the run of a model folder.
RUN_FILE = "run.json"
#: Tag of a run: complete or interrupted.
ENDED = "moe_ids.ended"
EXPERIMENT = "moe-ids"
_PAUSE_S = 60.0


@dataclass(slots=True)
class Tracker:
    """Tells MLflow about a training.

    What a server did not take is kept, sent again after the next epoch, and once more at the end;
    the model folder has all of it in any case.

    Args:
        run_id: of the run.
        data: what is learned from.
    """

    run_id: str
    data: Dataset
    _waiting: list[Metric] = field(default_factory=list)
    _not_before: float = 0.0

    def also(self, report: Report) -> Report:
        """Tells the terminal, and MLflow."""

        def both(stage: str, told: dict[str, float]) -> None:
            report(stage, told)
            now, epoch = int(time.time() * 1000), int(told["epoch"])
            for key in ("loss", "valid_loss"):
                self._waiting.append(Metric(f"{stage}_{key}", told[key], now, epoch))
            self._send()

        return both

    def finish(self, outcome: Outcome, folder: Path) -> None:
        """Log figures, pictures, predictions and the model.

        Raises:
            CaseStudyError: the server is away; the folder is complete all the same.
        """
        try:
            log_history(json.loads((folder / TRAINING).read_text(encoding="utf-8")), self.run_id)
            log_folder(folder, MIXTURE, self.data)
            mlflow.set_tag(ENDED, "complete")
        except MlflowException as error:
            raise CaseStudyError(
                f"MLflow at {mlflow.get_tracking_uri()} did not take the model.",
                why=str(error).splitlines()[0],
                next_step=f"Nothing is lost: {folder} is complete. When the server is back, "
                f"`python -m moe_ids.register --model {folder}` logs it.",
            ) from None

    def _send(self) -> None:
        if time.monotonic() < self._not_before:
            return
        try:
            mlflow.MlflowClient().log_batch(self.run_id, metrics=self._waiting)
            self._waiting.clear()
        except MlflowException:
            # Asking takes seconds while the server is away, which training should not wait for.
            self._not_before = time.monotonic() + _PAUSE_S


@contextmanager
def tracked(asked: Request, data: Dataset, parts: Split) -> Iterator[Tracker]:
    """A run for a training: begun, or the one that was interrupted.

    Args:
        asked: what to train.
        data: to learn from.
        parts: of the data.

    Raises:
        CaseStudyError: there is no repository, or no server.
    """
    path = asked.out / RUN_FILE
    known = {} if asked.restart or not path.exists() else json.loads(path.read_text("utf-8"))
    with run_on(asked.path, f"{asked.dataset}-{asked.seed}", known.get("run_id")) as run:
        run_id = run.info.run_id
        asked.out.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"run_id": run_id}), encoding="utf-8")
        try:
            _begin(asked, data, parts, new=not known)
        except MlflowException as error:
            raise _unusable(error) from None
        try:
            yield Tracker(run_id, data)
        except KeyboardInterrupt:
            # The server may be what is away.
            with contextlib.suppress(MlflowException):
                mlflow.set_tag(ENDED, "interrupted")
                mlflow.end_run("KILLED")
            raise


@contextmanager
def run_on(path: Path, name: str, run_id: str | None = None) -> Iterator[mlflow.ActiveRun]:
    """A run that knows its commit and, where DVC tracks them, its data.

    Raises:
        CaseStudyError: there is no repository, or no server.
    """
    try:
        mlflow.set_experiment(EXPERIMENT)
        versioned = [path] if _tracked_by_dvc(path) else []
        start = {"run_id": run_id} if run_id else {"run_name": name}
        context = lifecycle.run(data=versioned, **start)
        run = context.__enter__()
    except lifecycle.LifecycleError as error:
        raise CaseStudyError(
            error.what,
            why=error.why,
            next_step=f"{error.next_step} Or train with --no-track.",
        ) from None
    except MlflowException as error:
        raise _unusable(error) from None
    try:
        yield run
    except BaseException:
        # What went wrong first is told, not that a server that is away cannot be told of it.
        with contextlib.suppress(MlflowException):
            context.__exit__(*sys.exc_info())
        raise
    context.__exit__(None, None, None)


def _begin(asked: Request, data: Dataset, parts: Split, *, new: bool) -> None:
    mlflow.set_tag(ENDED, "not yet")
    if new:
        mlflow.log_params(parameters(asked, parts))
        mlflow.log_input(as_input(data, asked), "training")
        mlflow.set_tag("dataset", asked.about["learned_from"])


def _unusable(error: MlflowException) -> CaseStudyError:
    return CaseStudyError(
        f"MLflow at {mlflow.get_tracking_uri()} cannot be used.",
        why=str(error).splitlines()[0],
        next_step="Start the server, or train with --no-track.",
    )


def parameters(asked: Request, parts: Split) -> dict[str, Any]:
    """What a run is told before it begins."""
    settings = asked.settings.as_dict()
    boost = {f"boost_{name}": value for name, value in settings.pop("boost").items()}
    return {"dataset": asked.dataset, "seed": asked.seed, **settings, **boost, **parts.as_dict()}


def as_input(data: Dataset, asked: Request) -> Any:
    """The data as MLflow's data set."""
    return from_pandas(data.frame, source=str(asked.path), name=data.name, targets=ATTACK)


def _tracked_by_dvc(path: Path) -> bool:
    try:
        root = code_version(Path.cwd()).root
        return bool(data_versions([path], root))
    except lifecycle.LifecycleError:
        return False
