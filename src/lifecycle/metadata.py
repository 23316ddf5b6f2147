"""The nine things a model is worth nothing without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities import LoggedModel, Run
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT

from lifecycle.artifacts import artifact_text
from lifecycle.errors import LifecycleError
from lifecycle.registry import Version, logged_model, run_of
from lifecycle.tracking import DATA, PROVENANCE, Provenance, provenance_in

#: Tag of a version that names who answers for it.
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a version: where it came from and what was logged."""

    version: Version
    run: Run | None
    logged: LoggedModel | None
    model: Model | None
    files: tuple[str, ...]
    provenance: Provenance | None


def facts_of(version: Version) -> Facts:
    """Collect what is known of a version."""
    run, logged = run_of(version), logged_model(version.source)
    text = artifact_text(version.run_id, PROVENANCE) if run is not None else None
    try:
        provenance = provenance_in(text) if text else None
    except LifecycleError:
        # Unreadable is missing; `lineage` tells why.
        provenance = None
    model, files = _described(version, logged)
    return Facts(version, run, logged, model, files, provenance)


def missing_metadata(facts: Facts) -> list[str]:
    """Which of the nine things are missing, each with what to do about it; empty if none is."""
    return [f"{thing}: {advice}" for thing, there, advice in _NINE if not there(facts)]


def _described(
    version: Version, logged: LoggedModel | None
) -> tuple[Model | None, tuple[str, ...]]:
    try:
        model = Model.load(logged.model_uri if logged else version.source)
        if logged is None:
            return model, ("MLmodel",)
        listed = MlflowClient().list_logged_model_artifacts(logged.model_id)
    except (MlflowException, OSError, ValueError):
        return None, ()
    return model, tuple(one.path for one in listed)


def _environment(facts: Facts) -> bool:
    return bool({"requirements.txt", "conda.yaml"} & set(facts.files))


def _commit(facts: Facts) -> bool:
    return facts.run is not None and bool(facts.run.data.tags.get(MLFLOW_GIT_COMMIT))


def _data(facts: Facts) -> bool:
    recorded = facts.provenance.data if facts.provenance else ()
    tagged = facts.run is not None and bool(facts.run.data.tags.get(DATA))
    return tagged and bool(recorded) and not any(one.changed for one in recorded)


_NINE: tuple[tuple[str, Callable[[Facts], bool], str], ...] = (
    (
        "artifact",
        lambda facts: facts.model is not None,
        "no model file can be read at its source",
    ),
    (
        "signature",
        lambda facts: facts.model is not None and facts.model.signature is not None,
        "log the model with input_example= or signature=",
    ),
    (
        "parameters",
        lambda facts: facts.run is not None and bool(facts.run.data.params),
        "log them with mlflow.log_params",
    ),
    (
        "metrics",
        lambda facts: facts.run is not None and bool(facts.run.data.metrics),
        "log them with mlflow.log_metrics",
    ),
    ("environment", _environment, "log the model with pip_requirements="),
    ("code version", _commit, "train inside `with lifecycle.run(...)` in a Git repository"),
    (
        "data version",
        _data,
        "train inside `with lifecycle.run(data=...)`, on data as `dvc add` recorded them",
    ),
    (
        "timestamp",
        lambda facts: facts.run is not None and bool(facts.run.info.start_time),
        "the version has no run that says when it was trained",
    ),
    (
        "owner",
        lambda facts: bool(facts.version.tags.get(OWNER, "").strip()),
        "register with an owner, or set the tag 'owner' of the version",
    ),
)
THINGS = tuple(thing for thing, _, _ in _NINE)
