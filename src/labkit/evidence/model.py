"""The shape of evidence: frozen, plain values that survive a trip through JSON.

A check sees nothing else, so kept evidence can be checked again without running anything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from labkit.evidence.repository import Repository


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset a run says it used (``mlflow.log_input``).

    ``source`` and ``profile`` are the JSON texts MLflow stores; ``context`` is the tag
    ``mlflow.data.context`` (training, eval, ...) or empty.
    """

    name: str
    digest: str
    source_type: str
    source: str
    profile: str
    context: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run that is not deleted. Times are milliseconds since 1970, as MLflow stores them.

    ``metrics`` holds the last value of each; a value may be NaN or infinite.
    """

    run_id: str
    experiment: str
    name: str
    status: str
    start_time: int
    end_time: int | None
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    datasets: tuple[Dataset, ...] = ()
    artifacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """A model's signature: column names (or positions) of what goes in and comes out."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A logged model that is not deleted. ``run_id`` is the run that logged it, or empty.

    ``flavors`` are the names in its MLmodel file (``sklearn``, ``python_function``, ...); they
    are empty where that file is missing or not readable. ``path`` is where its files lie,
    relative to the workspace, or empty where they lie outside it.
    """

    model_id: str
    name: str
    experiment: str
    run_id: str
    status: str
    created: int
    flavors: tuple[str, ...]
    signature: Signature | None
    input_example: bool
    path: str


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A registered version. ``version`` is a number, whatever the client showed."""

    name: str
    version: int
    run_id: str
    source: str
    stage: str
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    description: str


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A name in the registry with what is written on the name itself, not on a version of it."""

    name: str
    description: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Git:
    """The workspace's Git repository: the commit HEAD names and the newest commits, first first.

    ``head`` is empty where there is no repository or no commit.
    """

    head: str = ""
    commits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything checks may look at for one exercise.

    ``declared`` is what the student declared for this exercise, plain JSON values by name.
    ``stray_stores`` names MLflow stores found beside the one in use (``labs/mlflow.db``).
    ``predictions`` maps a model id to ``{"predicted": [...], "truth": [...]}``, what that model
    answered in a separate process, or to ``{"error": message}``; see ``labkit.checks.Probe``.
    ``repositories`` are those below ``practice/``, where Git and DVC are practised.
    """

    exercise: str
    experiments: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    models: tuple[Model, ...] = ()
    versions: tuple[ModelVersion, ...] = ()
    registered: tuple[RegisteredModel, ...] = ()
    declared: Mapping[str, Any] = field(default_factory=dict)
    git: Git = field(default_factory=Git)
    stray_stores: tuple[str, ...] = ()
    predictions: Mapping[str, Any] = field(default_factory=dict)
    repositories: tuple[Repository, ...] = ()

    def runs_in(self, experiment: str) -> tuple[Run, ...]:
        """The runs of one experiment, newest first."""
        return tuple(run for run in self.runs if run.experiment == experiment)

    def versions_of(self, name: str) -> Mapping[int, ModelVersion]:
        """The versions of one registered model by number; empty where there is no such model."""
        return {one.version: one for one in self.versions if one.name == name}

    def repository(self, path: str) -> Repository | None:
        """The repository at a path relative to the workspace; None where there is none."""
        return next((one for one in self.repositories if one.path == path), None)

    def models_of(self, run: Run) -> tuple[Model, ...]:
        """The models a run logged, newest first."""
        return tuple(model for model in self.models if model.run_id == run.run_id)

    def to_json(self) -> dict[str, Any]:
        """The evidence as JSON values (NaN and infinities stay Python floats)."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Evidence:
        """The evidence that ``to_json`` wrote.

        Raises:
            KeyError, TypeError: ``kept`` is not what ``to_json`` writes.
        """
        return cls(
            exercise=kept["exercise"],
            experiments=tuple(kept["experiments"]),
            runs=tuple(_run(run) for run in kept["runs"]),
            models=tuple(_model(model) for model in kept["models"]),
            versions=tuple(_tupled(ModelVersion, version) for version in kept["versions"]),
            # Evidence kept before registered models were looked at has none.
            registered=tuple(RegisteredModel(**one) for one in kept.get("registered", ())),
            declared=kept["declared"],
            git=_tupled(Git, kept["git"]),
            stray_stores=tuple(kept["stray_stores"]),
            predictions=kept["predictions"],
            # Evidence kept before repositories were looked at has none.
            repositories=tuple(map(Repository.from_json, kept.get("repositories", ()))),
        )


def _tupled(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """``kind`` made from JSON values, lists turned into the tuples its fields are."""
    hints = get_type_hints(kind)
    return kind(
        **{
            name: tuple(value) if str(hints[name]).startswith("tuple") else value
            for name, value in values.items()
        }
    )


def _run(values: Mapping[str, Any]) -> Run:
    datasets = tuple(_tupled(Dataset, dataset) for dataset in values["datasets"])
    run: Run = _tupled(Run, {**values, "datasets": datasets})
    return run


def _model(values: Mapping[str, Any]) -> Model:
    signature = values["signature"] and _tupled(Signature, values["signature"])
    model: Model = _tupled(Model, {**values, "signature": signature})
    return model
