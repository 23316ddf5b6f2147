"""Load the data of the case study: the course's own flows, CICIDS2017 and UNSW-NB15."""

from moe_ids.data.dataset import ABOUT_ROWS, Dataset
from moe_ids.data.loading import LOADERS, load

__all__ = ["ABOUT_ROWS", "LOADERS", "Dataset", "load"]
