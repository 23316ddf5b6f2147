"""The public checks of lab 4: what a student sees run."""

from collections.abc import Mapping

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence

TOOLS = ("mlflow", "dvc", "both")
FIRST = {"a": "dvc", "b": "mlflow", "c": "mlflow", "d": "dvc"}
TEMPTING = {"g": "both", "h": "dvc", "i": "mlflow", "j": "both"}
FEWEST_WORDS, MOST_WORDS = 100, 150

NOTHING = Hint(
    "Nothing was declared for this exercise yet.",
    'labkit.declare(...) with the exercise\'s number, then each letter: a="mlflow", and so on.',
)
UNKNOWN = Hint(
    "An answer is missing, or is another word than the three asked for.",
    'Each letter gets "mlflow", "dvc" or "both". Git is part of DVC\'s side here.',
)
UNDECIDED = Hint(
    "The same answer everywhere cannot be right for situations so different.",
    "Ask of each: is it about bytes of data, about runs and models, or about how they belong "
    "together?",
)
SWAPPED = Hint(
    "You have the two tools exactly the wrong way round.",
    "DVC versions data and pipelines beside Git; MLflow tracks runs and registers models.",
)


def answers(evidence: Evidence) -> Mapping[str, str]:
    """The declared answers that are text, by letter, however they are written."""
    return {
        letter.lower(): said.strip().lower()
        for letter, said in evidence.declared.items()
        if isinstance(said, str)
    }


def judge(evidence: Evidence, right: Mapping[str, str]) -> Verdict:
    """How many of some situations are decided rightly, and a hint on the first that is not."""
    said = answers(evidence)
    if not evidence.declared:
        return failed("Nothing is declared.", "nothing")
    good = [letter for letter in right if said.get(letter) == right[letter]]
    summary = f"Of {', '.join(right)}, {len(good)} of {len(right)} are right."
    looked_at = {letter: said.get(letter) for letter in right}
    if len(good) == len(right):
        return passed(summary, **looked_at)
    return partly(len(good) / len(right), summary, mistake(said, right), **looked_at)


def mistake(said: Mapping[str, str], right: Mapping[str, str]) -> str:
    """The hint that explains most: about all the answers, else about the first wrong one."""
    if any(said.get(letter) not in TOOLS for letter in right):
        return "unknown"
    if len(set(said.values())) == 1:
        return "undecided"
    other = {"mlflow": "dvc", "dvc": "mlflow", "both": "both"}
    wrong = [letter for letter in right if said[letter] != right[letter]]
    if len(wrong) > 1 and all(said[letter] == other[right[letter]] for letter in right):
        return "swapped"
    return f"wrong_{wrong[0]}"


@check(
    "4.1",
    points=4,
    hints={
        "nothing": NOTHING,
        "unknown": UNKNOWN,
        "undecided": UNDECIDED,
        "swapped": SWAPPED,
        "wrong_a": Hint(
            "Think about a: where do last month's bytes lie?",
            "MLflow notes a digest of a dataset and keeps no rows. DVC's remote has them.",
        ),
        "wrong_b": Hint(
            "Think about b: what holds parameters and metrics side by side?",
            "Sorting runs by a metric is mlflow.search_runs; no data version is in question.",
        ),
        "wrong_c": Hint(
            "Think about c: what is a name that can be moved from model to model?",
            "An alias in the MLflow registry; the service loads models:/NAME@champion.",
        ),
        "wrong_d": Hint(
            "Think about d: what small thing in a commit can stand for a large table?",
            "A .dvc file holds the hash of the table, and Git versions that file.",
        ),
    },
)
def first_situations(evidence: Evidence) -> Verdict:
    """a, b, c and d are decided rightly."""
    return judge(evidence, FIRST)


@check(
    "4.2",
    points=4,
    hints={
        "nothing": NOTHING,
        "unknown": UNKNOWN,
        "undecided": UNDECIDED,
        "swapped": SWAPPED,
        "wrong_g": Hint(
            "Think about g: how do you get from the version in production to its rows?",
            "MLflow knows the version and its run, DVC has the rows: it takes both.",
        ),
        "wrong_h": Hint(
            "Think about h: which of the two reads every byte?",
            "DVC's md5 covers the whole file, so it notices alone.",
        ),
        "wrong_i": Hint(
            "Think about i: does anything about the data change?",
            "Moving an alias or a stage back in the MLflow registry is all it takes.",
        ),
        "wrong_j": Hint(
            "Think about j: two things are needed, the rows and the old F1.",
            "DVC brings back the rows, MLflow has the F1 of the old run: both.",
        ),
    },
)
def tempting_situations(evidence: Evidence) -> Verdict:
    """g, h, i and j are decided rightly."""
    return judge(evidence, TEMPTING)


def text_of(evidence: Evidence) -> str:
    """The declared explanation; empty where there is none."""
    said = evidence.declared.get("text")
    return said if isinstance(said, str) else ""


@check(
    "4.3",
    points=1,
    hints={
        "no_text": Hint(
            "There is no text yet.",
            'labkit.declare("4.3", text="...") with your explanation between the quotes; three '
            "quotes on each side let it go over several lines.",
        ),
        "too_short": Hint(
            "It is shorter than 100 words.",
            "What does each tool keep, how, and which question needs both? A sentence for each.",
        ),
        "too_long": Hint(
            "It is longer than 150 words.",
            "Your colleague asked one question: leave out commands and history.",
        ),
    },
)
def length_right(evidence: Evidence) -> Verdict:
    """The explanation has 100 to 150 words."""
    words = len(text_of(evidence).split())
    if not words:
        return failed("No text is declared.", "no_text")
    if FEWEST_WORDS <= words <= MOST_WORDS:
        return passed(f"It has {words} words.", words=words)
    hint = "too_short" if words < FEWEST_WORDS else "too_long"
    return failed(f"It has {words} words; 100 to 150 are asked for.", hint, words=words)


@check(
    "4.3",
    points=1,
    hints={
        "one_tool": Hint(
            "One of the two tools is not named.",
            "Name MLflow and DVC: the question is about the difference.",
        ),
        "no_object": Hint(
            "It does not say what each of the two keeps.",
            "MLflow keeps runs, metrics, models; DVC keeps versions of data. Say it in your words.",
        ),
    },
)
def names_both(evidence: Evidence) -> Verdict:
    """The explanation names both tools, something about data and something about runs."""
    text = text_of(evidence).lower()
    if not text:
        return failed("No text is declared.")
    missing = [tool for tool in ("mlflow", "dvc") if tool not in text]
    if missing:
        return failed(f"The text does not name {' and '.join(missing)}.", "one_tool")
    of_data = any(word in text for word in ("data", "table", "rows", "file"))
    of_runs = any(word in text for word in ("run", "metric", "experiment", "model", "registry"))
    if of_data and of_runs:
        return passed("It names both tools and what they keep.")
    return failed("It does not say what each tool keeps.", "no_object")
