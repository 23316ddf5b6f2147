# %% [markdown]
# Answers to exercise 3.7, with the points and hints each must get.

# %% name="let_go_then_add" kind="right" points=4
run("git rm --cached data.csv", mistake)
run('git commit -m "Let go of the data"', mistake)
run("dvc add data.csv", mistake)
run("git add data.csv.dvc .gitignore", mistake)
run('git commit -m "Keep the data with DVC"', mistake)

# %% name="python_interfaces" kind="right" points=4
import git
from dvc.repo import Repo

here = git.Repo(mistake)
here.index.remove(["data.csv"])
with Repo(str(mistake)) as repository:
    repository.add(str(mistake / "data.csv"))
here.index.add([".gitignore", "data.csv.dvc"])
here.index.commit("Keep the data with DVC")

# %% name="moved_away_and_back" kind="right" points=4
(mistake / "data.csv").rename(mistake / "kept.csv")
run('git commit -a -m "Away with it"', mistake)
(mistake / "kept.csv").rename(mistake / "data.csv")
for _ in range(2):
    run("dvc add data.csv", mistake)
    run("git add --all", mistake)
    run('git commit -m "DVC keeps it"', mistake)

# %% name="only_ignored" kind="wrong" points=0 hints=["still_in_git", "not_tracked"]
(mistake / ".gitignore").write_text("/data.csv\n")
run("git add .gitignore", mistake)
run('git commit -m "Ignore the data"', mistake)

# %% name="file_deleted" kind="wrong" points=1 hints=["gone", "file_not_kept"]
run("git rm data.csv", mistake)
run('git commit -m "Away with it"', mistake)
run("dvc add data.csv", mistake)

# %% name="let_go_not_committed" kind="wrong" points=0 hints=["removal_not_committed", "pointer_staged"]
run("git rm --cached data.csv", mistake)
run("dvc add data.csv", mistake)
run("git add .", mistake)

# %% name="commit_a_forgets_what_is_new" kind="wrong" points=2 hints=["pointer_not_committed"]
run("git rm --cached data.csv", mistake)
run("dvc add data.csv", mistake)
run('git commit -a -m "Keep the data with DVC"', mistake)

# %% name="gitignore_forgotten" kind="wrong" points=3 hints=["gitignore_missing"]
run("git rm --cached data.csv", mistake)
run("dvc add data.csv", mistake)
run("git add data.csv.dvc", mistake)
run('git commit -m "Keep the data with DVC"', mistake)

# %% name="history_rewritten" kind="wrong" points=3 hints=["history_rewritten"]
run("git rm --cached data.csv", mistake)
run("dvc add data.csv", mistake)
run("git add --all", mistake)
run('git commit --amend -m "Keep the data with DVC"', mistake)

# %% name="a_copy_tracked" kind="wrong" points=1 hints=["other_bytes", "file_not_kept"]
run("git rm --cached data.csv", mistake)
(mistake / "data.csv").write_bytes(second)
run("dvc add data.csv", mistake)
run("git add --all", mistake)
run('git commit -m "A newer table"', mistake)

# %% name="let_go_and_no_more" kind="wrong" points=2 hints=["not_added"]
run("git rm --cached data.csv", mistake)
run('git commit -m "Let go of the data"', mistake)

# %% name="history_thrown_away" kind="wrong" points=0 hints=["no_repository"]
import shutil

shutil.rmtree(mistake / ".git")
run("dvc add data.csv", mistake)
