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
    state = _State.begin(plan, module, groups, resume)
    training, validation = rows
    while not state.progress.ended:
        state.progress.epoch += 1
        number = _seed(seed, plan.name, state.progress.epoch)
        torch.manual_seed(number)
        order = np.random.default_rng(number).permutation(training)
        loss = _epoch(plan, state, objective, order, clock)
        valid = mean_loss(state.averaged.module, objective, validation)
        state.note({"loss": loss, "valid_loss": valid, "cpu_s": clock.seconds()})
        state.progress.ended = _reason(plan, state.progress, clock)
        report(plan.name, state.progress.history[-1])
        keep(state.as_dict())
    module.load_state_dict(state.best)
    module.eval()
    return state.progress


@dataclass(slots=True)
class _State:
    """What changes while a stage is trained."""

    module: nn.Module
    averaged: AveragedModel
    optimizer: torch.optim.Optimizer
    best: dict[str, Tensor]
    progress: Progress

    @classmethod
    def begin(
        cls,
        plan: Plan,
        module: nn.Module,
        groups: list[dict[str, Any]],
        resume: dict[str, Any] | None,
    ) -> _State:
        optimizer = torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY)
        averaged = AveragedModel(module, avg_fn=_averaging(plan.average))
        if not resume:
            return cls(module, averaged, optimizer, _copy(module), Progress())
        module.load_state_dict(resume["module"])
        averaged.load_state_dict(resume["averaged"])
        optimizer.load_state_dict(resume["optimizer"])
        progress = Progress(**resume["progress"])
        return cls(module, averaged, optimizer, resume["best"], progress)

    def note(self, told: dict[str, float]) -> None:
        """Keep an epoch's losses, and its weights where they are the best so far."""
        progress = self.progress
        progress.history.append({"epoch": float(progress.epoch), **told})
        if told["valid_loss"] < progress.best_loss:
            progress.best_loss, progress.best_epoch = told["valid_loss"], progress.epoch
            self.best = _copy(self.averaged.module)

    def as_dict(self) -> dict[str, Any]:
        """What ``begin`` resumes from."""
        return {
            "module": self.module.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best": self.best,
            "progress": {name: getattr(self.progress, name) for name in Progress.__slots__},
        }


def mean_loss(module: nn.Module, objective: Objective, rows: Ints) -> float:
    """Mean of the loss over rows, without training."""
    module.eval()
    total = 0.0
    with torch.inference_mode():
        for first in range(0, len(rows), _EVALUATED_AT_ONCE):
            part = rows[first : first + _EVALUATED_AT_ONCE]
            total += float(objective(module, part)) * len(part)
    return total / max(len(rows), 1)


def _epoch(plan: Plan, state: _State, objective: Objective, order: Ints, clock: Clock) -> float:
    module = state.module
    module.train()
    # Not all of the module: gradients of what no optimizer clears would pile up in the norm.
    trained = [one for group in state.optimizer.param_groups for one in group["params"]]
    total, done = 0.0, 0
    for step, first in enumerate(range(0, len(order), plan.batch), start=1):
        part = order[first : first + plan.batch]
        state.optimizer.zero_grad()
        loss = objective(module, part)
        loss.backward()
        nn.utils.clip_grad_norm_(trained, _LONGEST_STEP)
        state.optimizer.step()
        state.averaged.update_parameters(module)
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
