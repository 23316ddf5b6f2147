"""Trained models into the registry, and up its stages as far as the rules allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException

import lifecycle
from lifecycle.registering import Registered
from moe_ids.data import Dataset
from moe_ids.job import TRAINING
from moe_ids.logging_model import log_folder, log_history
from moe_ids.model import MIXTURE, XGBOOST, Model, about_model
from moe_ids.tracking import ENDED, RUN_FILE, run_on

#: The expert that is a model of its own before there is a mixture.
FT = "ft"
#: The last word of a registered model's name, by what was asked for.
SHORT = {"cicids2017": "cicids", "unsw_nb15": "unsw", "flows": "flows", "flows-unsw": "flows-unsw"}
#: How far the mixture goes, by what was asked for; staging for the others.
_TO_PRODUCTION = ("cicids2017",)
_ARCHITECTURE = {
    MIXTURE: "mixture of experts",
    FT: "FT-Transformer",
    XGBOOST: "XGBoost",
}
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A model folder and what it was trained on.

    Args:
        folder: what ``python -m moe_ids.train --out`` wrote, with test rows.
        data: that it was trained on.
        path: of the data.
    """

    folder: Path
    data: Dataset
    path: Path

    @property
    def about(self) -> dict[str, Any]:
        """What is known of it."""
        return about_model(self.folder)


def register_all(source: Source, approver: str, tell: Tell) -> list[Registered]:
    """Register the experts and the mixture, and move them up.

    The mixture's registered model has the tabular expert alone as a version before it: what it
    has to beat.

    Args:
        source: what to register.
        approver: answers for production; without one nothing goes there.
        tell: is told what was done, and what a rule forbade.

    Raises:
        LifecycleError: the registry does not take a model.
        MlflowException: the server is away.
    """
    about = source.about
    asked, there = str(about.get("dataset", about["data"])), Model.load(source.folder).experts
    short = SHORT[asked]
    moe = f"moe-cybersecurity-{short}"
    found = []
    if XGBOOST in there:
        address = _logged(source, XGBOOST)
        found.append(_register(source, XGBOOST, address, f"xgboost-baseline-{short}", tell))
    if FT in there:
        address = _logged(source, FT)
        found.append(_register(source, FT, address, f"ft-transformer-{short}", tell))
        found.append(_register(source, FT, address, moe, tell))
        _move(found[-1], asked, approver, tell)
    found.append(_register(source, MIXTURE, _logged(source, MIXTURE), moe, tell))
    _move(found[-1], asked, approver, tell)
    return found


def _register(source: Source, name: str, address: str, registered: str, tell: Tell) -> Registered:
    learned = source.about.get("learned_from", source.data.name)
    done = lifecycle.register(
        address,
        registered,
        description=f"{_ARCHITECTURE[name]}, learned from {learned}.",
        tags={"dataset": learned, "architecture": _ARCHITECTURE[name]},
    )
    tell(f"{done.name} version {done.version}: {_ARCHITECTURE[name]}")
    for missing in done.missing:
        tell(f"  is without {missing}")
    return done


def _logged(source: Source, name: str) -> str:
    """The address of the model; logged now unless its training was tracked."""
    path = source.folder / RUN_FILE
    if name == MIXTURE and path.exists():
        run_id = json.loads(path.read_text(encoding="utf-8"))["run_id"]
        try:
            if mlflow.get_run(run_id).data.tags.get(ENDED) == "complete":
                return f"runs:/{run_id}/model"
        except MlflowException:
            # Another server, or a run that was deleted: log it here.
            pass
    about = source.about
    with run_on(source.path, f"{about['data']}-{name}-{about['seed']}") as run:
        plain = {key: value for key, value in about.items() if key != "notes"}
        mlflow.log_params({**plain, "model": name})
        if name == MIXTURE:
            record = json.loads((source.folder / TRAINING).read_text(encoding="utf-8"))
            log_history(record, run.info.run_id)
        return str(log_folder(source.folder, name, source.data).model_uri)


def _move(done: Registered, asked: str, approver: str, tell: Tell) -> None:
    stages = ["staging"]
    if asked in _TO_PRODUCTION and approver:
        stages.append("production")
    for stage in stages:
        try:
            record = lifecycle.promote(
                done.name, done.version, to=stage, why="trained by the pipeline", approver=approver
            )
        except lifecycle.RefusedError as error:
            tell(f"  {error.what} {' '.join(error.why.split())}")
            return
        tell(f"  {stage}" + (f": {record.verdict}" if record.verdict else ""))
