"""One stage of training: epochs, averaged weights, early stopping, a budget, a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from moe_ids.features.preprocess import Ints

_EVALUATED_AT_ONCE = 4096
_WEIGHT_DECAY = 0.05
_LONGEST_STEP = 1.0
#: Asking for CPU time can take milliseconds.
_STEPS_BETWEEN_LOOKS = 8


class Objective(Protocol):
    """Loss of a module on a batch of rows."""

    def __call__(self, module: nn.Module, rows: Ints) -> Tensor:
        """The mean over these rows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a stage is trained.

    Args:
        name: of the stage.
        epochs: at most.
        batch: rows per step.
        patience: epochs without a better validation loss after which it stops.
        average: of the weights, how much of the mean is kept at each step.
        until_cpu_s: CPU seconds of the whole training at which the stage ends.
    """

    name: str
    epochs: int
    batch: int
    patience: int
    average: float
    until_cpu_s: float


@dataclass(slots=True)
class Clock:
    """CPU seconds of this training, those before an interruption included."""

    before: float = 0.0
    started: float = field(default_factory=time.process_time)

    def seconds(self) -> float:
        """All threads of this process together."""
        return self.before + time.process_time() - self.started


@dataclass(slots=True)
class Progress:
    """Where a stage stands; what a checkpoint keeps besides weights."""

    epoch: int = 0
    best_loss: float = float("inf")
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    ended: str = ""


Report = Callable[[str, dict[str, float]], None]
Keep = Callable[[dict[str, Any]], None]


def run_stage(
    plan: Plan,
    module: nn.Module,
    groups: list[dict[str, Any]],
    objective: Objective,
    rows: tuple[Ints, Ints],
    *,
    seed: int,
    clock: Clock,
    report: Report,
    keep: Keep,
    resume: dict[str, Any] | None = None,
) -> Progress:
    """Train a module; it ends with the averaged weights of its best epoch.

    The order of rows and the dropout of an epoch follow from the seed, the stage and the number of
    the epoch. So a training that goes on from a checkpoint ends as one that was not interrupted.

    Args:
        plan: how.
        module: what.
        groups: its parameters and their learning rates, as torch's optimizers take them.
        objective: the loss.
        rows: positions of training rows and of validation rows.
        seed: of the training.
        clock: says when the budget is spent.
        report: is told the losses after each epoch.
        keep: is given a checkpoint after each epoch.
        resume: the last checkpoint of this stage.

    Returns:
        How it went; ``ended`` is "epochs", "patience" or "budget".
    """
    optimizer = torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY)
    averaged = AveragedModel(module, avg_fn=_averaging(plan.average))
    best = _copy(module)
    progress = Progress()
    if resume:
        module.load_state_dict(resume["module"])
        averaged.load_state_dict(resume["averaged"])
        optimizer.load_state_dict(resume["optimizer"])
        best, progress = resume["best"], Progress(**resume["progress"])
    training, validation = rows
    while not progress.ended:
        progress.epoch += 1
        torch.manual_seed(_seed(seed, plan.name, progress.epoch))
        order = np.random.default_rng(_seed(seed, plan.name, progress.epoch)).permutation(training)
        loss = _epoch(plan, module, averaged, optimizer, objective, order, clock)
        valid = mean_loss(averaged.module, objective, validation)
        told = {"loss": loss, "valid_loss": valid, "cpu_s": clock.seconds()}
        progress.history.append({"epoch": float(progress.epoch), **told})
        if valid < progress.best_loss:
            progress.best_loss, progress.best_epoch = valid, progress.epoch
            best = _copy(averaged.module)
        progress.ended = _reason(plan, progress, clock)
        report(plan.name, progress.history[-1])
        keep(
            {
                "module": module.state_dict(),
                "averaged": averaged.state_dict(),
                "optimizer": optimizer.state_dict(),
                "best": best,
                "progress": {name: getattr(progress, name) for name in progress.__slots__},
            }
        )
    module.load_state_dict(best)
    module.eval()
    return progress


def mean_loss(module: nn.Module, objective: Objective, rows: Ints) -> float:
    """Mean of the loss over rows, without training."""
    module.eval()
    total = 0.0
    with torch.inference_mode():
        for first in range(0, len(rows), _EVALUATED_AT_ONCE):
            part = rows[first : first + _EVALUATED_AT_ONCE]
            total += float(objective(module, part)) * len(part)
    return total / max(len(rows), 1)


def _epoch(
    plan: Plan,
    module: nn.Module,
    averaged: AveragedModel,
    optimizer: torch.optim.Optimizer,
    objective: Objective,
    order: Ints,
    clock: Clock,
) -> float:
    module.train()
    total, done = 0.0, 0
    for step, first in enumerate(range(0, len(order), plan.batch), start=1):
        part = order[first : first + plan.batch]
        optimizer.zero_grad()
        loss = objective(module, part)
        loss.backward()
        nn.utils.clip_grad_norm_(module.parameters(), _LONGEST_STEP)
        optimizer.step()
        averaged.update_parameters(module)
        total, done = total + float(loss.detach()) * len(part), done + len(part)
        if step % _STEPS_BETWEEN_LOOKS == 0 and clock.seconds() >= plan.until_cpu_s:
            break
    return total / max(done, 1)


def _seed(seed: int, stage: str, epoch: int) -> int:
    return int(np.random.SeedSequence([seed, epoch, *stage.encode()]).generate_state(1)[0])


def _averaging(most: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """An exponential mean that does not remember the untrained weights."""

    def mean(old: Tensor, new: Tensor, steps: Tensor | int) -> Tensor:
        kept = min(most, (1 + float(steps)) / (10 + float(steps)))
        return old * kept + new * (1 - kept)

    return mean


def _reason(plan: Plan, progress: Progress, clock: Clock) -> str:
    if clock.seconds() >= plan.until_cpu_s:
        return "budget"
    if progress.epoch - progress.best_epoch >= plan.patience:
        return "patience"
    return "epochs" if progress.epoch >= plan.epochs else ""


def _copy(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}
