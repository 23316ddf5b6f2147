"""Nobody is told about a training."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moe_ids.job import Outcome
    from moe_ids.training.loop import Report


class Silent:
    """Takes the place of a tracker where there is no server."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def also(self, report: Report) -> Report:
        """What tells the terminal, and nobody else."""
        return report

    def finish(self, outcome: Outcome, folder: Path) -> None:
        """Nothing is left to tell."""
