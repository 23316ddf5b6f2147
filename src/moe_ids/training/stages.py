"""The stages of a training, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from moe_ids.boosting import Boosted
from moe_ids.data.dataset import Dataset
from moe_ids.errors import CaseStudyError
from moe_ids.features.preprocess import Floats, Ints
from moe_ids.model import XGBOOST, Model
from moe_ids.models import EXPERTS, Mixture, make_expert
from moe_ids.models.mixture import LOWEST
from moe_ids.preparation import Inputs, Preparation
from moe_ids.training.checkpoints import Checkpoints
from moe_ids.training.loop import Clock, Objective, Plan, Progress, Report, mean_loss, run_stage
from moe_ids.training.objectives import ExpertLoss, GateLoss, NeuralLoss, class_weights
from moe_ids.training.settings import Settings

#: How the time for the experts is divided among them.
_SHARES = {"ft": 5.0, "features": 2.0, "temporal": 2.0, "mlp": 2.0}
#: Experts that learn well at a multiple of the learning rate.
_FASTER = {"ft": 1.0, "features": 2.0, "temporal": 3.0, "mlp": 2.0}
#: Of the time that XGBoost leaves, what the experts get; the rest is for the gate.
_FOR_EXPERTS = 0.95
#: The gate has few rows to learn from; without this it learns them by heart.
_GATE_DECAY = 1.0
_AT_ONCE = 4096
_GATE_BATCH = 128


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and how it came about.

    Args:
        model: ready to judge flows.
        progress: of each stage, by its name.
        cpu_s: CPU seconds, those before an interruption included.
    """

    model: Model
    progress: dict[str, Progress]
    cpu_s: float


def train(
    data: Dataset,
    rows: tuple[Ints, Ints],
    settings: Settings,
    seed: int,
    *,
    checkpoints: Checkpoints | None = None,
    report: Report = lambda stage, told: None,
) -> Trained:
    """Train the experts, the gate and XGBoost.

    Args:
        data: with labels.
        rows: positions of training rows and of validation rows.
        settings: options.
        seed: of everything that is drawn.
        checkpoints: where to go on from, and to keep what is needed for that.
        report: is told the losses after each epoch.

    Raises:
        CaseStudyError: the settings do not fit the data, or there are no attacks or no benign flows
            to learn from.
    """
    torch.manual_seed(seed)
    job = _Job.begin(data, rows, settings, seed, checkpoints or Checkpoints(None, {}), report)
    outside, boosted = job.boost() if job.uses_xgboost else (job.nothing(), None)
    experts = job.train_experts()
    torch.manual_seed(seed)
    mixture = Mixture(experts, torch.from_numpy(job.weights), outside=job.uses_xgboost)
    mixture.to(job.device)
    job.train_gate(mixture, outside)
    if settings.tune_epochs:
        job.tune_experts(mixture, outside)
    model = Model(job.preparation, mixture.cpu().eval(), boosted, job.weights, job.names)
    return Trained(model, job.progress, job.clock.seconds())


@dataclass(slots=True)
class _Job:
    """What the stages share."""

    inputs: Inputs
    preparation: Preparation
    labels: Ints
    rows: tuple[Ints, Ints]
    settings: Settings
    seed: int
    names: tuple[str, ...]
    weights: Floats
    device: torch.device
    checkpoints: Checkpoints
    report: Report
    clock: Clock
    progress: dict[str, Progress]

    @classmethod
    def begin(
        cls,
        data: Dataset,
        rows: tuple[Ints, Ints],
        settings: Settings,
        seed: int,
        checkpoints: Checkpoints,
        report: Report,
    ) -> _Job:
        labels = data.class_codes()
        training = rows[0]
        _require_both(labels[training])
        preparation = Preparation.fit(data, training, bins=settings.bins, window=settings.window)
        names = settings.experts_for(window=preparation.window > 0)
        return cls(
            inputs=preparation.apply(data),
            preparation=preparation,
            labels=labels,
            rows=rows,
            settings=settings,
            seed=seed,
            names=tuple(sorted(names, key=lambda name: name == XGBOOST)),
            weights=class_weights(labels[training], len(data.classes), settings.class_power),
            device=torch.device("cuda" if torch.cuda.is_available() else "cpu"),
            checkpoints=checkpoints,
            report=report,
            clock=Clock(before=checkpoints.cpu_s),
            progress={},
        )

    @property
    def uses_xgboost(self) -> bool:
        return XGBOOST in self.names

    def nothing(self) -> Floats:
        return np.zeros((len(self.inputs), 0), dtype=np.float32)

    def boost(self) -> tuple[Floats, Boosted]:
        """What XGBoost says of rows it did not learn from, and a model of all of them."""
        flat, classes = self.inputs.flat(), len(self.preparation.classes)
        training, validation = self.rows
        both = np.concatenate(self.rows)
        options = (classes, self.settings.boost, self.seed)
        said = np.full((len(flat), classes), LOWEST, dtype=np.float32)
        first = Boosted.fit(flat[training], self.labels[training], *options)
        said[validation] = first.log_probabilities(flat[validation])
        return said, Boosted.fit(flat[both], self.labels[both], *options)

    def train_experts(self) -> dict[str, nn.Module]:
        names = [name for name in self.names if name in EXPERTS]
        total = sum(_SHARES[name] for name in names)
        begin = self.checkpoints.boosted_s or self.clock.seconds()
        self.checkpoints.boosted_s = begin
        room = max(self.settings.budget_cpu_s - begin, 0.0) * _FOR_EXPERTS
        loss = ExpertLoss(self.inputs, self.labels, self.weights, self.device)
        experts, spent = {}, 0.0
        for name in names:
            spent += _SHARES[name]
            torch.manual_seed(self.seed)
            expert = make_expert(name, self.preparation.form).to(self.device)
            rate = self.settings.rate * _FASTER[name]
            groups = [{"params": list(expert.parameters()), "lr": rate}]
            self._stage(name, expert, groups, loss, begin + room * spent / total, self.rows)
            experts[name] = expert
        return experts

    def train_gate(self, mixture: Mixture, outside: Floats) -> None:
        """On rows that no expert has learned from: of others each would seem to know everything."""
        rows = self.rows[1]
        opinions = torch.zeros(len(self.inputs), len(self.names), len(self.preparation.classes))
        mixture.eval()
        with torch.inference_mode():
            for first in range(0, len(rows), _AT_ONCE):
                part = rows[first : first + _AT_ONCE]
                batch = (*self.inputs.batch(part), torch.from_numpy(outside[part]))
                opinions[part] = mixture.opinions(*(one.to(self.device) for one in batch)).cpu()
        groups = [
            {
                "params": list(mixture.gate.parameters()),
                "lr": self.settings.gate_rate,
                "weight_decay": _GATE_DECAY,
            }
        ]
        loss = GateLoss(opinions.clone().to(self.device), self.labels)
        self._stage("gate", mixture, groups, loss, self.settings.budget_cpu_s, (rows, rows))

    def tune_experts(self, mixture: Mixture, outside: Floats) -> None:
        """Together, for their mixture, on the rows they learned from; the gate stays as it is.

        XGBoost is left out of the loss: of the rows it learned from it would seem to know all.
        Where the validation rows are judged no better afterwards, nothing is changed.
        """
        loss = NeuralLoss(self.inputs, self.labels, outside, self.device)
        before = {name: value.clone() for name, value in mixture.state_dict().items()}
        begin = mean_loss(mixture, loss, self.rows[1])
        groups = [{"params": list(mixture.experts.parameters()), "lr": self.settings.tune_rate}]
        self._stage("tune", mixture, groups, loss, self.settings.budget_cpu_s, self.rows)
        if self.progress["tune"].best_loss >= begin:
            mixture.load_state_dict(before)

    def _stage(
        self,
        name: str,
        module: nn.Module,
        groups: list[dict[str, Any]],
        objective: Objective,
        until: float,
        rows: tuple[Ints, Ints],
    ) -> None:
        known = self.checkpoints.finished(name)
        if known:
            module.load_state_dict(known["best"])
            self.progress[name] = Progress(**known["progress"])
            return
        options = self.settings
        gate = name == "gate"
        epochs = {"gate": options.gate_epochs, "tune": options.tune_epochs}
        plan = Plan(
            name=name,
            epochs=epochs.get(name, options.epochs),
            batch=_GATE_BATCH if gate else options.rows_per_step(len(self.rows[0])),
            patience=options.gate_epochs if gate else options.patience,
            average=options.average,
            until_cpu_s=until,
        )
        keep: Callable[[dict[str, Any]], None] = lambda state: self.checkpoints.keep(  # noqa: E731
            name, state, self.clock.seconds()
        )
        self.progress[name] = run_stage(
            plan, module, groups, objective, rows, seed=self.seed, clock=self.clock,
            report=self.report, keep=keep, resume=self.checkpoints.unfinished(name),
        )  # fmt: skip


def _require_both(labels: Ints) -> None:
    attacks = int((labels > 0).sum())
    if attacks in (0, len(labels)):
        raise CaseStudyError(
            "The training rows are all benign." if not attacks else "There are only attacks.",
            why="A detector learns from the difference between attacks and benign flows.",
            next_step="Use data with both.",
        )
