"""Runs a recorded command again, in a fresh clone with freshly pulled data."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.utils.file_utils import local_file_uri_to_path

from lifecycle.artifacts import artifact_digest, downloaded
from lifecycle.code import git
from lifecycle.data import copy_remotes, state_of
from lifecycle.errors import LifecycleError
from lifecycle.integrity import Registration
from lifecycle.tracking import ENVIRONMENT, PATCH, Provenance

#: Settings of this process that would lead the repeated training to another store.
_FOREIGN = {
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_RUN_ID",
}


class ImpossibleError(Exception):
    """A version cannot be trained again; the text completes "impossible because ..."."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What is needed to train again.

    Args:
        run_id: of the run to repeat.
        provenance: where it came from.
        kept: what was kept when it was registered, if anything was.
        repository: of Git, with its DVC remotes; None to clone from the recorded address.
        python: runs the command.
        patience: seconds the command may take; None for ever.
        tell: is told each step before it is taken.
    """

    run_id: str
    provenance: Provenance
    kept: Registration | None
    repository: Path | None
    python: str
    patience: float | None
    tell: Callable[[str], None]

    def into(self, room: Path) -> list[Run]:
        """Train again in an empty folder; the runs that were made, the latest first.

        Raises:
            ImpossibleError: it cannot be done, and why.
        """
        self._possible()
        clone = self._clone(room / "clone")
        self._patch(clone)
        self._pull(clone)
        store = room / "mlflow.db"
        self._train(clone, f"sqlite:///{store.as_posix()}")
        if not store.exists():
            raise ImpossibleError(
                "the command made no run in the store it was given: does it set a tracking URI?"
            )
        with warnings.catch_warnings():
            # MLflow opens a database in ways SQLAlchemy deprecates.
            warnings.simplefilter("ignore", DeprecationWarning)
            client = MlflowClient(f"sqlite:///{store.as_posix()}")
            experiments = [one.experiment_id for one in client.search_experiments()]
            return list(client.search_runs(experiments, order_by=["attributes.start_time DESC"]))

    def _possible(self) -> None:
        if not self.provenance.command:
            raise ImpossibleError(
                "no command was recorded; in a notebook, lifecycle.run needs command=[...]"
            )
        changed = [one.path for one in self.provenance.data if one.changed]
        if changed:
            raise ImpossibleError(f"{changed[0]} had been changed when the run began")

    def _clone(self, clone: Path) -> Path:
        source = str(self.repository or self.provenance.origin)
        if not source:
            raise ImpossibleError("no repository is at hand, and none was recorded")
        self.tell(f"cloning {source} at {self.provenance.commit[:10]}")
        try:
            # --no-local: what no branch leads to must not come along, as it would not elsewhere.
            git(
                clone.parent, "clone", "-q", "--no-local", "--no-checkout", "--", source, str(clone)
            )
            git(clone, "checkout", "-q", "--detach", self.provenance.commit)
        except subprocess.CalledProcessError as error:
            raise ImpossibleError(f"Git said: {_last_line(error.stderr)}") from error
        return clone

    def _patch(self, clone: Path) -> None:
        if not self.provenance.changed:
            return
        self.tell(f"applying changes to {len(self.provenance.changed)} files")
        known = self.kept.artifacts.get(PATCH) if self.kept else None
        if known and artifact_digest(self.run_id, PATCH) != known:
            raise ImpossibleError(f"the artifact {PATCH} is not the one that was registered")
        patch = downloaded(self.run_id, PATCH, str(clone.parent))
        if patch is None:
            raise ImpossibleError("the working tree was dirty, and its changes were not kept")
        try:
            git(clone, "apply", "--whitespace=nowarn", str(patch))
        except subprocess.CalledProcessError as error:
            raise ImpossibleError(
                f"the uncommitted changes do not apply: {_last_line(error.stderr)}"
            ) from error

    def _pull(self, clone: Path) -> None:
        if not self.provenance.data:
            return
        paths = [one.path for one in self.provenance.data]
        self.tell(f"pulling {', '.join(paths)}")
        try:
            if self.repository is not None:
                copy_remotes(self.repository, clone)
            pulled = _run([sys.executable, "-m", "dvc", "pull", "-q", *paths], clone, {}, None)
            states = {one.path: state_of(one, clone) for one in self.provenance.data}
        except LifecycleError as error:
            raise ImpossibleError(f"{error.what} {error.why}") from error
        wrong = {path: state for path, state in states.items() if state != "unchanged"}
        # DVC pulls nothing, and calls that a success, where no remote is known.
        if wrong:
            said = f" (DVC said: {_last_line(pulled.stderr)})" if pulled.returncode else ""
            path, state = next(iter(wrong.items()))
            missing = "no remote gave it" if state.startswith("not here") else state
            raise ImpossibleError(f"{path} cannot be pulled: {missing}{said}")

    def _train(self, clone: Path, store: str) -> None:
        command = list(self.provenance.command)
        self.tell(f"running {' '.join(command)}")
        if command[0] == "python":
            command[0] = self.python
        try:
            done = _run(
                command,
                clone / self.provenance.folder,
                {"MLFLOW_TRACKING_URI": store, "MLFLOW_REGISTRY_URI": store},
                self.patience,
            )
        except subprocess.TimeoutExpired as error:
            raise ImpossibleError(f"the command took longer than {error.timeout:g} s") from error
        except OSError as error:
            raise ImpossibleError(f"the command cannot be run: {error}") from error
        if done.returncode:
            lost = self.provenance.untracked
            also = f"; files that were never committed: {', '.join(lost[:3])}" if lost else ""
            raise ImpossibleError(
                f"the command ended with status {done.returncode}: {_last_line(done.stderr)}{also}"
            )


def environment_of(run: Run) -> str:
    """The environment a repeated run recorded on this machine; empty if it recorded none."""
    path = Path(local_file_uri_to_path(run.info.artifact_uri or "")) / ENVIRONMENT
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _run(
    command: list[str], folder: Path, more: dict[str, str], patience: float | None
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return subprocess.run(
        command,
        cwd=folder,
        env={**kept, **more},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=patience,
    )


def _last_line(text: str | None) -> str:
    return ((text or "").strip().splitlines() or ["nothing"])[-1]
