"""A gate that says how much each expert is worth for a flow, and the mixture of their opinions.

Jacobs, Jordan, Nowlan, Hinton: Adaptive Mixtures of Local Experts (1991): the mixture's probability
of a class is the sum of the experts' probabilities, weighted by the gate.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

#: No expert is believed to be surer than this: one wrong certainty would outweigh the others.
LOWEST = -9.0
#: What the gate sees of an expert's opinion.
_SEEN = 3


class Opinion(NamedTuple):
    """What a mixture says of a batch, all as natural logarithms of probabilities.

    Args:
        mixture: (rows, classes), of all experts.
        neural: (rows, classes), of the neural experts alone, with the gate's weights among them.
        gate: (rows, experts), the weights.
        experts: (rows, experts, classes), what each says.
    """

    mixture: Tensor
    neural: Tensor
    gate: Tensor
    experts: Tensor


class Gate(nn.Module):
    """Weights of the experts, from how sure each of them is.

    It sees three numbers of each expert: the logarithms of its probabilities that the flow is
    benign and that it is an attack, and of its most likely class. With the flow's columns, or with
    all classes, it learns its few rows by heart instead.

    Args:
        experts: how many.
        hidden: width of the hidden layer.
    """

    def __init__(self, experts: int, hidden: int = 32) -> None:
        super().__init__()
        last = nn.Linear(hidden, experts)
        # At first all experts count the same.
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.body = nn.Sequential(
            nn.Linear(_SEEN * experts, hidden), nn.ReLU(), nn.Dropout(0.3), last
        )

    def forward(self, opinions: Tensor) -> Tensor:
        """One logit per expert.

        Args:
            opinions: (rows, experts, classes) logarithms; nothing is learned through this path.
        """
        said = opinions.detach()
        benign, attack = said[:, :, 0], torch.logsumexp(said[:, :, 1:], dim=2)
        seen = torch.cat([benign, attack, said.amax(dim=2)], dim=1)
        logits: Tensor = self.body(seen / -LOWEST)
        return logits


class Mixture(nn.Module):
    """Neural experts, perhaps an opinion from outside, and the gate over all of them.

    Args:
        experts: the neural ones, by name.
        weights: (classes,) by which classes counted when the experts were trained; it is taken out
            of what they say.
        outside: whether there is an opinion from outside (of a model torch does not know).
    """

    bias: Tensor

    def __init__(self, experts: dict[str, nn.Module], weights: Tensor, *, outside: bool) -> None:
        super().__init__()
        self.experts = nn.ModuleDict(experts)
        self.gate = Gate(len(experts) + outside)
        self.outside = outside
        self.register_buffer("bias", -torch.log(weights))

    def forward(self, numbers: Tensor, codes: Tensor, window: Tensor, outside: Tensor) -> Opinion:
        """What all say of a batch.

        Args:
            numbers: (rows, numeric columns).
            codes: (rows, categorical columns).
            window: (rows, length, channels).
            outside: (rows, classes) logarithms of probabilities; not looked at without one.
        """
        return self.mix(self.opinions(numbers, codes, window, outside))

    def opinions(self, numbers: Tensor, codes: Tensor, window: Tensor, outside: Tensor) -> Tensor:
        """(rows, experts, classes) what each expert says, as ``forward``."""
        said = [
            torch.log_softmax(one(numbers, codes, window) + self.bias, dim=1)
            for one in self.experts.values()
        ]
        if self.outside:
            said.append(outside)
        return torch.stack(said, dim=1).clamp(min=LOWEST)

    def mix(self, experts: Tensor) -> Opinion:
        """What follows from what the experts say."""
        logits = self.gate(experts)
        count = len(self.experts)
        return Opinion(
            mixture=_mixed(logits, experts),
            neural=_mixed(logits[:, :count], experts[:, :count]),
            gate=torch.log_softmax(logits, dim=1),
            experts=experts,
        )


def _mixed(logits: Tensor, experts: Tensor) -> Tensor:
    weights = torch.log_softmax(logits, dim=1)
    mixed = torch.logsumexp(weights[:, :, None] + experts, dim=1)
    # Clamped probabilities sum to slightly more than 1.
    return torch.log_softmax(mixed, dim=1)
