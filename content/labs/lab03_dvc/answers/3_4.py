# %% [markdown]
# Answers to exercise 3.4, with the points and hints each must get.

# %% name="checkout_each" kind="right" points=5
import pandas as pd

twice = {}
for tag in ("v1", "v2", "v3", "v4"):
    run(f"git checkout -q {tag}", back)
    run("dvc checkout", back)
    twice[tag] = pd.read_csv(back / "data.csv")["customer_id"].duplicated().sum()
labkit.declare("3.4", first_faulty="v3", twice=twice["v3"])
run("git checkout -q main", back)
run("git checkout v2 -- data.csv.dvc", back)
run('git commit -m "Back to v2"', back)
run("dvc checkout", back)

# %% name="read_by_tag_and_revert" kind="right" points=5
import dvc.api

for tag in ("v2", "v3"):
    rows = dvc.api.read("data.csv", repo=str(back), rev=tag).splitlines()
    print(tag, len(rows) - len(set(rows)))
labkit.declare("3.4", twice=137, first_faulty="V3")
run("git revert --no-edit v4 v3", back)
run("dvc checkout", back)

# %% name="bytes_added_again" kind="right" points=5
(back / "data.csv").write_bytes(second)
run("dvc add data.csv", back)
run('git commit -a -m "The second delivery again"', back)
labkit.declare("3.4", first_faulty=3, twice=137.0)
run("dvc push", back)

# %% name="only_looked_and_counted_the_newest" kind="wrong" points=2 hints=["not_the_first", "only_looked"]
run("git checkout -q v2", back)
run("dvc checkout", back)
labkit.declare("3.4", first_faulty="v4", twice=137)

# %% name="reset_hard" kind="wrong" points=3 hints=["history_rewritten"]
run("git reset --hard v2", back)
run("dvc checkout", back)
labkit.declare("3.4", first_faulty="v3", twice=137)

# %% name="without_dvc_checkout" kind="wrong" points=3 hints=["counted_both", "old_rows"]
run("git checkout v2 -- data.csv.dvc", back)
run('git commit -m "Back"', back)
labkit.declare("3.4", first_faulty="v3", twice=274)

# %% name="not_committed_and_off_by_one" kind="wrong" points=2 hints=["still_good", "not_committed"]
run("git checkout v2 -- data.csv.dvc", back)
run("dvc checkout", back)
labkit.declare("3.4", first_faulty="v2", twice=137)

# %% name="first_version_instead" kind="wrong" points=1 hints=["as_text", "other_version"]
run("git checkout v1 -- data.csv.dvc", back)
run('git commit -m "Back"', back)
run("dvc checkout", back)
labkit.declare("3.4", first_faulty="v3", twice="137")

# %% name="pointer_not_touched" kind="wrong" points=0 hints=["no_tag", "not_declared", "nothing_done"]
run("dvc checkout", back)
labkit.declare("3.4", first_faulty="the third")

# %% name="on_no_branch" kind="wrong" points=2 hints=["not_declared", "not_on_main"]
run("git checkout -q v4", back)
run("git checkout v2 -- data.csv.dvc", back)
run('git commit -m "Back"', back)
run("dvc checkout", back)

# %% name="cleaned_up" kind="wrong" points=4 hints=["versions_lost"]
run("git checkout v2 -- data.csv.dvc", back)
run('git commit -m "Back"', back)
run("dvc checkout", back)
run("git tag --delete v3 v4", back)
labkit.declare("3.4", first_faulty="v3", twice=137)

# %% name="rows_that_were_new" kind="wrong" points=4 hints=["other_number"]
rows = {}
for tag in ("v2", "v3"):
    run(f"git checkout -q {tag}", back)
    run("dvc checkout", back)
    rows[tag] = len((back / "data.csv").read_bytes().splitlines())
labkit.declare("3.4", first_faulty="v3", twice=rows["v3"] - rows["v2"])
run("git checkout -q main", back)
run("git checkout v2 -- data.csv.dvc", back)
run('git commit -m "Back to v2"', back)
run("dvc checkout", back)

# %% name="begun_anew_without_a_team" kind="wrong" points=2 hints=["no_repository"]
back = begin("lab03/back")
run("git checkout v2 -- data.csv.dvc", back)
run('git commit -m "Back to v2"', back)
run("dvc checkout", back)
labkit.declare("3.4", first_faulty="v3", twice=137)
