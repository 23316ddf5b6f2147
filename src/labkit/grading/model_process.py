"""Runs in a process of its own: loads a model, asks it, writes down what it answers.

It imports nothing of the grader, so that such a process starts at once and holds nothing to look
at but what it is given.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

#: What the process that others are forked from has imported.
PRELOADED = [
    "labkit.grading.model_process",
    "mlflow.pyfunc",
    "mlflow.sklearn",
    "pandas",
    "sklearn.ensemble",
    "sklearn.pipeline",
    "skops.io",
]
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
MOST_CHARACTERS = 500


def ask_model(model: str, rows: dict[str, list[Any]], reply: str) -> None:
    """Write a model's predictions, or what went wrong, to a file as JSON.

    Args:
        model: folder of a logged model.
        rows: what to predict for, lists by column name.
        reply: the file to write: a list, or ``{"error": message}``.
    """
    if hasattr(os, "setsid"):
        os.setsid()
    os.environ.update(ENVIRONMENT)
    os.chdir(Path(reply).parent)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):  # what a model prints is for no terminal
        os.dup2(nowhere, stream)
    try:
        import mlflow.pyfunc
        import pandas as pd

        # Comparing requirements, for a warning nobody sees, would take most of the time.
        loaded = mlflow.pyfunc.load_model(model, suppress_warnings=True)
        answer = loaded.predict(pd.DataFrame(rows))
        text = json.dumps(_plain(answer))
    except Exception as error:  # whatever a model does wrong is an answer, not our fault
        message = " ".join(f"{type(error).__name__}: {error}".split())
        text = json.dumps({"error": message[:MOST_CHARACTERS]})
    Path(reply).write_text(text, encoding="utf-8")


def _plain(answer: Any) -> list[Any]:
    if hasattr(answer, "to_numpy"):
        answer = answer.to_numpy()
    return list(answer.tolist() if hasattr(answer, "tolist") else answer)
