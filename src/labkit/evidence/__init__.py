"""What work left behind, read from outside the process that did it."""

from labkit.evidence.model import (
    Dataset,
    Evidence,
    Git,
    Model,
    ModelVersion,
    RegisteredModel,
    Run,
    Signature,
)
from labkit.evidence.repository import Commit, Repository, Store, Tracking

__all__ = [
    "Commit",
    "Dataset",
    "Evidence",
    "Git",
    "Model",
    "ModelVersion",
    "RegisteredModel",
    "Repository",
    "Run",
    "Signature",
    "Store",
    "Tracking",
]
