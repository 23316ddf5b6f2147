"""The rules real teams wrap around MLflow, DVC and Git.

Train and register::

    import lifecycle

    with lifecycle.run(data="data.dvc", run_name="forest"):
        ...                                     # mlflow.log_params, log_metrics, log_model
        lifecycle.log_predictions(y_valid, forest.predict(X_valid), rows=X_valid.index)
        version = lifecycle.register(info, "forest-churn-telco", description="...", tags={...})

Move, look, go back (``python -m lifecycle`` offers the same)::

    lifecycle.promote("forest-churn-telco", 3, to="staging", why="passes the smoke test")
    lifecycle.promote("forest-churn-telco", 3, to="production", why="...", approver="Ana")
    lifecycle.rollback("forest-churn-telco", why="latency")

Everything works against the MLflow server that ``mlflow.set_tracking_uri`` or
``MLFLOW_TRACKING_URI`` names. What it relies on, and what it cannot promise:

- Each model has a **ledger**, the only run of the experiment ``lifecycle/NAME``. Its parameters
  are the records; MLflow writes a parameter once and never again, so of two changes at once one
  comes first and the other is told. Aliases, stages and tags follow the ledger; if a command is
  killed in between, the next one finishes.
- Whoever may delete runs can delete the ledger; whoever may write aliases can move one past
  these commands. Both are noticed by the next command, not prevented. For a moment after a
  change, or after a kill until the next command, aliases can lag behind the ledger.
- The tracking server keeps the ledger. Clients that share a registry must share it, too.
- ``reproduce`` runs the command that was recorded. Use it on servers whose writers you trust.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifecycle.adopting import repair
    from lifecycle.chain import lineage
    from lifecycle.comparison import compare
    from lifecycle.integrity import load, verify
    from lifecycle.looking import current, history
    from lifecycle.predictions import log_predictions
    from lifecycle.registering import register
    from lifecycle.reproducing import reproduce
    from lifecycle.requirements import check
    from lifecycle.tracking import run
    from lifecycle.transitions import archive, promote, reject, rollback

from lifecycle.errors import (
    DriftError,
    LifecycleError,
    LostRaceError,
    RefusedError,
    TamperedError,
)
from lifecycle.rules import Rules, load_rules

#: Where each function lives; imported on use, as MLflow alone takes seconds to import.
_PLACES = {
    "archive": "transitions",
    "check": "requirements",
    "compare": "comparison",
    "current": "looking",
    "history": "looking",
    "lineage": "chain",
    "load": "integrity",
    "log_predictions": "predictions",
    "promote": "transitions",
    "register": "registering",
    "reject": "transitions",
    "repair": "adopting",
    "reproduce": "reproducing",
    "rollback": "transitions",
    "run": "tracking",
    "verify": "integrity",
}

__all__ = [
    "DriftError",
    "LifecycleError",
    "LostRaceError",
    "RefusedError",
    "Rules",
    "TamperedError",
    "archive",
    "check",
    "compare",
    "current",
    "history",
    "lineage",
    "load",
    "load_rules",
    "log_predictions",
    "promote",
    "register",
    "reject",
    "repair",
    "reproduce",
    "rollback",
    "run",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'lifecycle' has no attribute {name!r}")
    return getattr(importlib.import_module(f"lifecycle.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
