"""The torch part of a model as ONNX, checked to say the same."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import Tensor, nn

from moe_ids.errors import CaseStudyError
from moe_ids.features.preprocess import Ints
from moe_ids.model import Model
from moe_ids.preparation import Inputs

#: The greatest difference of a probability that is accepted.
TOLERANCE = 1e-4
_INPUTS = ("numbers", "codes", "window", "outside")


class _Plain(nn.Module):
    """Takes only the inputs that a model has, and gives probabilities."""

    def __init__(self, model: Model, names: tuple[str, ...]) -> None:
        super().__init__()
        self.mixture, self.names = model.mixture, names

    def forward(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        found = dict(zip(self.names, given, strict=True))
        nothing = given[0].new_zeros(given[0].shape[0], 0)
        said = self.mixture(*(found.get(name, nothing) for name in _INPUTS))
        return said.mixture.exp(), said.gate.exp()


def write_onnx(model: Model, inputs: Inputs, path: Path) -> float:
    """Write the mixture as ONNX, and compare it with torch on rows.

    Its inputs are those of ``Mixture`` that the model uses; ``outside`` are the logarithms of
    XGBoost's probabilities. Its outputs are the probabilities of the classes and the gate's
    weights.

    Args:
        model: trained.
        inputs: rows to compare on.
        path: of the file.

    Returns:
        The greatest difference of a probability.

    Raises:
        CaseStudyError: it is above ``TOLERANCE``.
    """
    rows = np.arange(min(len(inputs), 256))
    given = model_inputs(model, inputs, rows)
    plain = _Plain(model, tuple(given)).eval()
    tensors = tuple(torch.from_numpy(one) for one in given.values())
    batch = torch.export.Dim("rows", min=1)
    # It logs that torchvision is missing, which nothing here needs.
    logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # The exporter warns about its own workings.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            plain,
            tensors,
            str(path),
            input_names=list(given),
            output_names=["probabilities", "gate"],
            dynamic_shapes=(tuple({0: batch} for _ in tensors),),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    with torch.inference_mode():
        expected = plain(*tensors)[0].numpy()
    # Another number of rows than it was written with: any must do.
    fewer = {name: one[1:] for name, one in given.items()}
    difference = float(np.abs(run_onnx(path, fewer) - expected[1:]).max())
    if not difference <= TOLERANCE:
        raise CaseStudyError(
            f"The ONNX form of the model differs from torch by {difference:.1g}.",
            why=f"Not more than {TOLERANCE} is rounding.",
            next_step="Use the torch form, and report the versions of torch and onnxruntime.",
        )
    return difference


def model_inputs(model: Model, inputs: Inputs, rows: Ints) -> dict[str, npt.NDArray[np.generic]]:
    """What the ONNX form takes for these rows, by name."""
    batch = [one.numpy() for one in inputs.batch(rows)]
    outside = model.opinion_from_outside(inputs, rows)
    every = dict(zip(_INPUTS, [*batch, outside], strict=True))
    return {name: one for name, one in every.items() if one.size}


def run_onnx(path: Path, given: dict[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.float32]:
    """(rows, classes) probabilities, by ONNX Runtime on the CPU."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = {one.name for one in session.get_inputs()}
    found = session.run(["probabilities"], {k: v for k, v in given.items() if k in wanted})
    return np.asarray(found[0])
