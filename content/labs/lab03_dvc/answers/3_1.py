# %% [markdown]
# Answers to exercise 3.1, with the points and hints each must get.

# %% name="as_in_a_terminal" kind="right" points=6
run("git init", track)
run("dvc init", track)
run("dvc add data.csv", track)
run("git add data.csv.dvc .gitignore .dvc .dvcignore", track)
run('git commit -m "Track the first delivery"', track)

# %% name="python_interfaces" kind="right" points=6
import git
from dvc.repo import Repo

here = git.Repo.init(track)
Repo.init(str(track)).close()
with Repo(str(track)) as tracking:
    tracking.add(str(track / "data.csv"))
here.git.add("--all")
here.index.commit("Track the data", author=git.Actor("Ana", "ana@example.org"))

# %% name="subprocess_in_two_commits_and_run_twice" kind="right" points=6
import subprocess
import sys

dvc = [sys.executable, "-m", "dvc"]
for _ in range(2):
    for command in (
        ["git", "init", "-q"],
        [*dvc, "init", "-q"],
        ["git", "commit", "-q", "-m", "Begin with DVC"],
        [*dvc, "add", "data.csv"],
        ["git", "add", "."],
        ["git", "commit", "-q", "-m", "Track the table"],
    ):
        subprocess.run(command, cwd=track, check=False)

# %% name="git_alone" kind="wrong" points=0 hints=["no_dvc", "in_git", "pointer_not_committed", "table_in_git"]
run("git init", track)
run("git add .", track)
run('git commit -m "All in Git"', track)

# %% name="not_committed" kind="wrong" points=3 hints=["nothing_committed"]
run("git init", track)
run("dvc init -f", track)
run("dvc add data.csv", track)
run("git reset", track)

# %% name="only_staged" kind="wrong" points=3 hints=["staged_only"]
run("git init", track)
run("dvc init", track)
run("dvc config core.autostage true", track)
run("dvc add data.csv", track)

# %% name="only_the_pointer_committed" kind="wrong" points=5 hints=["settings_missing"]
run("git init", track)
run("dvc init", track)
run("dvc add data.csv", track)
run("git reset", track)
run("git add data.csv.dvc", track)
run('git commit -m "The pointer"', track)

# %% name="without_the_gitignore_and_the_table_too" kind="wrong" points=4 hints=["gitignore_missing", "table_in_git"]
run("git init", track)
run("dvc init", track)
run("dvc add data.csv", track)
run("git add .dvc data.csv.dvc", track)
run("git add --force data.csv", track)
run('git commit -m "Everything"', track)

# %% name="dvc_before_git" kind="wrong" points=3 hints=["no_scm", "table_in_git"]
run("dvc init", track)
run("dvc init --no-scm", track)
run("git init", track)
run("dvc add data.csv", track)
run("git add .", track)
run('git commit -m "Track the data"', track)

# %% name="written_anew_with_pandas_and_not_cached" kind="wrong" points=1 hints=["other_bytes", "pointer_not_committed", "no_bytes"]
import pandas as pd

pd.read_csv(track / "data.csv").to_csv(track / "data.csv")
run("git init", track)
run("dvc init", track)
run("dvc add --no-commit data.csv", track)
run("git add .", track)
run('git commit -m "Track it"', track)

# %% name="moved_into_a_folder" kind="wrong" points=1 hints=["other_file", "pointer_not_committed"]
run("git init", track)
run("dvc init", track)
(track / "tables").mkdir()
(track / "data.csv").rename(track / "tables" / "data.csv")
run("dvc add tables", track)
run("git add .", track)
run('git commit -m "Track a folder"', track)

# %% name="dvc_alone" kind="wrong" points=0 hints=["no_git"]
run("dvc init --no-scm", track)
run("dvc add data.csv", track)

# %% name="begun_and_committed_and_never_added" kind="wrong" points=1 hints=["not_added", "pointer_not_committed"]
run("git init", track)
run("dvc init", track)
run('git commit -m "Begin with DVC"', track)
