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

__all__ = [
    "Dataset",
    "Evidence",
    "Git",
    "Model",
    "ModelVersion",
    "RegisteredModel",
    "Run",
    "Signature",
]
