"""The ledger of a registered model: an append-only list of records that lives in MLflow.

Nothing in MLflow's registry is atomic across calls, and tags and aliases are overwritten without
a question. But two things in its tracking store are decided by the database once and for all: a
parameter of a run is **written once** (a second, different value is refused), and the name of an
experiment is unique. So the ledger is a run of its own, in the experiment ``lifecycle/NAME``,
and record number *n* is its parameter ``n``. Whoever writes number *n* first has it; whoever
comes second learns so and has changed nothing. No clock, lease or lock is involved. (Herlihy,
"Wait-free synchronization", 1991: a write-once register solves consensus.)
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Experiment, Run
from mlflow.exceptions import MlflowException

from lifecycle.errors import LifecycleError
from lifecycle.registry import insist

#: Tag of a registered model that names the run of its ledger, and of that run: the model.
POINTER = "lifecycle.ledger"
#: MLflow cuts parameters after 6,000 characters; a part stays below that.
PART = 5_500
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of a ledger.

    Args:
        action: ``registered``, ``promoted``, ``rejected``, ``archived``, ``rolled back``,
            ``adopted`` (the registry as it was found) or ``restored`` (as the ledger has it).
        version: the version it is about.
        origin: the stage it left, ``to``: the stage it entered.
        who: made the change, ``approver``: answers for it.
        why: in the words of who made it.
        when: UTC, ISO 8601, seconds.
        replaced: the version that left production for it, if any.
        verdict: of the comparison with the champion, if one was asked for.
        stages: for ``adopted``, the versions found in each stage.
        kept: for ``registered``, the digest of each text kept under this version.
        seq: its number in the ledger, from 1.
        id: tells two otherwise equal records apart.
    """

    action: str
    version: int
    origin: str = ""
    to: str = ""
    who: str = ""
    why: str = ""
    approver: str = ""
    replaced: int | None = None
    verdict: str = ""
    stages: Mapping[str, Sequence[int]] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    when: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    seq: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The record as plain JSON values, without what is empty."""
        found = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        return {name: value for name, value in found.items() if value not in ("", None, {})}


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one model; ``open_ledger`` finds or makes it."""

    name: str
    run_id: str

    def records(self) -> list[Record]:
        """Everything recorded until now, in order.

        Raises:
            LifecycleError: the ledger was deleted, or something else was written into it.
        """
        return _records(self.name, self._params())

    def append(self, record: Record, seq: int) -> bool:
        """Write a record as number ``seq``.

        Returns:
            Whether it was written; False if another record has that number.

        Raises:
            LifecycleError: the record is too long.
            MlflowException: the server refused for another reason, or did not answer.
        """
        text = _text(record)
        return self._write(f"{seq:0{_DIGITS}d}", text)

    def append_next(self, record: Record) -> Record:
        """Write a record after whatever is there; returns it with its number."""
        while True:
            seq = len(self.records()) + 1
            if self.append(record, seq):
                return dataclasses.replace(record, seq=seq)

    def keep(self, key: str, text: str) -> None:
        """Keep a text of any length under a key, for ever.

        Raises:
            LifecycleError: another text is kept there.
        """
        parts = [text[at : at + PART] for at in range(0, len(text), PART)] or [""]
        for number, part in enumerate(parts):
            if not self._write(f"{key}.{number}", part):
                raise LifecycleError(
                    f"The ledger of {self.name} holds another {key}.",
                    why="A ledger is written once; this was recorded differently before.",
                    next_step="Register the model anew, as a new version.",
                )

    def kept(self, key: str) -> str:
        """The text kept under a key; empty if there is none."""
        found = self._params()
        parts: list[str] = []
        while (part := found.get(f"{key}.{len(parts)}")) is not None:
            parts.append(part)
        return "".join(parts)

    def _params(self) -> dict[str, str]:
        return dict(_ledger_run(self.name, self.run_id).data.params)

    def _write(self, key: str, value: str) -> bool:
        client = MlflowClient()
        try:
            client.log_param(self.run_id, key, value)
        except MlflowException:
            # The answer may be lost though the value was written, so only reading it back tells.
            found = self._params().get(key)
            if found is None:
                raise
            return found == value
        return True


def open_ledger(name: str, tags: Mapping[str, str]) -> Ledger | None:
    """The ledger of a model, or None if it has none yet.

    Args:
        name: of the registered model.
        tags: of the registered model, which may name the ledger's run.

    Raises:
        LifecycleError: there was one, and it was deleted.
    """
    run_id = tags.get(POINTER)
    if not run_id:
        experiment = MlflowClient().get_experiment_by_name(_place(name))
        run_id = _claimed(name, experiment) if experiment else None
    return Ledger(name, run_id) if run_id else None


def make_ledger(name: str) -> Ledger:
    """The ledger of a model, made now unless it is there; any number may make it at once."""
    client = MlflowClient()
    experiment = client.get_experiment_by_name(_place(name)) or _claim(client, name)
    ledger = Ledger(name, _claimed(name, experiment))
    insist(client.set_registered_model_tag, name, POINTER, ledger.run_id)
    return ledger


def _place(name: str) -> str:
    return f"lifecycle/{name}"


def _claim(client: MlflowClient, name: str) -> Experiment:
    """Make the experiment with the ledger's run in it under a name that is free or taken."""
    room = client.create_experiment(f"{_place(name)}/{uuid.uuid4().hex}")
    run = client.create_run(room, run_name=f"ledger of {name}", tags={POINTER: name})
    client.update_run(run.info.run_id, status="FINISHED")
    try:
        # The name is unique: of several that claim it at once, one succeeds.
        client.rename_experiment(room, _place(name))
    except MlflowException:
        client.delete_experiment(room)
        if (found := client.get_experiment_by_name(_place(name))) is None:
            raise
        return found
    return client.get_experiment(room)


def _claimed(name: str, experiment: Experiment) -> str:
    client = MlflowClient()
    runs = client.search_runs(
        [experiment.experiment_id],
        f"tags.`{POINTER}` = '{name}'",
        order_by=["attributes.start_time ASC"],
    )
    if experiment.lifecycle_stage != "active" or not runs:
        raise _gone(name)
    return str(runs[0].info.run_id)


def _ledger_run(name: str, run_id: str) -> Run:
    try:
        run = MlflowClient().get_run(run_id)
    except MlflowException as error:
        if str(error.error_code) == "RESOURCE_DOES_NOT_EXIST":
            raise _gone(name) from error
        raise
    if run.info.lifecycle_stage != "active" or run.data.tags.get(POINTER) != name:
        raise _gone(name)
    return run


def _gone(name: str) -> LifecycleError:
    return LifecycleError(
        f"The ledger of {name} is gone.",
        why=f"The experiment {_place(name)} or its run was deleted, and with it the history.",
        next_step="Restore it with `mlflow experiments restore` or `mlflow runs restore`; "
        f"if that is impossible, delete the tag {POINTER} of {name} to begin a new ledger.",
    )


def _text(record: Record) -> str:
    found = record.as_dict()
    found.pop("seq", None)
    text = json.dumps(found, ensure_ascii=False, sort_keys=True)
    if len(text) > PART:
        raise LifecycleError(
            "The record is too long for the ledger.",
            why=f"It has {len(text)} characters; {PART} fit.",
            next_step="Shorten the reason, and link to the details.",
        )
    return text


def _records(name: str, params: Mapping[str, str]) -> list[Record]:
    found: list[Record] = []
    while (text := params.get(f"{len(found) + 1:0{_DIGITS}d}")) is not None:
        try:
            found.append(Record(**{**json.loads(text), "seq": len(found) + 1}))
        except (ValueError, TypeError) as error:
            raise LifecycleError(
                f"Record {len(found) + 1} in the ledger of {name} cannot be read.",
                why=f"{error}; another program, or a newer version of this one, wrote it.",
                next_step="Update this package, or look at the experiment "
                f"{_place(name)} in the MLflow UI.",
            ) from error
    return found
