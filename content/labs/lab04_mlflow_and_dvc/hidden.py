"""The hidden checks of lab 4: they run only when submissions are graded."""

import re

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Evidence

from .checks import (
    FIRST_LETTERS,
    SWAPPED,
    TEMPTING_LETTERS,
    UNDECIDED,
    UNKNOWN,
    judge,
    nothing,
    text_of,
)

#: Four sentences of a hundred words; a text that repeats itself has far fewer different ones.
FEWEST_SENTENCES, FEWEST_DIFFERENT = 4, 40


@check(
    "4.1",
    points=2,
    hidden=True,
    hints={
        "nothing": nothing("4.1", FIRST_LETTERS),
        "unknown": UNKNOWN,
        "undecided": UNDECIDED,
        "swapped": SWAPPED,
        "wrong_e": Hint(
            "Think about e: what receives numbers while a run goes on?",
            "mlflow.log_metric sends each step to the server, where anybody can look.",
        ),
        "wrong_f": Hint(
            "Think about f: what knows which step depends on which?",
            "dvc.yaml names each stage's dependencies; `dvc repro` runs what has changed.",
        ),
    },
)
def other_situations(evidence: Evidence) -> Verdict:
    """e and f are decided rightly."""
    return judge(evidence, {"e": "mlflow", "f": "dvc"})


@check(
    "4.2",
    points=2,
    hidden=True,
    hints={
        "nothing": nothing("4.2", TEMPTING_LETTERS),
        "unknown": UNKNOWN,
        "undecided": UNDECIDED,
        "wrong_k": Hint(
            "Think about k: where is the F1, and where are the bytes?",
            "The F1 is in MLflow and the hash is DVC's: log the hash with the run. Both.",
        ),
        "wrong_l": Hint(
            "Think about l: what describes the model itself?",
            "Its signature, which MLflow stores with the model. The data are not needed.",
        ),
    },
)
def other_tempting_situations(evidence: Evidence) -> Verdict:
    """k and l are decided rightly."""
    return judge(evidence, {"k": "both", "l": "mlflow"})


@check(
    "4.3",
    points=1,
    hidden=True,
    hints={
        "no_sentences": Hint(
            "It is not written in whole sentences.",
            "Write at least four, each with a full stop, as you would to a colleague.",
        ),
        "repeats_itself": Hint(
            "It says the same words over and over.",
            "Say each thing once, and use the words left for an example.",
        ),
    },
)
def written_in_sentences(evidence: Evidence) -> Verdict:
    """The explanation has at least four sentences and does not repeat itself."""
    text = text_of(evidence)
    sentences = [one for one in re.split(r"[.!?]+(?:\s|$)", text) if len(one.split()) > 2]
    different = {word.strip(".,;:!?()").lower() for word in text.split()}
    if not text.strip():
        return failed("No text is declared.")
    if len(sentences) < FEWEST_SENTENCES:
        return failed(f"It has {len(sentences)} sentences.", "no_sentences")
    if len(different) < FEWEST_DIFFERENT:
        return failed(f"It has {len(different)} different words.", "repeats_itself")
    return passed(f"It has {len(sentences)} sentences.")
