"""Runs in a process of its own: loads a model, asks it, writes down what it answers.

It imports nothing of the grader, so that such a process starts at once and holds nothing to look
at but what it is given.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

#: The environment it is asked in.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
MOST_CHARACTERS = 500


def ask_model(model: str, rows: str, reply: str) -> None:
    """Write a model's predictions, or what went wrong, to a file as JSON.

    Args:
        model: folder of a logged model.
        rows: file with what to predict for, lists by column name, as JSON.
        reply: the file to write: a list, or ``{"error": message}``.
    """
    try:
        import mlflow.pyfunc
        import pandas as pd

        # Comparing requirements, for a warning nobody sees, would take most of the time.
        loaded = mlflow.pyfunc.load_model(model, suppress_warnings=True)
        answer = loaded.predict(pd.DataFrame(json.loads(Path(rows).read_bytes())))
        text = json.dumps(_plain(answer))
    except Exception as error:  # whatever a model does wrong is an answer, not our fault
        message = " ".join(f"{type(error).__name__}: {error}".split())
        text = json.dumps({"error": message[:MOST_CHARACTERS]})
    Path(reply).write_text(text, encoding="utf-8")


def _plain(answer: Any) -> list[Any]:
    if hasattr(answer, "to_numpy"):
        answer = answer.to_numpy()
    return list(answer.tolist() if hasattr(answer, "tolist") else answer)


if __name__ == "__main__":
    ask_model(*sys.argv[1:])
