"""Losses of an expert alone and of a mixture, with class weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss

from moe_ids.features.preprocess import Floats, Ints
from moe_ids.models.mixture import Mixture
from moe_ids.preparation import Inputs


def class_weights(labels: Ints, classes: int, power: float) -> Floats:
    """Weights that make rare classes count more.

    Args:
        labels: codes of the training rows.
        classes: how many there are.
        power: a class of n rows gets a weight in proportion to n to the power of minus this.

    Returns:
        (classes,), with mean 1 over the training rows; a class without rows gets the greatest.
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    weights = np.where(counts > 0, np.maximum(counts, 1.0) ** -power, 0.0)
    weights = np.where(counts > 0, weights, weights.max())
    return (weights * counts.sum() / (weights * counts).sum()).astype(np.float32)


@dataclass(frozen=True, slots=True)
class ExpertLoss:
    """Weighted cross-entropy of one expert's logits.

    Args:
        inputs: all rows.
        labels: codes of all rows.
        weights: of the classes.
        device: to compute on.
    """

    inputs: Inputs
    labels: Ints
    weights: Floats
    device: torch.device

    def __call__(self, module: nn.Module, rows: Ints) -> Tensor:
        """The loss on these rows."""
        batch = (one.to(self.device) for one in self.inputs.batch(rows))
        truth = torch.from_numpy(self.labels[rows]).to(self.device)
        each = cross_entropy(module(*batch), truth, reduction="none")
        # Not the mean of weights that torch divides by: a batch without rare classes counts less.
        return (each * torch.from_numpy(self.weights).to(self.device)[truth]).mean()


@dataclass(frozen=True, slots=True)
class NeuralLoss:
    """Cross-entropy of the neural experts mixed, which reaches into the experts.

    Args:
        inputs: all rows.
        labels: codes of all rows.
        outside: (rows, classes) opinions from outside; no columns without one.
        device: to compute on.
    """

    inputs: Inputs
    labels: Ints
    outside: Floats
    device: torch.device

    def __call__(self, module: nn.Module, rows: Ints) -> Tensor:
        """The loss on these rows, of a :class:`Mixture`."""
        batch = (*self.inputs.batch(rows), torch.from_numpy(self.outside[rows]))
        said = module(*(one.to(self.device) for one in batch))
        truth = torch.from_numpy(self.labels[rows]).to(self.device)
        return nll_loss(said.neural, truth)


@dataclass(frozen=True, slots=True)
class GateLoss:
    """Cross-entropy of a mixture of all experts, and of the neural ones alone.

    Classes count as often as they occur: the experts know the rare ones already, and weights would
    be another word for a few rows.

    Args:
        opinions: (rows, experts, classes), what the experts say of all rows.
        labels: codes of all rows.
    """

    opinions: Tensor
    labels: Ints

    def __call__(self, module: nn.Module, rows: Ints) -> Tensor:
        """The loss on these rows, of a :class:`Mixture`."""
        assert isinstance(module, Mixture)  # noqa: S101  # the stage trains nothing else
        said = module.mix(self.opinions[rows])
        truth = torch.from_numpy(self.labels[rows]).to(self.opinions.device)
        return (nll_loss(said.mixture, truth) + nll_loss(said.neural, truth)) / 2
