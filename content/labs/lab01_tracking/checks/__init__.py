"""The public checks of lab 1: what a student sees run."""

from .ex_1_1 import accuracy_metric, logged_model, two_parameters
from .ex_1_2 import input_example, signature_inputs, signature_output
from .ex_1_3 import best_declared, depths_covered, f1_logged
from .ex_1_4 import commit_tagged, dataset_logged, seed_logged

__all__ = [
    "accuracy_metric",
    "best_declared",
    "commit_tagged",
    "dataset_logged",
    "depths_covered",
    "f1_logged",
    "input_example",
    "logged_model",
    "seed_logged",
    "signature_inputs",
    "signature_output",
    "two_parameters",
]
