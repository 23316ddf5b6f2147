"""The case study's model for MLflow, as code: no pickle is written and none is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from moe_ids.data.dataset import Dataset
from moe_ids.model import MIXTURE, Model


class FlowModel(PythonModel):
    """Takes flows, gives the probability of an attack and the class of each.

    Where the model looks at the past, it is looked for among the rows of the same call.
    """

    def load_context(self, context: Any) -> None:
        """Read the model folder."""
        self.model = Model.load(Path(context.artifacts["model_folder"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """``attack``, a probability, and ``label``, a class, of each row."""
        return judged(self.model, model_input)


def judged(model: Model, flows: pd.DataFrame) -> pd.DataFrame:
    """What a model answers."""
    known = model.preparation
    data = Dataset(
        name=known.dataset,
        frame=flows.reset_index(drop=True),
        numeric=tuple(known.preprocessor.numbers),
        categorical=tuple(known.preprocessor.categories),
        classes=known.classes,
    )
    said = model.judge(data).of[MIXTURE]
    label = [known.classes[code] for code in said.label]
    return pd.DataFrame({"attack": said.attack.astype(float), "label": label})


set_model(FlowModel())
