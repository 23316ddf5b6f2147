"""The public checks of lab 4: what a student sees run."""

import re
from collections.abc import Iterator, Mapping

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence

TOOLS = ("mlflow", "dvc", "both")
FIRST = {"a": "dvc", "b": "mlflow", "c": "mlflow", "d": "dvc"}
TEMPTING = {"g": "both", "h": "dvc", "i": "mlflow", "j": "both"}
#: All letters of each exercise: the last two of each are decided by hidden checks.
FIRST_LETTERS, TEMPTING_LETTERS = "abcdef", "ghijkl"
FEWEST_WORDS, MOST_WORDS = 100, 150
#: Words on what DVC keeps and what MLflow keeps, any of which shows that a text mentions it.
OF_DATA = re.compile(
    r"\b(data|(dataset|table|row|file|byte|pipeline|hash|hashe|folder|pointer)s?)\b"
)
OF_RUNS = re.compile(
    r"\b(f1|(run|metric|param|parameter|experiment|model|score|log|training|setting|result)s?|"
    r"logged|logging|accuracy|loss|registry|registries|history|histories)\b"
)
#: Where a statement ends, and words that turn one into its opposite.
_ENDS = re.compile(r"[.,;:!?()]|\b(?:and|but|while|whereas)\b")
_NOT = re.compile(r"n't\b|n’t\b|\b(?:not|no|never|cannot|neither|nor|without)\b")


def nothing(exercise: str, letters: str) -> Hint:
    """The hint where an exercise was not answered, with the call it asks for."""
    call = ", ".join(f'{letter}="..."' for letter in letters)
    return Hint(
        f"One call holds the number of the exercise and all letters, {letters[0]} to {letters[-1]}.",
        f'labkit.declare("{exercise}", {call}), each "mlflow", "dvc" or "both".',
    )


UNKNOWN = Hint(
    "Each letter takes one of three words, and all letters one call: a second replaces the first.",
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


def judge(evidence: Evidence, right: Mapping[str, str], letters: str = "") -> Verdict:
    """How many of some situations are decided rightly, and a hint on the first that is not.

    Args:
        evidence: what was declared.
        right: the right answers, by letter.
        letters: those that are looked at for whether they are answered at all.
    """
    said = answers(evidence)
    if not evidence.declared:
        return failed("Nothing is declared.", "nothing")
    good = [letter for letter in right if said.get(letter) == right[letter]]
    summary = f"Of {', '.join(right)}, {len(good)} of {len(right)} are right."
    summary = " ".join([summary, *unclear(evidence, letters)])
    looked_at = {letter: said.get(letter) for letter in right}
    if len(good) == len(right):
        return passed(summary, **looked_at)
    return partly(len(good) / len(right), summary, mistake(said, right), **looked_at)


def unclear(evidence: Evidence, letters: str) -> Iterator[str]:
    """A sentence on each letter that has none of the three answers, without deciding any."""
    declared = {letter.lower(): said for letter, said in evidence.declared.items()}
    said = answers(evidence)
    for letter in letters:
        if letter not in declared:
            yield f"{letter} is not declared."
        elif said.get(letter) not in TOOLS:
            yield f"{letter}: {str(declared[letter])[:40]!r} is none of the three words."


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
        "nothing": nothing("4.1", FIRST_LETTERS),
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
    return judge(evidence, FIRST, FIRST_LETTERS)


@check(
    "4.2",
    points=4,
    hints={
        "nothing": nothing("4.2", TEMPTING_LETTERS),
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
    return judge(evidence, TEMPTING, TEMPTING_LETTERS)


def text_of(evidence: Evidence) -> str:
    """The declared explanation; empty where there is none."""
    said = evidence.declared.get("text")
    return said if isinstance(said, str) else ""


@check(
    "4.3",
    points=1,
    hints={
        "no_text": Hint(
            "It has to be declared under the name text, and to be text.",
            'labkit.declare("4.3", text="...") with your explanation between the quotes; three '
            "quotes on each side let it go over several lines.",
        ),
        "too_short": Hint(
            "What would your colleague ask next? How each tool keeps what it keeps, for instance.",
            "What does each tool keep, how, and which question needs both? A sentence for each.",
        ),
        "too_long": Hint(
            "Which sentence would your colleague not miss?",
            "Your colleague asked one question: leave out commands and history.",
        ),
    },
)
def length_right(evidence: Evidence) -> Verdict:
    """The explanation has 100 to 150 words."""
    words = len(text_of(evidence).split())
    if not words:
        others = ", ".join(evidence.declared)[:80]
        found = f" (declared: {others})" if others else ""
        return failed(f"No text is declared{found}.", "no_text")
    if FEWEST_WORDS <= words <= MOST_WORDS:
        return passed(f"It has {words} words.", words=words)
    hint = "too_short" if words < FEWEST_WORDS else "too_long"
    return failed(f"It has {words} words; 100 to 150 are asked for.", hint, words=words)


@check(
    "4.3",
    points=1,
    hints={
        "one_tool": Hint(
            "The question is about the difference, so it takes two.",
            "Name MLflow and DVC, by these names.",
        ),
        "no_object": Hint(
            "What would be lost without each of the two?",
            "MLflow keeps runs, metrics, models; DVC keeps versions of data. Say it in your words.",
        ),
        "no_data": Hint(
            "What would be lost without DVC?",
            "DVC keeps versions of data, byte for byte, and pipelines. Say it in your words.",
        ),
        "no_runs": Hint(
            "What would be lost without MLflow?",
            "MLflow keeps runs, with parameters, metrics and models. Say it in your words.",
        ),
        "swapped": SWAPPED,
    },
)
def names_both(evidence: Evidence) -> Verdict:
    """The explanation mentions both tools, something about data and something about runs."""
    text = text_of(evidence).lower()
    if not text.strip():
        return failed("So it mentions neither tool.")
    missing = [tool for tool in ("MLflow", "DVC") if tool.lower() not in text]
    if missing:
        return failed(f"The text does not mention {' and '.join(missing)}.", "one_tool")
    of_data, of_runs = OF_DATA.search(text), OF_RUNS.search(text)
    if not of_data and not of_runs:
        return failed("It mentions nothing that either tool keeps.", "no_object")
    if not of_data:
        return failed("It mentions nothing that DVC keeps.", "no_data")
    if not of_runs:
        return failed("It mentions nothing that MLflow keeps.", "no_runs")
    if is_swapped(text):
        return failed("It gives the data to MLflow and the runs to DVC.", "swapped")
    return passed("It mentions both tools and what they keep.")


def is_swapped(text: str) -> bool:
    """Whether a text, in small letters, says of each tool what is true of the other, and no more.

    It errs on the student's side: one statement that fits is enough, whatever else is said, and
    what is denied says nothing. A statement that names no tool goes on about the one before.
    """
    taken: set[str] = set()
    about = ""
    for statement in _ENDS.split(text):
        named = [tool for tool in TOOLS[:2] if tool in statement]
        about = named[0] if len(named) == 1 else "" if named else about
        right, wrong = (OF_RUNS, OF_DATA) if about == "mlflow" else (OF_DATA, OF_RUNS)
        if about and right.search(statement):
            return False
        if about and wrong.search(statement) and not _NOT.search(statement):
            taken.add(about)
    return taken == set(TOOLS[:2])
