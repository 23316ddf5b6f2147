# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.7 and 7.8 Data versions with DVC
#
# **Time:** about 10 minutes: 9 to read, 1 to run.
#
# **Questions.** Why not simply commit the data? How does a colleague get exactly my rows, and how
# do we go back to last month's?
#
# **Objectives.** Track a table with DVC, push it, pull it as somebody else, return to an older
# version, settle a conflict, and read the error of a remote that does not have the bytes.
#
# **Before we start:** `git add`, `commit`, `push` and `pull`, and chapter 7.1.

# %% [markdown]
# ## A room to play in
#
# Nothing here touches the course's own repository. We work in a new temporary folder, with neither
# your personal Git settings nor your DVC settings, so that you see what everybody sees. The first
# cell prints nothing.

# %%
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

room = Path(tempfile.mkdtemp()).resolve()
settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PYTHONUTF8": "1"}
settings |= {f"DVC_{where}_CONFIG_DIR": str(room / "none") for where in ("GLOBAL", "SYSTEM")}
for who in ("AUTHOR", "COMMITTER"):
    settings |= {f"GIT_{who}_NAME": "reader", f"GIT_{who}_EMAIL": "reader@example.org"}

# %% [markdown]
# `run` carries out commands in a folder, as you would type them there. It gives back what the last
# one printed: its error where we expect one. Long hashes are cut to six letters.


# %%
def short(text):
    return re.sub(r"\b([0-9a-f]{6})[0-9a-f]{26,34}\b", r"\1...", text.strip())


def run(folder, *commands, fails=False):
    for command in commands:
        words = shlex.split(command)
        if words[0] in ("dvc", "pip"):
            words = [sys.executable, "-m", *words]
        kept = {"cwd": folder, "env": os.environ | settings, "capture_output": True}
        done = subprocess.run(words, **kept, text=True, encoding="utf-8")
        if (done.returncode != 0) != fails:
            raise RuntimeError(done.stderr)
    return short(done.stderr if fails else done.stdout)


# %% [markdown]
# ## Git and a large file, the wrong way first
#
# A model file of 4 MB is trained anew each week and committed each week. Its bytes are random
# here, as those of weights or compressed tables almost are. How large is `.git` after each?


# %%
def megabytes(folder):
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6)


weights = room / "weights"
weights.mkdir()
run(weights, "git init -b main")
for week in (1, 2, 3):
    (weights / "model.bin").write_bytes(random.Random(week).randbytes(4_000_000))
    run(weights, "git add model.bin", f"git commit -m 'week {week}'")
    print("Week", week, "- megabytes in .git:", megabytes(weights / ".git"))

# %% [markdown]
# Every version is kept whole. So we delete the file, let Git clean up, and a colleague clones the
# repository to read the code. We expect that there is no model in the clone. How many megabytes
# does the colleague get?

# %%
run(weights, "git rm model.bin", "git commit -m 'no models in Git'", "git gc --prune=now")
run(room, "git clone weights copy")
print("Model in the clone:", (room / "copy/model.bin").exists())
print("Megabytes in its .git:", megabytes(room / "copy/.git"))

# %% [markdown]
# Guides say that Git *cannot* store large files. It can, but it gives all versions to everybody,
# until somebody rewrites history. (Git LFS splits the work as DVC does, without pipelines. Text
# that changes little packs well; weights, images and Parquet do not.)
#
# **DVC** splits the work: Git keeps a small pointer, DVC the bytes, of data and of models. Here
# `pip install dvc` should find nothing to do. `dvc init` prepares a folder; outside a Git
# repository we expect a refusal, after `git init` three new files.

# %% tags=["snippet:7.7.1", "snippet:7.7.2"]
settings["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
print("Installed:", "already satisfied: dvc in" in run(room, "pip install dvc"))
ana = room / "ana"
ana.mkdir()
print(run(ana, "dvc init", fails=True).replace(str(ana), "ana").split(" (e.g")[0])
print(run(ana, "git init -b main", "dvc init", "git status --short"))

# %% [markdown]
# ## A table under DVC
#
# The files are settings, and already staged. Now Ana's table: the first 4,000 customers. After
# `dvc add` we look at what is new in `data/`.


# %% tags=["snippet:7.8.1"]
def save(folder, rows):
    lines = Path("../data/churn.csv").read_bytes().splitlines(keepends=True)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data/train.csv").write_bytes(b"".join(lines[: rows + 1]))


def rows(folder):
    return len((folder / "data/train.csv").read_bytes().splitlines()) - 1


save(ana, 4000)
run(ana, "dvc add data/train.csv")
print(sorted(path.name for path in (ana / "data").iterdir()))
print(short((ana / "data/train.csv.dvc").read_text()))
print(".gitignore:", (ana / "data/.gitignore").read_text())

# %% [markdown]
# The pointer `data/train.csv.dvc` lies beside the table and holds its size and MD5 hash; the
# `.gitignore` keeps the table itself out of Git.
#
# Many tutorials say that the data are now in a *remote* cache. We look for a copy on this machine,
# under the name of the hash.

# %%
import hashlib

table = (ana / "data/train.csv").read_bytes()
md5 = hashlib.md5(table).hexdigest()
kept = ana / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
print("In the local cache:", kept.exists(), "- the same bytes:", kept.read_bytes() == table)

# %% [markdown]
# So the cache is local, and named by content: the same table twice is stored once, a changed byte
# has another name. Nobody else has it yet. For that we need a **remote**.
#
# Tutorials use a bucket on Amazon S3. We run their two commands as written. Which fails?

# %% tags=["snippet:7.8.2", "snippet:7.8.3"]
run(ana, "git add data", "dvc remote add -d myremote s3://mybucket/data")
print((ana / ".dvc/config").read_text())
print(run(ana, "dvc push", fails=True).splitlines()[0])

# %% [markdown]
# `remote add` only writes a line to `.dvc/config`; it asks no server. The first command that needs
# the bucket fails: for S3, `pip install "dvc[s3]"` and a key are needed.
#
# Google's `gs://` and Azure's `azure://` work alike, with `dvc[gs]` and `dvc[azure]`. A remote can
# be any place all can reach, so ours is a folder beside `ana`. We push the data, commit and push to
# Git, and push the data again.

# %%
run(ana, "dvc remote modify myremote url ../store")
print(run(ana, "dvc push"))
run(ana, "git init --bare -b main ../team.git", "git remote add origin ../team.git")
run(ana, "git add .dvc/config", "git commit -m 'customers, first export'", "git tag data-v1")
run(ana, "git push -u origin main data-v1")
print(run(ana, "dvc push"))

# %% [markdown]
# The second `dvc push` had nothing to do. Pointer *and* `.dvc/config` are committed: without the
# second, nobody knows where the bytes are.
#
# Ben joins. After `git clone` we expect the pointer without the table, and after `git pull` and
# `dvc pull` the very bytes of Ana.

# %% tags=["snippet:7.8.4"]
ben = room / "ben"
run(room, "git clone team.git ben")
print(sorted(path.name for path in (ben / "data").iterdir()))
run(ben, "git pull")
print(run(ben, "dvc pull").splitlines()[-1])
print("The same bytes:", (ben / "data/train.csv").read_bytes() == table)

# %% [markdown]
# Two things travel on two roads. A drawing helps to remember which command moves what, so the next
# cell makes one.

# %% alt="Two roads: git push and git pull move the pointer between this machine and the Git server; dvc add, push, pull and checkout move the table between folder, cache and remote"
import matplotlib.pyplot as plt

axes = plt.figure(figsize=(7.5, 2.6)).add_axes((0, 0, 1, 1), xlim=(0, 10), ylim=(0, 4))
axes.axis("off")
boxes = {"Git, here\ntrain.csv.dvc": (1.2, 3), "Git server\ntrain.csv.dvc": (8.8, 3)}
boxes |= {"folder\ntrain.csv": (1.2, 1), "cache\nby hash": (5, 1), "remote\nby hash": (8.8, 1)}
for name, (x, y) in boxes.items():
    axes.text(x, y, name, ha="center", va="center", bbox={"boxstyle": "round", "fc": "white"})
arrows = {"git push": (2.4, 3.2, 7.6), "git pull": (7.6, 2.7, 2.4), "dvc add": (2.2, 1.2, 4.2)}
arrows |= {"dvc checkout": (4.2, 0.7, 2.2), "dvc push": (5.8, 1.2, 7.9)}
arrows |= {"dvc pull": (7.9, 0.7, 5.8)}
for name, (start, y, end) in arrows.items():
    axes.annotate("", (end, y), (start, y), arrowprops={"arrowstyle": "->"})
    axes.text((start + end) / 2, y + 0.1, name, ha="center")

# %% [markdown]
# *The figure in words:* on top, `git push` and `git pull` move the pointer between this machine and
# the Git server. Below, `dvc add` copies the table into the cache and `dvc push` from there to the
# remote; `dvc pull` fetches it and ends with `dvc checkout`, which puts it into the folder.
#
# ## The next version, and a push forgotten
#
# A new export has 4,500 customers. Ana adds it, commits, and pushes to Git. What does Git see?

# %%
save(ana, 4500)
run(ana, "dvc add data/train.csv")
run(ana, "git commit -a -m 'customers, second export'", "git tag data-v2")
run(ana, "git push origin main data-v2")
print("\n".join(run(ana, "git diff -U0 data-v1 data-v2").splitlines()[-4:]))

# %% [markdown]
# Two lines differ, whatever the size of the table. Ben pulls from Git and trains at once. On how
# many customers? Then he remembers `dvc pull`, which should fail, for Ana forgot `dvc push`.

# %%
run(ben, "git pull")
print("After git pull:", rows(ben), "customers")
print("\n".join(run(ben, "dvc pull", fails=True).splitlines()[:3]))

# %% [markdown]
# After `git pull` alone Ben has new code and *old data*, without any warning. And this error is the
# one you will meet most: "missing cache files" means that the pointer names bytes which neither
# your cache nor the remote has. The person who made them must push.

# %%
print(run(ana, "dvc push"))
print(run(ben, "dvc pull").splitlines()[-1])
print("After dvc pull:", rows(ben), "customers")

# %% [markdown]
# ## Going back
#
# An old version is an old pointer. We take the one tagged `data-v1` from Git and let DVC follow,
# then return. Both versions are in Ben's cache, so no remote is asked.

# %%
for version in ("data-v1", "main"):
    run(ben, f"git checkout {version} -- data/train.csv.dvc", "dvc checkout")
    print(f"{version}:", rows(ben), "customers")

# %% [markdown]
# ## Two people, one table
#
# Ana takes customer C00007 out, who asked for it. Ben corrects an age at the same time. Ana pushes
# first. Ben pulls (here in its two steps, `fetch` and `merge`); we expect a conflict, and look at
# his pointer.


# %%
def edit(folder, old, new):
    path = folder / "data/train.csv"
    path.write_bytes(re.sub(old, new, path.read_bytes(), flags=re.MULTILINE))
    run(folder, "dvc add data/train.csv", "git commit -a -m 'customers, by hand'")


edit(ana, rb"^C00007,.*\n", b"")
run(ana, "dvc push", "git push")
edit(ben, rb"^(C00005,2024Q1),\d+", rb"\1,44")
run(ben, "git fetch")
run(ben, "git merge origin/main", fails=True)
print(short((ben / "data/train.csv.dvc").read_text()))

# %% [markdown]
# Git offers one hash or the other. **Neither is right:** each lacks a colleague's work, and a third
# cannot be typed. We must join the *tables*. `dvc.api.read` reads a file as of any commit, from
# cache or remote, without touching the folder. First, who changed what?

# %%
import io
import dvc.api
import pandas as pd


def as_of(commit):
    text = dvc.api.read("data/train.csv", repo=str(ben), rev=commit)
    return pd.read_csv(io.StringIO(text), dtype=str)


before, hers, his = as_of("data-v2"), as_of("origin/main"), as_of("HEAD")
print("Ana removed:", set(before["customer_id"]) - set(hers["customer_id"]))
print("Ben changed:", set(before["customer_id"][(before != his).any(axis=1)]))

# %% [markdown]
# Now both changes at once: Ben's rows, without whom Ana removed. DVC can't read a pointer with
# conflict marks, so we first take either side, then add the joined table over it.

# %%
run(ben, "git checkout --ours data/train.csv.dvc")
joined = his[his["customer_id"].isin(hers["customer_id"])]
joined.to_csv(ben / "data/train.csv", index=False, lineterminator="\n")
run(ben, "dvc add data/train.csv", "git commit -a -m 'customers, both changes'")
run(ben, "dvc push", "git push")
print(rows(ben), "customers; C00007 is among them:", "C00007" in set(joined["customer_id"]))

# %% [markdown]
# C00007 is out of the *newest* version only. Old tags, every cache and the remote still have the
# row: a lawful erasure must reach those too (`dvc gc` there, and old versions given up).
#
# ## A remote that lost something
#
# Disks fail. We spoil the newest file in the store by one byte; then Cara clones and pulls. Does
# she get a wrong table? And can it be mended?

# %%
md5 = hashlib.md5((ben / "data/train.csv").read_bytes()).hexdigest()
stored = room / "store/files/md5" / md5[:2] / md5[2:]
stored.chmod(0o644)
stored.write_bytes(stored.read_bytes()[:-2] + b"9\n")
cara = room / "cara"
run(room, "git clone team.git cara")
print(run(cara, "dvc pull", fails=True).splitlines()[2])
print(run(ben, "dvc push"))
print(run(cara, "dvc pull").splitlines()[-1], "-", rows(cara), "customers")

# %% [markdown]
# DVC compares each file with its name (unless it is write-protected, as a store may make it: those
# it believes). The spoiled one was thrown away and reported as missing, in the same words as one
# never pushed; so it is when the remote's folder is gone. Whoever still has the bytes in a cache
# mends it with `dvc push`. If nobody has them, they are lost: a remote needs a backup.
#
# ## What we left open
#
# - The pointer says *which* bytes, not how they were made: pipelines do (7.9).
# - Which model was trained on them? MLflow and DVC together know (7.10).
#
# **Key points.** Git keeps the pointer, DVC the bytes. Two pushes, two pulls, and the pointer goes
# last. Never settle a conflict by choosing a hash.
