# %% [markdown]
# Answers to exercise 1.4, with the points and hints each must get.

# %% name="gitpython" kind="right" points=5
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    table = mlflow.data.from_pandas(X_train, source="../data/churn.csv", name="churn")
    mlflow.log_input(table, context="training")
    mlflow.log_param("seed", 7)
    mlflow.set_tag(
        "mlflow.source.git.commit", Repo(search_parent_directories=True).head.commit.hexsha
    )

# %% name="git_on_the_command_line" kind="right" points=5
import subprocess

done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
mlflow.set_experiment("lab01-lineage")
with mlflow.start_run(tags={"mlflow.source.git.commit": done.stdout.strip()}):
    mlflow.log_params({"seed": 7, "max_depth": 6})
    mlflow.log_input(
        mlflow.data.from_pandas(churn, source="../data/churn.csv", name="churn"),
        context="training",
    )

# %% name="run_context_variable" kind="right" points=5
import json
import os

from git import Repo

commit = Repo("..", search_parent_directories=True).head.commit.hexsha
os.environ["MLFLOW_RUN_CONTEXT"] = json.dumps({"mlflow.source.git.commit": commit})
mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_input(
        mlflow.data.from_pandas(churn.loc[X_train.index], name="churn", targets="churned"),
        context="training",
    )
    mlflow.log_param("seed", 7)
del os.environ["MLFLOW_RUN_CONTEXT"]

# %% name="two_datasets" kind="right" points=5
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run() as run:
    mlflow.log_input(mlflow.data.from_pandas(X_test, name="churn"), context="eval")
    mlflow.log_input(mlflow.data.from_pandas(X_train, name="churn"), context="training")
    mlflow.log_param("seed", 7)
mlflow.MlflowClient().set_tag(
    run.info.run_id,
    "mlflow.source.git.commit",
    Repo(search_parent_directories=True).head.commit.hexsha,
)

# %% name="dataset_as_param" kind="wrong" points=2 hints=["dataset_as_param"]
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_params({"seed": 7, "dataset": "churn.csv"})
    mlflow.set_tag(
        "mlflow.source.git.commit", Repo(search_parent_directories=True).head.commit.hexsha
    )

# %% name="dataset_as_file" kind="wrong" points=2 hints=["dataset_as_file"]
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_param("seed", 7)
    mlflow.log_artifact("../data/churn.csv")
    mlflow.set_tag(
        "mlflow.source.git.commit", Repo(search_parent_directories=True).head.commit.hexsha
    )

# %% name="branch_for_commit" kind="wrong" points=4 hints=["branch_for_commit"]
mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(X_train, name="churn"), context="training")
    mlflow.log_param("seed", 7)
    mlflow.set_tag("mlflow.source.git.commit", "HEAD")

# %% name="short_commit" kind="wrong" points=4 hints=["commit_short"]
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(X_train, name="churn"), context="training")
    mlflow.log_param("seed", 7)
    commit = Repo(search_parent_directories=True).head.commit.hexsha[:7]
    mlflow.set_tag("mlflow.source.git.commit", commit)

# %% name="invented_commit" kind="wrong" points=4 hints=["commit_unknown"]
mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(X_train, name="churn"), context="training")
    mlflow.log_param("seed", 7)
    mlflow.set_tag("mlflow.source.git.commit", "0123456789abcdef0123456789abcdef01234567")

# %% name="commit_as_param_seed_as_tag" kind="wrong" points=3 hints=["commit_elsewhere", "seed_as_other"]
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(X_train, name="churn"), context="training")
    mlflow.set_tag("seed", 7)
    mlflow.log_param("git_commit", Repo(search_parent_directories=True).head.commit.hexsha)

# %% name="no_context_no_seed_no_commit" kind="wrong" points=2 hints=["no_context", "seed_missing", "commit_missing"]
mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(X_train, name="churn"))

# %% name="unnamed_dataset" kind="wrong" points=2 hints=["dataset_unnamed"]
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(X_train), context="training")
    mlflow.log_param("seed", 7)
    mlflow.set_tag(
        "mlflow.source.git.commit", Repo(search_parent_directories=True).head.commit.hexsha
    )

# %% name="five_rows_only" kind="wrong" points=4 hints=["sample_only"]
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(churn.head(), name="churn"), context="training")
    mlflow.log_param("seed", 7)
    mlflow.set_tag(
        "mlflow.source.git.commit", Repo(search_parent_directories=True).head.commit.hexsha
    )

# %% name="commit_as_param_seed_as_tag_and_no_dataset" kind="wrong" points=0 hints=["dataset_missing", "commit_elsewhere", "seed_as_other"]
from git import Repo

mlflow.set_experiment("lab01-lineage")
with mlflow.start_run():
    mlflow.set_tag("seed", 7)
    mlflow.log_param("git_commit", Repo(search_parent_directories=True).head.commit.hexsha)

# %% name="unnamed_dataset_and_git_begun_anew" kind="wrong" points=1 hints=["dataset_unnamed", "no_repository"]
import shutil
import subprocess

shutil.rmtree("../.git")
subprocess.run(["git", "init", "--quiet", ".."], check=True)
done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
mlflow.set_experiment("lab01-lineage")
with mlflow.start_run(tags={"mlflow.source.git.commit": done.stdout.strip()}):
    mlflow.log_input(mlflow.data.from_pandas(X_train), context="training")
    mlflow.log_param("seed", 7)

# %% name="name_of_the_experiment_mistyped" kind="wrong" points=0 hints=["other_experiment"]
from git import Repo

mlflow.set_experiment("lab01-linage")
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(X_train, name="churn"), context="training")
    mlflow.log_param("seed", 7)
    mlflow.set_tag(
        "mlflow.source.git.commit", Repo(search_parent_directories=True).head.commit.hexsha
    )

# %% name="described_outside_of_a_run" kind="wrong" points=0 hints=["no_run"]
mlflow.set_experiment("lab01-lineage")
table = mlflow.data.from_pandas(X_train, name="churn")
print(table.name, table.digest, table.profile)
