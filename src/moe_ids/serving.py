"""Models by their address: a folder, or a model in MLflow."""

from __future__ import annotations

from pathlib import Path

from moe_ids.errors import CaseStudyError

#: Where a model logged to MLflow keeps its model folder.
INSIDE = "model_folder"
_SCHEMES = ("models:/", "runs:/", "mlflow-artifacts:/", "file:/")


def model_folder(address: str) -> Path:
    """The folder of a model; one in MLflow is downloaded.

    Args:
        address: a path, or an address such as ``models:/moe-cybersecurity-cicids@champion``.

    Raises:
        CaseStudyError: MLflow does not have it.
    """
    if not address.startswith(_SCHEMES):
        return Path(address)
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        root = Path(mlflow.artifacts.download_artifacts(artifact_uri=address))
    except (MlflowException, OSError) as error:
        raise CaseStudyError(
            f"MLflow has no model {address}.",
            why=f"At {mlflow.get_tracking_uri()}: {str(error).splitlines()[0]}",
            next_step="Check the address, and that MLFLOW_TRACKING_URI names the right server.",
        ) from None
    found = next(iter(root.rglob("model.json")), None)
    if found is None:
        raise CaseStudyError(
            f"{address} is no model of the case study.",
            why="It holds no model.json.",
            next_step="Give a model that `python -m moe_ids.train --track` logged.",
        )
    return found.parent


def require_model(folder: Path) -> None:
    """Refuse a folder without a model, before anything is loaded.

    Raises:
        CaseStudyError: there is none.
    """
    if not (folder / "model.json").is_file():
        raise CaseStudyError(
            f"There is no model in {folder}.",
            why="model.json is missing there: no training ended in this folder.",
            next_step="Give a folder that `python -m moe_ids.train --out` wrote.",
        )
