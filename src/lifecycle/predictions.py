"""Held-out predictions of a run, row by row: what an honest comparison needs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from lifecycle.artifacts import downloaded, sha256
from lifecycle.errors import LifecycleError
from lifecycle.tracking import FOLDER

PREDICTIONS = f"{FOLDER}/predictions.parquet"


def log_predictions(
    truth: Sequence[Any] | Any,
    prediction: Sequence[Any] | Any,
    *,
    rows: Sequence[Any] | Any,
    score: Sequence[float] | Any | None = None,
) -> None:
    """Log what a model predicts for each held-out row, into the active run.

    Args:
        truth: the true label or value of each row.
        prediction: the predicted label or value of each row, in the same order.
        rows: what tells each row from all others: its id, or a DataFrame of its inputs. Two
            models are compared only where these and the truth are the same.
        score: the probability or score of the positive class, for metrics that need one.

    Raises:
        LifecycleError: lengths differ, a value is missing, an id stands twice, or no run is
            active.
    """
    columns: dict[str, Any] = {"row": _ids(rows), "truth": truth, "prediction": prediction}
    if score is not None:
        columns["score"] = score
    lists = {name: list(values) for name, values in columns.items()}
    frame = _table(lists)
    if mlflow.active_run() is None:
        # MLflow would begin a run of its own, which nobody asked for.
        raise _not_logged("No run is active.")
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / Path(PREDICTIONS).name
        frame.to_parquet(path, index=False)
        mlflow.log_artifact(str(path), artifact_path=FOLDER)


def read_predictions(run_id: str) -> tuple[pd.DataFrame, str] | None:
    """The held-out predictions of a run; None if it logged none.

    Returns:
        A frame with the columns ``row`` (text), ``truth``, ``prediction`` and perhaps ``score``,
        ordered by row, and the SHA-256 of the file.

    Raises:
        LifecycleError: the file is no such table.
    """
    with tempfile.TemporaryDirectory() as room:
        path = downloaded(run_id, PREDICTIONS, room)
        if path is None:
            return None
        try:
            found = pd.read_parquet(path)
            return found.sort_values("row", ignore_index=True), sha256(path)
        except (ValueError, OSError, KeyError) as error:
            raise LifecycleError(
                f"The predictions of run {run_id} cannot be read.",
                why=str(error).splitlines()[0],
                next_step="Log them again with lifecycle.log_predictions.",
            ) from error


def _ids(rows: Any) -> list[str]:
    if not isinstance(rows, pd.DataFrame):
        return [str(row) for row in rows]
    hashes = pd.Series(pd.util.hash_pandas_object(rows, index=False).to_numpy())
    # Equal rows are told apart by how often they stood before.
    repeated = hashes.groupby(hashes).cumcount()
    return [f"{value:016x}-{count}" for value, count in zip(hashes, repeated, strict=True)]


def _table(columns: dict[str, list[Any]]) -> pd.DataFrame:
    problem = _problem(columns)
    if problem:
        raise _not_logged(problem)
    return pd.DataFrame(columns)


def _not_logged(why: str) -> LifecycleError:
    return LifecycleError(
        "The predictions were not logged.",
        why=why,
        next_step="Inside `with lifecycle.run(...)`, give one truth, one prediction and one id "
        "for each held-out row.",
    )


def _problem(columns: dict[str, list[Any]]) -> str:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{length} of {name}" for name, length in lengths.items())
        return f"There are {said}."
    if not lengths["row"]:
        return "There are no rows."
    for name, values in columns.items():
        if len({isinstance(value, str) for value in values}) > 1:
            return f"The values of {name} are partly text and partly numbers."
        missing = int(pd.isna(pd.Series(values)).sum())
        if missing:
            return f"{missing} of {len(values)} values of {name} are missing."
    twice = pd.Series(columns["row"])
    if twice.duplicated().any():
        return f"The row {twice[twice.duplicated()].iloc[0]} stands more than once."
    return ""
