"""The neural experts: each turns a batch of flows into one logit per class.

Sources: FT-Transformer, Gorishniy et al., Revisiting Deep Learning Models for Tabular Data (NeurIPS
2021); piecewise-linear embeddings of numbers, Gorishniy et al. (NeurIPS 2022). Both are used from
their authors' packages.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from rtdl_num_embeddings import PiecewiseLinearEmbeddings
from rtdl_revisiting_models import (
    MLP,
    CategoricalEmbeddings,
    FTTransformerBackbone,
    MultiheadAttention,
)
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


@dataclass(frozen=True, slots=True)
class Form:
    """What goes into an expert, and what comes out.

    Args:
        bins: edges of the bins of each numeric column.
        cardinalities: how many codes each categorical column has.
        channels: of each earlier flow in a window; 0 where there are no windows.
        classes: how many.
    """

    bins: tuple[tuple[float, ...], ...]
    cardinalities: tuple[int, ...]
    channels: int
    classes: int

    @property
    def columns(self) -> int:
        """Numeric and categorical columns together."""
        return len(self.bins) + len(self.cardinalities)


class Tokens(nn.Module):
    """One vector per column.

    Shape: (rows, numeric columns) and (rows, categorical columns) to (rows, columns, width).
    """

    def __init__(self, form: Form, width: int) -> None:
        super().__init__()
        with warnings.catch_warnings():
            # A column with one bin is scaled linearly, which is what is wanted.
            warnings.simplefilter("ignore")
            edges = [torch.tensor(one) for one in form.bins]
            self.numbers = PiecewiseLinearEmbeddings(edges, width, activation=False, version="B")
        known = list(form.cardinalities)
        self.codes = CategoricalEmbeddings(known, width) if known else None

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Embed a batch."""
        tokens: Tensor = self.numbers(numbers)
        if self.codes is None:
            return tokens
        return torch.cat([tokens, self.codes(codes)], dim=1)


class _Attention(MultiheadAttention):  # type: ignore[misc]
    """The package's attention, by torch's own function: quicker, and of any batch in ONNX."""

    def forward(self, x_q: Tensor, x_kv: Tensor) -> Tensor:
        """Attend from tokens to tokens, (rows, tokens, width) each."""

        def heads(x: Tensor) -> Tensor:
            return x.unflatten(2, (self._n_heads, -1)).transpose(1, 2)

        query, key, value = heads(self.W_q(x_q)), heads(self.W_k(x_kv)), heads(self.W_v(x_kv))
        dropout = self.dropout.p if self.training else 0.0
        found = scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        mixed: Tensor = self.W_out(found.transpose(1, 2).flatten(2))
        return mixed


class FTTransformer(nn.Module):
    """The tabular expert: attention between the columns of one flow."""

    def __init__(self, form: Form, *, width: int = 32, blocks: int = 2) -> None:
        super().__init__()
        self.tokens = Tokens(form, width)
        self.cls = nn.Parameter(torch.empty(1, 1, width).uniform_(-1, 1) * width**-0.5)
        self.backbone = FTTransformerBackbone(
            d_out=form.classes,
            n_blocks=blocks,
            d_block=width,
            attention_n_heads=4,
            attention_dropout=0.2,
            ffn_d_hidden_multiplier=4 / 3,
            ffn_dropout=0.2,
            residual_dropout=0.0,
        )
        for block in self.backbone.blocks:
            block["attention"] = _Attention(d_embedding=width, n_heads=4, dropout=0.2)

    def forward(self, numbers: Tensor, codes: Tensor, window: Tensor) -> Tensor:
        """Logits of a batch; the window is not looked at."""
        tokens = self.tokens(numbers, codes)
        whole = torch.cat([self.cls.expand(tokens.shape[0], -1, -1), tokens], dim=1)
        logits: Tensor = self.backbone(whole)
        return logits


class TokenMLP(nn.Module):
    """The fast tabular expert: a multilayer perceptron over all columns at once."""

    def __init__(self, form: Form, *, width: int = 12, hidden: int = 256) -> None:
        super().__init__()
        self.tokens = Tokens(form, width)
        self.body = MLP(
            d_in=width * form.columns, d_out=form.classes, n_blocks=2, d_block=hidden, dropout=0.3
        )

    def forward(self, numbers: Tensor, codes: Tensor, window: Tensor) -> Tensor:
        """Logits of a batch; the window is not looked at."""
        logits: Tensor = self.body(torch.relu(self.tokens(numbers, codes)).flatten(1))
        return logits


class FeatureCNN(nn.Module):
    """The feature-sequence expert: convolutions along the columns, in their published order.

    Neighbouring columns describe the same thing (lengths, times, flags), which is what the
    convolutions can use. It is no temporal expert: there is no time in it.
    """

    def __init__(self, form: Form, *, width: int = 16, hidden: int = 48) -> None:
        super().__init__()
        self.tokens = Tokens(form, width)
        self.body = nn.Sequential(
            nn.Conv1d(width, hidden, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(hidden, hidden, 5, padding=2, stride=2),
            nn.ReLU(),
            nn.Conv1d(hidden, 16, 1),
            nn.Flatten(),
        )
        # Position matters: columns are no pixels, so they are not pooled.
        steps = (form.columns + 1) // 2
        self.head = nn.Sequential(
            nn.ReLU(), nn.Dropout(0.2), nn.Linear(16 * steps, 128), nn.ReLU(),
            nn.Linear(128, form.classes),
        )  # fmt: skip

    def forward(self, numbers: Tensor, codes: Tensor, window: Tensor) -> Tensor:
        """Logits of a batch; the window is not looked at."""
        logits: Tensor = self.head(self.body(self.tokens(numbers, codes).transpose(1, 2)))
        return logits


class TemporalCNN(nn.Module):
    """The temporal expert: convolutions over the earlier flows of the same host.

    It sees how they differ from the flow at hand, and when they were; not what the flow is.
    """

    def __init__(self, form: Form, *, hidden: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(form.channels, hidden, 1),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv1d(hidden, hidden, 3, padding=1),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv1d(hidden, hidden, 3, padding=1),
            nn.ReLU(),
            nn.Dropout(0.1),
        )
        self.head = nn.Sequential(
            nn.Linear(3 * hidden, 2 * hidden), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(2 * hidden, form.classes),
        )  # fmt: skip

    def forward(self, numbers: Tensor, codes: Tensor, window: Tensor) -> Tensor:
        """Logits of a batch; the flow itself is not looked at."""
        there = window[..., -1:].transpose(1, 2)
        found = self.body(window.transpose(1, 2)) * there
        count = there.sum(dim=2).clamp(min=1.0)
        pooled = [found.sum(dim=2) / count, found.amax(dim=2), found[..., -1]]
        logits: Tensor = self.head(torch.cat(pooled, dim=1))
        return logits


#: The neural experts by name. "ft" and "mlp" need one flow, "features" too, "temporal" its past.
EXPERTS: dict[str, Callable[[Form], nn.Module]] = {
    "ft": FTTransformer,
    "mlp": TokenMLP,
    "features": FeatureCNN,
    "temporal": TemporalCNN,
}


def make_expert(name: str, form: Form) -> nn.Module:
    """A new neural expert; its first weights come from torch's global generator.

    Args:
        name: a key of ``EXPERTS``.
        form: of the data.
    """
    return EXPERTS[name](form)
