# %% [markdown]
# Answers to exercise 3.3, with the points and hints each must get.

# %% name="as_in_a_terminal" kind="right" points=5
(change / "data.csv").write_bytes(second)
run("dvc add data.csv", change)
run("git add data.csv.dvc", change)
run('git commit -m "Second delivery"', change)
run("dvc push", change)

# %% name="python_and_there_and_back" kind="right" points=5
from dvc.repo import Repo

(change / "data.csv").write_bytes(second)
with Repo(str(change)) as repository:
    repository.add(str(change / "data.csv"))
    repository.push()
run('git commit -am "Second delivery"', change)
run("git tag v2", change)
run("git checkout -q v1", change)
run("dvc checkout", change)
run("git checkout -q main", change)
run("dvc checkout", change)

# %% name="dvc_commit_and_run_twice" kind="right" points=5
for _ in range(2):
    (change / "data.csv").write_bytes(second)
    run("dvc commit --force data.csv.dvc", change)
    run("dvc push", change)
    run('git commit -a -m "Second delivery"', change)

# %% name="not_added" kind="wrong" points=1 hints=["not_added", "not_pushed"]
(change / "data.csv").write_bytes(second)
run('git commit -a -m "Second delivery"', change)
run("dvc push", change)

# %% name="not_committed" kind="wrong" points=3 hints=["not_committed"]
(change / "data.csv").write_bytes(second)
run("dvc add data.csv", change)
run("dvc push", change)

# %% name="staged_and_git_pushed_only" kind="wrong" points=2 hints=["staged_only", "not_pushed"]
(change / "data.csv").write_bytes(second)
run("dvc add data.csv", change)
run("git add .", change)
run("git push", change)

# %% name="amended" kind="wrong" points=3 hints=["history_rewritten", "first_lost"]
(change / "data.csv").write_bytes(second)
run("dvc add data.csv", change)
run('git commit -a --amend -m "The delivery"', change)
run("dvc push", change)

# %% name="a_file_of_its_own" kind="wrong" points=2 hints=["other_file", "still_first"]
(change / "data_v2.csv").write_bytes(second)
run("dvc add data_v2.csv", change)
run("git add .", change)
run('git commit -m "Second delivery"', change)
run("dvc push", change)

# %% name="through_pandas" kind="wrong" points=0 hints=["other_bytes", "pushed_others", "changed"]
import io
import pandas as pd

pd.read_csv(io.BytesIO(second)).to_csv(change / "data.csv")
run("dvc add data.csv", change)
run('git commit -a -m "Second delivery"', change)
run("dvc push", change)

# %% name="cleaned_up_afterwards" kind="wrong" points=3 hints=["gone", "first_lost"]
(change / "data.csv").write_bytes(second)
run("dvc add data.csv", change)
run('git commit -a -m "Second delivery"', change)
run("dvc push", change)
run("dvc gc --workspace --cloud --force", change)
(change / "data.csv").unlink()

# %% name="forgotten_to_go_forward_again" kind="wrong" points=1 hints=["went_back", "still_first"]
(change / "data.csv").write_bytes(second)
run("dvc add data.csv", change)
run('git commit -a -m "Second delivery"', change)
run("dvc push", change)
run("git checkout -q v1", change)
run("dvc checkout", change)

# %% name="begun_anew_without_a_team" kind="wrong" points=0 hints=["no_repository"]
change = begin("lab03/change")
(change / "data.csv").write_bytes(second)
run("dvc add data.csv", change)
run('git commit -a -m "Second delivery"', change)
run("dvc push", change)

# %% name="right_bytes_after_wrong_ones_not_added_again" kind="wrong" points=1 hints=["added_before", "pushed_others"]
import io
import pandas as pd

pd.read_csv(io.BytesIO(second)).to_csv(change / "data.csv")
run("dvc add data.csv", change)
run('git commit -a -m "Second delivery"', change)
run("dvc push", change)
(change / "data.csv").write_bytes(second)
