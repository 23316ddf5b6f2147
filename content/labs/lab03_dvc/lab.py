# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 3: The same rows again, here and elsewhere
#
# A model is only as repeatable as the table it was trained on, and a table is too large for Git.
# You keep one with DVC: track it, share it, change it, go back, fetch it elsewhere, and find out
# why others cannot. You need the chapters on DVC (7.7 and 7.8) and a little Git.
#
# | exercise | what you do | points |
# |---|---|---|
# | 3.1 | track `data.csv` | 6 |
# | 3.2 | share it through a remote | 5 |
# | 3.3 | keep a second version | 5 |
# | 3.4 | find the bad delivery and go back | 5 |
# | 3.5 | get the table as a colleague | 5 |
# | 3.6 | mend three broken remotes | 7 |
# | 3.7 | take a table out of Git | 4 |

# %% [markdown]
# ## How this lab works
#
# Each exercise has repositories of its own in the folder `practice/lab03` of the course, so none
# depends on another, and the course's own repository stays as it is. The cell with `begin(...)`
# makes that folder **anew**: run it to start its exercise over. A check reads the repositories
# themselves, so how you get there is up to you. One point of each exercise is decided by a check
# you do not see; the text says everything it asks for.
#
# Grading runs your notebook from the top: each answer cell must do the **whole** exercise after
# `begin`. Try in a terminal, then copy the commands here. After a restart of the kernel, variables
# such as `track` come back only with the `begin` cells, which start over: Run All repeats the work.

# %% [markdown]
# ## Set-up
#
# `run` types a command of Git or DVC in a folder and prints what it says. It is the command you
# would type in a terminal there, and you may use one instead. Paths have `/` on every system, and
# a commit takes its message with it: `run('git commit -m "Why"', folder)`.

# %%
import hashlib
from pathlib import Path

import labkit
from labkit.practice import begin, broken_teams, deliveries, make_team, run

# %% [markdown]
# The table is the churn table of the course. It arrives in deliveries: the first has 1,000 rows,
# the second 2,000. The md5 of a file stands for all its bytes, and DVC keeps files by it.


# %%
def md5(path):
    return hashlib.md5(Path(path).read_bytes()).hexdigest()


churn = Path("../data/churn.csv").read_bytes()
first, second, third, fourth = deliveries(churn)
for delivery in (first, second):
    print(f"{len(delivery.splitlines()) - 1:,} rows, {len(delivery):,} bytes")

# %% [markdown]
# ## Exercise 3.1: Track data.csv
#
# The folder `track` holds `data.csv`, the first delivery, and nothing else. Make it
#
# - a Git repository, and a DVC repository in it;
# - that tracks `data.csv` with DVC;
# - with a **commit** of everything Git should keep: the pointer `data.csv.dvc`, the `.gitignore`
#   that DVC wrote, and DVC's own settings in `.dvc`.
#
# *6 points: the repository 1, the pointer 2, the commit 2. The hidden point: no commit holds the
# table itself, and DVC has its bytes.*

# %%
track = begin("lab03/track")
(track / "data.csv").write_bytes(first)
print(*sorted(path.name for path in track.iterdir()))

# %% role="answer" exercise="3.1"
### BEGIN SOLUTION
run("git init -q", track)
run("dvc init -q", track)
run("dvc add -q data.csv", track)
run("git add .", track)
run('git commit -q -m "Track the first delivery"', track)
run("git show --stat --format=%s", track)
### END SOLUTION

# %% [markdown]
# `git status` tells what is not committed yet, `dvc status` whether table and pointer agree.

# %% role="check" exercise="3.1"
labkit.check("3.1")

# %% [markdown]
# ## Exercise 3.2: Share it through a remote
#
# In `share/team` the table is tracked and committed, but only this one folder has its bytes.
#
# - Make the folder `share/store`, beside the repository, its **default** remote. Call it `store`.
# - Commit that setting, so that everybody who clones the repository has it.
# - Push the table there.
#
# *5 points: the remote 1, the setting committed 1, the bytes pushed 2. The hidden point: the
# address holds on every machine, because it is written relative to the repository: `../store`.*

# %%
share = make_team(begin("lab03/share"), [first], store=False)
run("dvc remote list", share)

# %% role="answer" exercise="3.2"
### BEGIN SOLUTION
run("dvc remote add -d store ../store", share)
run('git commit -q -a -m "Share the data in the store"', share)
run("dvc push", share)
### END SOLUTION

# %% [markdown]
# A remote is only a folder with files named by their md5. In companies it is a bucket in some
# cloud; the commands are the same.

# %% role="check" exercise="3.2"
labkit.check("3.2")

# %% [markdown]
# ## Exercise 3.3: Keep a second version
#
# `change/team` has the first delivery, committed and pushed. The second has arrived: its bytes are
# in the variable `second`. Make them the new `data.csv`, and see to it that
#
# - a **new** commit points to them, on top of the commit that points to the first delivery;
# - the remote has them too;
# - `data.csv` in the folder is the second delivery when you check.
#
# *5 points: the commit 2, the remote 1, the folder 1. The hidden point: the first delivery can
# still be had, its commit and its bytes in the remote.*

# %%
change = make_team(begin("lab03/change"), [first])
run("git log --format=%s", change)

# %% role="answer" exercise="3.3"
### BEGIN SOLUTION
(change / "data.csv").write_bytes(second)
run("dvc add -q data.csv", change)
run('git commit -q -a -m "Second delivery"', change)
run("dvc push", change)
### END SOLUTION

# %% [markdown]
# Both versions are in the remote now, under different names. Which one you see is decided by the
# pointer you check out.

# %% role="check" exercise="3.3"
labkit.check("3.3")

# %% [markdown]
# ## Exercise 3.4: Find the bad delivery and go back
#
# `back/team` has four deliveries, tagged `v1` to `v4`. From one of them on, some customers are in
# the table twice, and the last ones were trained on already.
#
# - Look at each version (`git checkout`, then `dvc checkout`) and declare
#   `labkit.declare("3.4", first_faulty=..., twice=...)`: the tag of the first version with
#   customers in it twice, and how many they are in that version.
# - Bring the last good version back on the branch `main`: in a **new** commit, after all others,
#   whose pointer is the good version's. History stays as it is.
#
# *5 points: the tag 1, the number 1, the new commit 2. The hidden point: `data.csv` in the folder
# is the good version's, and the four versions are still there.*

# %%
back = make_team(begin("lab03/back"), [first, second, third, fourth])
run("git log --format=%s%d", back)

# %% role="answer" exercise="3.4"
### BEGIN SOLUTION
import pandas as pd

found = {}
for tag in ("v1", "v2", "v3", "v4"):
    run(f"git checkout -q {tag}", back)
    run("dvc checkout -q", back)
    found[tag] = int(pd.read_csv(back / "data.csv")["customer_id"].duplicated().sum())
print(found)
first_faulty = min(tag for tag, count in found.items() if count)
labkit.declare("3.4", first_faulty=first_faulty, twice=found[first_faulty])

run("git checkout -q main", back)
run("git checkout v2 -- data.csv.dvc", back)
run('git commit -q -m "Back to the second delivery"', back)
run("dvc checkout -q", back)
### END SOLUTION

# %% [markdown]
# The column `customer_id` names each customer. `git checkout main` brings you back to the branch
# after you have looked around.

# %% role="check" exercise="3.4"
labkit.check("3.4")

# %% [markdown]
# ## Exercise 3.5: Get the table as a colleague
#
# `get/team` and `get/store` are a team's repository and its remote. You are the new colleague:
#
# - clone the repository into `get/colleague`, beside `team`;
# - have DVC fetch the table there;
# - declare the md5 of the table that arrived: `labkit.declare("3.5", md5=...)`. It is the proof
#   that you have the same bytes.
#
# *5 points: the clone 1, the table 2, its md5 1. The hidden point: the table came through DVC, so
# that the clone's own cache holds it, and nothing of the team's was changed.*

# %%
office = begin("lab03/get")
make_team(office, [first])
print(*sorted(path.name for path in office.iterdir()))

# %% role="answer" exercise="3.5"
### BEGIN SOLUTION
run("git clone -q team colleague", office)
colleague = office / "colleague"
run("dvc pull", colleague)
labkit.declare("3.5", md5=md5(colleague / "data.csv"))
### END SOLUTION

# %% [markdown]
# The colleague never saw the team's folder: Git brought the pointer and the settings, DVC the
# bytes.

# %% role="check" exercise="3.5"
labkit.check("3.5")

# %% [markdown]
# ## Exercise 3.6: Mend three broken remotes
#
# In each of `broken/a`, `broken/b` and `broken/c` a `team` and its `colleague`, a fresh clone, share
# a `store`, and no colleague gets the table. In two of them `dvc pull` fails with the same message.
# In one it goes through, and yet the rows are wrong. Find the causes, one for each letter:
#
# - `"not pushed"`: the table never reached the store;
# - `"wrong address"`: the settings lead to another folder than `store`;
# - `"damaged"`: what the store keeps has other bytes than the pointer names;
# - `"no pointer"`: the commit has no `data.csv.dvc`;
# - `"no remote"`: the settings name no default remote.

# %% [markdown]
# Declare them, `labkit.declare("3.6", a=..., b=..., c=...)`, and mend all three, so that each
# `colleague` has the table its pointer names, through DVC. Each `team` still has the right bytes.
#
# *7 points: the causes 3, the three colleagues 3. The hidden point: what was wrong is mended for
# everybody, not for one folder: the stores hold the right bytes and no wrong ones, the right
# address is in a commit of the colleague's, and all pointers are what they were.*

# %%
broken = begin("lab03/broken")
broken_teams(broken, first)
print(*sorted(path.name for path in (broken / "a").iterdir()))

# %% role="answer" exercise="3.6"
### BEGIN SOLUTION
import shutil

labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")

run("dvc push", broken / "a" / "team")
run("dvc pull", broken / "a" / "colleague")

run("dvc remote modify store url ../store", broken / "b" / "team")
run('git commit -q -a -m "The store is beside us"', broken / "b" / "team")
run("git pull -q", broken / "b" / "colleague")
run("dvc pull", broken / "b" / "colleague")

shutil.rmtree(broken / "c" / "store")
run("dvc push", broken / "c" / "team")
run("dvc pull", broken / "c" / "colleague")
### END SOLUTION

# %% [markdown]
# Pulling proves nothing, comparing does: `md5` of a file beside the md5 in its pointer. If a
# colleague has pulled wrong bytes, they are in that clone's cache too, and DVC trusts them: delete
# the folder and clone anew.

# %% role="check" exercise="3.6"
labkit.check("3.6")

# %% [markdown]
# ## Exercise 3.7: Take a table out of Git
#
# Somebody committed `data.csv` to Git in `mistake/team`, and DVC refuses to track what Git tracks.
# See to it that from the newest commit on
#
# - Git does not hold `data.csv` any more;
# - DVC tracks it: its pointer and the `.gitignore` are committed.
#
# The file itself stays where it is.
#
# *4 points: out of Git 1, tracked and committed 2. The hidden point: the file has the same bytes as
# before, and the old commits are all there: others have them already.*

# %%
mistake = make_team(begin("lab03/mistake"))
(mistake / "data.csv").write_bytes(first)
run("git add data.csv", mistake)
run('git commit -q -m "Add the data"', mistake)
run("dvc add data.csv", mistake)

# %% role="answer" exercise="3.7"
### BEGIN SOLUTION
run("git rm -q --cached data.csv", mistake)
run("dvc add -q data.csv", mistake)
run("git add data.csv.dvc .gitignore", mistake)
run('git commit -q -m "Keep the data with DVC"', mistake)
run("git ls-files", mistake)
### END SOLUTION

# %% [markdown]
# The message of `dvc add` above says half of what is to be done.

# %% role="check" exercise="3.7"
labkit.check("3.7")

# %% [markdown]
# ## What we left open
#
# The old commits of the last exercise hold the table for ever: to make a repository small again,
# its history must be rewritten, which everybody who has a clone will notice. In the exercise before
# it, DVC believed a write-protected file in the store; `dvc remote modify store verify true` makes
# it look. And `dvc gc` deletes what no commit you name points to: read twice what it is about to
# keep. Which tool is for what is the question of the next lab.
