"""Registers a model, and keeps in the ledger what must not change afterwards."""

from __future__ import annotations

import dataclasses
import getpass
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModel
from mlflow.models.model import ModelInfo

from lifecycle.artifacts import artifact_digest, artifact_text
from lifecycle.errors import LifecycleError, RefusedError
from lifecycle.integrity import digests_of, files_key, provenance_key, registration_of
from lifecycle.ledger import Ledger, Record, make_ledger
from lifecycle.metadata import OWNER, facts_of, missing_metadata
from lifecycle.predictions import PREDICTIONS
from lifecycle.registry import get_version, insist, logged_model, model_files, snapshot
from lifecycle.rules import Rules, load_rules
from lifecycle.settle import look
from lifecycle.tracking import ENVIRONMENT, PATCH, PROVENANCE


@dataclass(frozen=True, slots=True)
class Registered:
    """A version that was registered, and which of the nine things it lacks still."""

    name: str
    version: int
    missing: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"name": self.name, "version": self.version, "missing": list(self.missing)}


def register(
    model: str | ModelInfo | LoggedModel,
    name: str,
    *,
    owner: str | None = None,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    who: str | None = None,
    rules: Rules | None = None,
) -> Registered:
    """Register a model, during its run or after it.

    What was logged until then is kept: digests of the model's files, provenance, and digests of
    the predictions. Registering the same model under the same name again gives the same version,
    and finishes what was interrupted the first time.

    Args:
        model: what ``log_model`` returned, ``models:/m-...``, or ``runs:/RUN_ID/NAME``.
        name: of the registered model; made if it does not exist.
        owner: who answers for it; who registers it unless given.
        description: what the model is, for people.
        tags: of the version, for example ``{"dataset": "...", "architecture": "..."}``.
        who: registers it; this machine's user unless given.
        rules: of the team; ``lifecycle.toml`` unless given.

    Raises:
        RefusedError: the name breaks the convention.
        LifecycleError: there is no such model.
    """
    problems = (rules or load_rules()).name_problems(name)
    if problems:
        raise RefusedError(
            f"'{name}' is no name for a registered model.",
            why="; ".join(problems) + ".",
            next_step="Take one like moe-cybersecurity-cicids: architecture, purpose, data.",
        )
    logged = _found(model)
    actor = who or getpass.getuser()
    number = _version_of(logged, name)
    known = get_version(name, number).tags.get(OWNER)
    _describe(name, number, {**(tags or {}), OWNER: owner or known or actor}, description)
    ledger = make_ledger(name)
    if registration_of(look(name), number) is None:
        _keep(ledger, logged, Record(action="registered", version=number, to="none", who=actor))
    return Registered(name, number, tuple(missing_metadata(facts_of(get_version(name, number)))))


def _found(model: str | ModelInfo | LoggedModel) -> LoggedModel:
    address = model if isinstance(model, str) else model.model_uri
    logged = logged_model(address)
    if logged is None or str(logged.status) != "READY":
        state = "it was not found" if logged is None else f"it is {logged.status}, not READY"
        raise LifecycleError(
            f"There is no model {address} to register.",
            why=f"At {mlflow.get_tracking_uri()} {state}.",
            next_step="Pass what log_model returned, or its model_uri.",
        )
    return logged


def _version_of(logged: LoggedModel, name: str) -> int:
    """The version of this model under this name, made unless it is there."""
    source = f"models:/{logged.model_id}"
    try:
        there = [n for n, one in snapshot(name).versions.items() if one.source == source]
    except LifecycleError:
        there = []
    return max(there, default=0) or _new_version(source, name)


def _new_version(source: str, name: str) -> int:
    # Without a wait: these versions are ready when the call returns.
    return int(mlflow.register_model(source, name, await_registration_for=None).version)


def _describe(name: str, number: int, tags: Mapping[str, str], description: str) -> None:
    client = MlflowClient()
    for key, value in tags.items():
        insist(client.set_model_version_tag, name, str(number), key, value)
    if description:
        client.update_model_version(name, str(number), description)


def _keep(ledger: Ledger, logged: LoggedModel, record: Record) -> None:
    with model_files(f"models:/{logged.model_id}") as folder:
        files = digests_of(folder)
    ledger.keep(files_key(record.version), json.dumps(files, sort_keys=True))
    run_id = logged.source_run_id or ""
    provenance = artifact_text(run_id, PROVENANCE) if run_id else None
    if provenance:
        ledger.keep(provenance_key(record.version), provenance)
    paths = (PREDICTIONS, ENVIRONMENT, PATCH) if run_id else ()
    kept = {path: digest for path in paths if (digest := artifact_digest(run_id, path))}
    ledger.append_next(dataclasses.replace(record, kept=kept))
