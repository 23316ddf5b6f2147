"""The options of a training, as ``params.yaml`` has them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from moe_ids.boosting import BoostSettings
from moe_ids.errors import CaseStudyError
from moe_ids.model import XGBOOST
from moe_ids.models.experts import EXPERTS

_MAY_BE_0 = ("class_power", "batch", "tune_epochs")
_SMALL = 20_000
_FEW_ROWS, _MANY_ROWS = 128, 512


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of a training.

    Args:
        experts: which, in this order; "auto" stands for those that fit the data.
        bins: of the piecewise-linear encoding, at most so many per number.
        window: earlier flows of the same host that the temporal expert sees.
        epochs: of each stage, at most.
        batch: rows per step; 0 stands for 128 up to 20,000 training rows, else 512.
        patience: epochs without a better validation loss after which a stage stops.
        rate: learning rate of the experts while they are trained alone.
        gate_rate: learning rate of the gate.
        gate_epochs: of the gate.
        tune_epochs: of fine-tuning the experts for their mixture afterwards; 0 for none. It made no
            mixture better that we trained (README, "The case study"), so none is the rule.
        tune_rate: learning rate of that.
        average: how much of the mean of the weights is kept at each step.
        class_power: a class of n rows counts n to the power of this less.
        boost: options of XGBoost.
        budget_cpu_s: CPU seconds after which a training ends with what it has.
    """

    experts: tuple[str, ...] = ("auto",)
    bins: int = 24
    window: int = 16
    epochs: int = 60
    batch: int = 0
    patience: int = 5
    rate: float = 1e-3
    gate_rate: float = 3e-3
    gate_epochs: int = 40
    tune_epochs: int = 0
    tune_rate: float = 3e-4
    average: float = 0.998
    class_power: float = 0.5
    boost: BoostSettings = field(default_factory=BoostSettings)
    budget_cpu_s: float = 600.0

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**dataclasses.asdict(self), "experts": list(self.experts)}

    def rows_per_step(self, rows: int) -> int:
        """Rows per step of a training on so many rows."""
        return self.batch or (_FEW_ROWS if rows <= _SMALL else _MANY_ROWS)

    def experts_for(self, window: bool) -> tuple[str, ...]:
        """The experts to train.

        Args:
            window: whether the data have hosts and times.

        Raises:
            CaseStudyError: one of them is unknown, or needs what the data do not have.
        """
        second = "temporal" if window else "features"
        wanted = ("ft", second, "mlp", XGBOOST) if self.experts == ("auto",) else self.experts
        known = (*EXPERTS, XGBOOST)
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise CaseStudyError(
                f"There is no expert called {unknown[0]!r}.",
                why=f"The experts are {', '.join(known)}.",
                next_step="Choose some of them, or auto.",
            )
        if "temporal" in wanted and not window:
            raise CaseStudyError(
                "The temporal expert cannot be trained on these data.",
                why="No column says which host sent a flow, and when.",
                next_step="Use the expert 'features' instead, or data with hosts and times.",
            )
        if not set(wanted) & set(EXPERTS) or len(set(wanted)) != len(wanted):
            raise CaseStudyError(
                f"{', '.join(wanted) or 'Nothing'} is no mixture.",
                why="It takes at least one neural expert, and each only once.",
                next_step="Choose others, or auto.",
            )
        return wanted


def settings_from(found: Any) -> Settings:
    """Settings from the values of a file; what it does not name is as ``Settings`` has it.

    Raises:
        CaseStudyError: there is no such option, or its value is of another type.
    """
    given = dict(found or {})
    try:
        if "boost" in given:
            given["boost"] = _checked(BoostSettings, dict(given["boost"]))
        if "experts" in given:
            experts = given["experts"]
            given["experts"] = tuple([experts] if isinstance(experts, str) else experts)
        return _checked(Settings, given)
    except (TypeError, ValueError) as error:
        raise CaseStudyError(
            "The options of the training cannot be used.",
            why=f"{error}.",
            next_step="Mend them in params.yaml.",
        ) from None


def read_params(path: Path) -> dict[str, Any]:
    """What a file of parameters says; nothing where there is none.

    Raises:
        CaseStudyError: it cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return dict(found)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise CaseStudyError(
            f"{path} cannot be read.",
            why=str(error).splitlines()[0],
            next_step="Mend the file, or get it back from Git.",
        ) from None


def _checked(kind: Any, given: dict[str, Any]) -> Any:
    names = {one.name: one for one in dataclasses.fields(kind)}
    standard = kind()
    for name, value in given.items():
        if name not in names:
            raise ValueError(f"there is no option {name!r}; there are {', '.join(names)}")
        usual = getattr(standard, name)
        fits = isinstance(value, int | float) if isinstance(usual, float) else True
        if isinstance(value, bool) or not (fits and isinstance(value, type(usual) | int)):
            raise ValueError(f"{name} = {value!r} is not of type {type(usual).__name__}")
        if isinstance(value, int | float) and value <= 0 and name not in _MAY_BE_0:
            raise ValueError(f"{name} = {value!r} is not above 0")
    return kind(**given)
