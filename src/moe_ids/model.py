"""A trained model: judges flows, and is written to and read from a folder without a pickle."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from moe_ids.boosting import Boosted
from moe_ids.data.dataset import Dataset
from moe_ids.errors import CaseStudyError
from moe_ids.features.preprocess import Floats, Ints
from moe_ids.models import EXPERTS, Mixture, make_expert
from moe_ids.preparation import Inputs, Preparation

MIXTURE, NEURAL, XGBOOST = "mixture", "neural mixture", "xgboost"
_MODEL, _PREPARATION, _WEIGHTS = "model.json", "preparation.json", "weights.pt"
_FORMAT = 1
_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model, or one of its experts, says of flows.

    Args:
        probabilities: (rows, classes), as frequent as the classes were in training.
        attack: (rows,) probability that a flow is an attack.
        label: (rows,) code of the class: benign where an attack is less likely than not, else the
            attack that is the most likely when rare ones count more.
    """

    probabilities: Floats
    attack: Floats
    label: Ints


@dataclass(frozen=True, slots=True)
class Judgements:
    """What a model and its experts say of flows.

    Args:
        of: by name: ``MIXTURE``, ``NEURAL`` where it is another, and each expert.
        gate: (rows, experts) weights of the experts.
    """

    of: dict[str, Judgement]
    gate: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """A mixture with everything it needs to judge flows as they come.

    Args:
        preparation: from flows to inputs.
        mixture: the torch part.
        boosted: the expert from outside, if there is one.
        weights: (classes,) by which classes counted in training.
        experts: names, in the order of the gate's weights.
    """

    preparation: Preparation
    mixture: Mixture
    boosted: Boosted | None
    weights: Floats
    experts: tuple[str, ...]

    def judge(self, data: Dataset) -> Judgements:
        """Judge flows; where the model looks at the past, it is looked for among them.

        Raises:
            CaseStudyError: a column is missing, or a value is no number.
        """
        return self.judge_inputs(self.preparation.apply(data))

    def judge_inputs(self, inputs: Inputs, rows: Ints | None = None) -> Judgements:
        """Judge rows that are prepared already, or those at some positions among them."""
        wanted = np.arange(len(inputs)) if rows is None else rows
        parts = zip(*self._run(inputs, wanted), strict=True)
        mixed, neural, gate, each = (np.concatenate(one) for one in parts)
        of = {MIXTURE: self._judgement(mixed)}
        if self.boosted and len(self.experts) > 1:
            of[NEURAL] = self._judgement(neural)
        for place, name in enumerate(self.experts):
            of[name] = self._judgement(each[:, place])
        return Judgements(of, np.exp(gate))

    def _run(self, inputs: Inputs, rows: Ints) -> list[tuple[Floats, ...]]:
        found = []
        with torch.inference_mode():
            for first in range(0, max(len(rows), 1), _AT_ONCE):
                part = rows[first : first + _AT_ONCE]
                outside = torch.from_numpy(self.opinion_from_outside(inputs, part))
                said = self.mixture(*inputs.batch(part), outside)
                found.append(tuple(one.numpy() for one in said))
        return found

    def opinion_from_outside(self, inputs: Inputs, rows: Ints) -> Floats:
        """(rows, classes) what XGBoost says, as the mixture takes it; no columns without it."""
        if self.boosted is None:
            return np.zeros((len(rows), 0), dtype=np.float32)
        return self.boosted.log_probabilities(inputs.flat()[rows])

    def _judgement(self, logs: Floats) -> Judgement:
        probabilities = np.exp(logs)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        attack = np.clip(probabilities[:, 1:].sum(axis=1), 0.0, 1.0)
        which = (logs + np.log(self.weights))[:, 1:].argmax(axis=1) + 1
        label = np.where(attack >= 0.5, which, 0).astype(np.int64)
        return Judgement(probabilities, attack, label)

    def alone(self, name: str) -> Model:
        """One expert as a model of its own; what it does not need is left out.

        Args:
            name: one of ``experts``.
        """
        neural = {name: self.mixture.experts[name]} if name in EXPERTS else {}
        mixture = Mixture(neural, torch.from_numpy(self.weights), outside=not neural)
        past = self.preparation.window if name == "temporal" else 0
        preparation = replace(self.preparation, window=past)
        boosted = None if neural else self.boosted
        return Model(preparation, mixture.eval(), boosted, self.weights, (name,))

    def save(self, folder: Path, about: dict[str, Any] | None = None) -> None:
        """Write the model: JSON for what people may read, tensors for the rest.

        Args:
            folder: made where it is missing.
            about: what to keep with it, plain JSON values.

        Raises:
            OSError: a file cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        found = {
            "format": _FORMAT,
            "experts": self.experts,
            "class_weights": [float(one) for one in self.weights],
            "boosted_kinds": self.boosted.kinds if self.boosted else None,
            "about": about or {},
        }
        (folder / _PREPARATION).write_text(self.preparation.to_json(), encoding="utf-8")
        torch.save(self.mixture.state_dict(), folder / _WEIGHTS)
        if self.boosted:
            self.boosted.save(folder)
        # Last, so that a folder with this file is complete.
        (folder / _MODEL).write_text(json.dumps(found, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read what ``save`` wrote. Nothing in the folder is executed.

        Raises:
            CaseStudyError: there is no model, or it is broken.
        """
        try:
            return cls._load(folder)
        except FileNotFoundError as error:
            raise CaseStudyError(
                f"There is no model in {folder}.",
                why=f"{Path(str(error.filename)).name} is missing there.",
                next_step="Give a folder that `python -m moe_ids.train --out` wrote.",
            ) from None
        except (
            OSError,
            RuntimeError,
            ValueError,
            KeyError,
            TypeError,
            pickle.UnpicklingError,
        ) as error:
            raise CaseStudyError(
                f"The model in {folder} cannot be read.",
                why=str(error).splitlines()[0],
                next_step="Train it again, or get the folder back from where it came.",
            ) from None

    @classmethod
    def _load(cls, folder: Path) -> Model:
        found = json.loads((folder / _MODEL).read_text(encoding="utf-8"))
        preparation = Preparation.from_json((folder / _PREPARATION).read_text(encoding="utf-8"))
        form, names = preparation.form, tuple(found["experts"])
        neural = {name: make_expert(name, form) for name in names if name in EXPERTS}
        weights = np.array(found["class_weights"], dtype=np.float32)
        mixture = Mixture(neural, torch.from_numpy(weights), outside=len(neural) < len(names))
        mixture.load_state_dict(torch.load(folder / _WEIGHTS, weights_only=True))
        boosted = None
        if mixture.outside:
            boosted = Boosted.load(folder, tuple(found["boosted_kinds"]), form.classes)
        return cls(preparation, mixture.eval(), boosted, weights, names)


def about_model(folder: Path) -> dict[str, Any]:
    """What was kept with a model; nothing where there is none."""
    path = folder / _MODEL
    return dict(json.loads(path.read_text(encoding="utf-8"))["about"]) if path.is_file() else {}
