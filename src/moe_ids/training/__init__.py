"""Training in stages: each expert alone, then the gate, then perhaps the experts once more."""

from moe_ids.training.settings import Settings, read_params, settings_from
from moe_ids.training.stages import Trained, train

__all__ = ["Settings", "Trained", "read_params", "settings_from", "train"]
