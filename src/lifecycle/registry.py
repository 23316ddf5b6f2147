"""A typed view of MLflow's registry: versions, what they were made from, and where files lie."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, Run
from mlflow.exceptions import MlflowException

from lifecycle.errors import LifecycleError

_LOGGED = re.compile(r"models:/(m-[0-9a-f]{32})")
_COPY = re.compile(r"models:/([^/@]+)/(\d+)")
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a registered model, as the registry has it.

    ``stage`` is MLflow's own (``None``, ``Staging``, ``Production``, ``Archived``), empty once
    MLflow has none. ``source`` is the address of what was registered.
    """

    name: str
    number: int
    source: str
    run_id: str
    stage: str
    tags: Mapping[str, str]
    description: str

    @property
    def title(self) -> str:
        """The version as a sentence names it."""
        return f"{self.name} version {self.number}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A registered model at one moment: its tags, its aliases and all its versions."""

    name: str
    tags: Mapping[str, str]
    aliases: Mapping[str, int]
    versions: Mapping[int, Version]


def snapshot(name: str) -> Snapshot:
    """Read a registered model with all its versions.

    Raises:
        LifecycleError: there is no such model.
    """
    with _known(f"There is no registered model '{name}'.", "Check the name in the MLflow UI."):
        model = MlflowClient().get_registered_model(name)
    found = dict(_versions(name))
    aliases = {alias: int(number) for alias, number in model.aliases.items()}
    return Snapshot(name, dict(model.tags), aliases, found)


def get_version(name: str, version: int | str) -> Version:
    """Read one version.

    Args:
        name: of the registered model.
        version: its number, or an alias such as ``champion`` (with or without ``@``).

    Raises:
        LifecycleError: there is no such version.
    """
    asked = str(version).removeprefix("@")
    client = MlflowClient()
    kind = "version" if asked.isdigit() else "alias"
    missing = f"{name} has no {kind} {asked}."
    with _known(missing, f"See what there is: python -m lifecycle current {name}"):
        if kind == "version":
            return _version(client.get_model_version(name, asked))
        return _version(client.get_model_version_by_alias(name, asked))


def run_of(version: Version) -> Run | None:
    """The run a version came from; None if there is none, or it was deleted for good."""
    if not version.run_id:
        return None
    try:
        return MlflowClient().get_run(version.run_id)
    except MlflowException as error:
        if is_missing(error):
            return None
        raise


def logged_model(source: str) -> LoggedModel | None:
    """The logged model behind an address, or None where it is none.

    Args:
        source: ``models:/m-...``, the source of a version, or ``runs:/RUN_ID/NAME``.

    Raises:
        MlflowException: the server could not answer.
    """
    client = MlflowClient()
    try:
        if found := _LOGGED.fullmatch(source):
            return client.get_logged_model(found[1])
        if copied := _COPY.fullmatch(source):
            return logged_model(client.get_model_version(copied[1], copied[2]).source or "")
        if source.startswith("runs:/"):
            return _logged_by(*source.removeprefix("runs:/").partition("/")[::2])
    except MlflowException as error:
        if not is_missing(error):
            raise
    return None


@contextmanager
def model_files(source: str) -> Iterator[Path]:
    """Download the files of a model into a folder that exists for the time of the ``with``.

    Args:
        source: the source of a version.

    Raises:
        LifecycleError: they cannot be downloaded.
    """
    model = logged_model(source)
    # From the place itself: MLflow adds a file of its own to what it downloads as models:/...
    address = model.artifact_location if model else source
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
        try:
            mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=room)
        except (MlflowException, OSError) as error:
            raise LifecycleError(
                f"The files of {source} cannot be read.",
                why=str(error).splitlines()[0],
                next_step="Look whether the artifact store answers and still holds them.",
            ) from error
        # A plain path is downloaded as a folder of its name, an address as what is in it.
        inner = [path for path in Path(room).iterdir() if not (Path(room) / "MLmodel").exists()]
        yield inner[0] if len(inner) == 1 and (inner[0] / "MLmodel").exists() else Path(room)


def set_stage(client: MlflowClient, name: str, number: int, stage: str) -> None:
    """Put a version into one of MLflow's stages; nothing happens once MLflow has none."""
    change = getattr(client, "transition_model_version_stage", None)
    if change is None:
        return
    with warnings.catch_warnings():
        # Stages are deprecated since MLflow 2.9; we set them for readers that still use them.
        warnings.simplefilter("ignore", FutureWarning)
        change(name, str(number), stage, archive_existing_versions=stage == "Production")


def insist(change: Callable[..., object], *arguments: str) -> None:
    """Set a tag or an alias, also where another process sets the same one at that moment.

    MLflow looks whether it is there, then inserts or updates it; of two that insert at once, the
    database refuses one, which finds the other's when it asks again.

    Args:
        change: a method of ``MlflowClient``.
        arguments: of that method.

    Raises:
        MlflowException: it was refused each time, or for another reason.
    """
    for _ in range(_TRIES - 1):
        try:
            change(*arguments)
        except MlflowException as error:
            # MLflow's answer to whatever its database refuses; bad input is told otherwise.
            if str(error.error_code) != "BAD_REQUEST":
                raise
        else:
            return
    change(*arguments)


def is_missing(error: MlflowException) -> bool:
    """Whether MLflow says that what was asked for does not exist."""
    return str(error.error_code) == "RESOURCE_DOES_NOT_EXIST" or "not found" in str(error)


@contextmanager
def _known(what: str, next_step: str) -> Iterator[None]:
    try:
        yield
    except MlflowException as error:
        if not is_missing(error):
            raise
        where = mlflow.get_registry_uri()
        raise LifecycleError(
            what, why=f"The registry at {where} does not have it.", next_step=next_step
        ) from error


def _versions(name: str) -> Iterator[tuple[int, Version]]:
    client, page = MlflowClient(), None
    while True:
        found = client.search_model_versions(f"name='{name}'", page_token=page)
        for one in found:
            yield int(one.version), _version(one)
        page = found.token
        if not page:
            return


def _version(found: mlflow.entities.model_registry.ModelVersion) -> Version:
    return Version(
        name=found.name,
        number=int(found.version),
        source=found.source or "",
        run_id=found.run_id or "",
        stage=_stage_of(found),
        tags=dict(found.tags),
        description=found.description or "",
    )


def _stage_of(found: mlflow.entities.model_registry.ModelVersion) -> str:
    # Stages are announced to go.
    return getattr(found, "current_stage", None) or ""


def _logged_by(run_id: str, name: str) -> LoggedModel | None:
    client = MlflowClient()
    experiment = client.get_run(run_id).info.experiment_id
    named = f" AND name = '{name}'" if name else ""
    found = client.search_logged_models(
        [experiment], filter_string=f"source_run_id = '{run_id}'{named}"
    )
    return found[0] if len(found) else None
