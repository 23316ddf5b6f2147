"""Exercise 1.4: a run that names its dataset, its seed and its Git commit."""

import re

from labkit.checks import Hint, Verdict, best_match, check, failed, partly, passed
from labkit.evidence import Evidence, Run

from .common import LINEAGE, NO_RUN, nothing_in

COMMIT_TAG = "mlflow.source.git.commit"


def traceable_run(evidence: Evidence) -> Run | None:
    """The run of exercise 1.4: the newest that answers most of the questions."""
    return best_match(
        evidence.runs_in(LINEAGE),
        lambda run: any(dataset.name == "churn" for dataset in run.datasets),
        lambda run: "seed" in run.params,
        lambda run: COMMIT_TAG in run.tags,
    )


@check(
    "1.4",
    points=2,
    hints={
        **NO_RUN,
        "dataset_as_param": Hint(
            "The data's name is there as text, but a name alone says nothing about the rows.",
            'mlflow.log_input(mlflow.data.from_pandas(..., name="churn"), context="training") also '
            "records columns, size and a digest.",
        ),
        "dataset_as_file": Hint(
            "The table was stored as a file of the run; MLflow does not know it was trained on.",
            "Describe it instead of copying it: mlflow.data.from_pandas, then mlflow.log_input.",
        ),
        "dataset_unnamed": Hint(
            "There is a dataset, but under another name than the task gives.",
            'Give from_pandas name="churn"; without a name MLflow calls every table "dataset".',
        ),
        "no_context": Hint(
            "The dataset does not say what it was used for.",
            'mlflow.log_input(table, context="training").',
        ),
        "dataset_missing": Hint(
            "The run does not name the data it was made from.",
            'table = mlflow.data.from_pandas(..., name="churn"), then, inside the run, '
            'mlflow.log_input(table, context="training").',
        ),
    },
)
def dataset_logged(evidence: Evidence) -> Verdict:
    """The run names the dataset churn, used for training."""
    run = traceable_run(evidence)
    if run is None:
        return nothing_in(evidence, LINEAGE, "seed")
    churn = [dataset for dataset in run.datasets if dataset.name == "churn"]
    if any(dataset.context == "training" for dataset in churn):
        return passed("The run was trained on the dataset churn.", digest=churn[0].digest)
    if churn:
        said = f"The dataset churn has the context {churn[0].context or 'nothing'}."
        return partly(0.5, said, "no_context", context=churn[0].context)
    if run.datasets:
        return failed(f"The run's dataset is called {run.datasets[0].name}.", "dataset_unnamed")
    texts = {**run.params, **{k: v for k, v in run.tags.items() if not k.startswith("mlflow.")}}
    if any("churn" in value for value in texts.values()):
        return failed("The data is named in a text only.", "dataset_as_param")
    if any(re.search(r"\.(csv|parquet|json)$", name) for name in run.artifacts):
        return failed("The data lies among the run's files.", "dataset_as_file")
    return failed("The run names no dataset.", "dataset_missing")


@check(
    "1.4",
    points=1,
    hints={
        **NO_RUN,
        "seed_as_other": Hint(
            "The seed is there, but not as a parameter.",
            'It is chosen before training, so: mlflow.log_param("seed", 7).',
        ),
        "seed_missing": Hint(
            "Somebody who repeats this run would draw another forest.",
            'mlflow.log_param("seed", 7): the seed the forest was trained with.',
        ),
    },
)
def seed_logged(evidence: Evidence) -> Verdict:
    """The run has the parameter seed."""
    run = traceable_run(evidence)
    if run is None:
        return nothing_in(evidence, LINEAGE, "seed")
    if run.params.get("seed") == "7":
        return passed("The run has the parameter seed, 7.")
    if "seed" in run.params:
        return failed(f"The parameter seed is {run.params['seed']}, not 7.", "seed_missing")
    hint = "seed_as_other" if "seed" in {**run.tags, **run.metrics} else "seed_missing"
    return failed("The run has no parameter seed.", hint)


@check(
    "1.4",
    points=1,
    hints={
        **NO_RUN,
        "commit_elsewhere": Hint(
            "The commit is there, but not in the tag where tools look for it.",
            f'mlflow.set_tag("{COMMIT_TAG}", commit).',
        ),
        "branch_for_commit": Hint(
            "This is the name of something that moves. Which name stays for ever?",
            "HEAD and branches point elsewhere tomorrow: use the 40 characters that "
            "`git rev-parse HEAD` prints.",
        ),
        "commit_short": Hint(
            "This is the beginning of a commit's id.",
            "Short ids become ambiguous as a repository grows: give all 40 characters "
            "(`git rev-parse HEAD`, without --short).",
        ),
        "commit_unknown": Hint(
            "This looks like a commit, but the repository of this course has none with that id.",
            "Read it from the repository you are in: git.Repo(search_parent_directories=True)"
            ".head.commit.hexsha.",
        ),
        "no_repository": Hint(
            "This folder is not a Git repository with a commit, so there is no commit to name.",
            "In the course folder run `git init`, `git add --all` and `git commit -m start`, then "
            "your cell again.",
        ),
        "commit_missing": Hint(
            "A notebook's run does not know its commit by itself.",
            f'Inside the run: mlflow.set_tag("{COMMIT_TAG}", commit).',
        ),
    },
)
def commit_tagged(evidence: Evidence) -> Verdict:
    """The run's commit tag names a commit of the repository."""
    run = traceable_run(evidence)
    if run is None:
        return nothing_in(evidence, LINEAGE, "seed")
    if not evidence.git.commits:
        return failed("There is no Git commit here to name.", "no_repository")
    commit = run.tags.get(COMMIT_TAG, "").strip()
    if commit in evidence.git.commits:
        return passed("The run names a commit of this repository.", commit=commit)
    if commit:
        return failed(
            f"The commit tag is {commit!r}.", commit_mistake(commit, evidence), commit=commit
        )
    own = {k: v for k, v in run.tags.items() if not k.startswith("mlflow.")}
    if set(evidence.git.commits) & {*own.values(), *run.params.values()}:
        return failed("The commit is not in the tag the task names.", "commit_elsewhere")
    return failed("The run names no commit.", "commit_missing")


def commit_mistake(commit: str, evidence: Evidence) -> str:
    """The hint for a tag that names no commit of the repository."""
    if not re.fullmatch(r"[0-9a-f]{4,40}", commit):
        return "branch_for_commit"
    known = any(full.startswith(commit) for full in evidence.git.commits)
    return "commit_short" if known else "commit_unknown"
