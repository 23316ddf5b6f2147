"""What an interrupted training goes on from."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from moe_ids.errors import CaseStudyError

FILE = "checkpoint.pt"


@dataclass(slots=True)
class Checkpoints:
    """The state of each stage in one file, which is replaced as a whole after each epoch.

    Args:
        folder: of the model that is trained; None keeps nothing.
        purpose: what is trained from what, plain JSON values; a checkpoint serves no other.
    """

    folder: Path | None
    purpose: Mapping[str, Any]
    cpu_s: float = 0.0
    boosted_s: float = 0.0
    _stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def path(self) -> Path | None:
        """The file."""
        return self.folder / FILE if self.folder else None

    def open(self) -> bool:
        """Read what is there.

        Returns:
            Whether there is something to go on from.

        Raises:
            CaseStudyError: it belongs to another training, or cannot be read.
        """
        path = self.path
        if path is None or not path.exists():
            return False
        try:
            found = torch.load(path, weights_only=True)
            purpose = json.loads(found["purpose"])
        except (OSError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
            raise self._unusable(f"It cannot be read: {str(error).splitlines()[0]}") from None
        here = json.loads(json.dumps(self.purpose))
        if purpose != here:
            other = sorted(name for name in here if purpose.get(name) != here[name])
            raise self._unusable(f"It was begun with another value of: {', '.join(other)}.")
        self.cpu_s, self.boosted_s = found["cpu_s"], found["boosted_s"]
        self._stages = found["stages"]
        return True

    def finished(self, stage: str) -> dict[str, Any] | None:
        """The state of a stage that has ended."""
        found = self._stages.get(stage)
        return found if found and found["progress"]["ended"] else None

    def unfinished(self, stage: str) -> dict[str, Any] | None:
        """The state of a stage that was interrupted."""
        found = self._stages.get(stage)
        return found if found and not found["progress"]["ended"] else None

    def keep(self, stage: str, state: dict[str, Any], cpu_s: float) -> None:
        """Keep the state of a stage; of one that has ended only what is still needed.

        Raises:
            OSError: the file cannot be written.
        """
        if self.path is None:
            return
        ended = state["progress"]["ended"]
        needed = {name: state[name] for name in ("best", "progress")} if ended else state
        self._stages[stage] = needed
        self.cpu_s = cpu_s
        found = {
            "purpose": json.dumps(self.purpose),
            "cpu_s": cpu_s,
            "boosted_s": self.boosted_s,
            "stages": self._stages,
        }
        partial = self.path.with_suffix(".part")
        torch.save(found, partial)
        partial.replace(self.path)

    def clear(self) -> None:
        """Remove the file: the training is complete."""
        if self.path:
            self.path.unlink(missing_ok=True)

    def _unusable(self, why: str) -> CaseStudyError:
        return CaseStudyError(
            f"{self.path} is no checkpoint of this training.",
            why=why,
            next_step="Give the same options as before, another --out, or --restart to begin anew.",
        )
