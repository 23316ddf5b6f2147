"""The experts, the gate and the mixture, as torch modules."""

from moe_ids.models.experts import EXPERTS, make_expert
from moe_ids.models.mixture import Mixture, Opinion

__all__ = ["EXPERTS", "Mixture", "Opinion", "make_expert"]
