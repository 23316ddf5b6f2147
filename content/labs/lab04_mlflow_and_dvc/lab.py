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
# # Lab 4: MLflow, DVC, or both
#
# Both keep versions, both promise that a result can be repeated, and both have learned from each
# other: DVC has experiments now, MLflow records datasets. Which one do you reach for? You decide
# for twelve situations, then say in your own words what the difference is. You need the chapters
# on MLflow and on DVC, and no data.
#
# | exercise | what you do | points |
# |---|---|---|
# | 4.1 | six situations that one tool settles | 6 |
# | 4.2 | six situations that look alike | 6 |
# | 4.3 | explain the difference | 3, and up to 4 from a reader |

# %% [markdown]
# ## How this lab works
#
# Every answer is declared: `labkit.declare` writes it down and the check reads it. A second call
# for the same exercise replaces the first, so declare all answers of an exercise in one call. Of
# each six situations, four are judged when you check and two when the lab is graded.
#
# Grading runs your notebook from the top: each answer cell must hold the **whole** call. What you
# declared elsewhere, or before, is not there then.
#
# We mean the tools as this course uses them: **MLflow** for runs, models and the registry, **DVC**
# beside Git for data and pipelines. `"both"` is right only where either alone would leave the
# question open.

# %%
import labkit

# %% [markdown]
# ## Exercise 4.1: Six situations that one tool settles
#
# Declare `"mlflow"`, `"dvc"` or `"both"` for each letter, each by its name and all in one call:
#
# `labkit.declare("4.1", a="...", b="...", c="...", d="...", e="...", f="...")`
#
# - **a** The training table of 3 GB was changed. You need last month's rows again, byte for byte.
# - **b** You tried forty learning rates and want them sorted by F1.
# - **c** The service shall load whichever model is approved, without a new release of the service.
# - **d** The table is too large for Git, but each commit must say exactly which table it needs.
# - **e** A colleague wants to watch the loss of a model that is still training.
# - **f** After a change of one parameter, only the steps that depend on it shall run again.
#
# *6 points: a, b, c and d one each. The hidden points: e and f.*

# %% role="answer" exercise="4.1"
### BEGIN SOLUTION
labkit.declare(
    "4.1",
    a="dvc",  # the pointer in Git names the old bytes, the remote has them
    b="mlflow",  # parameters and metrics of runs, sorted
    c="mlflow",  # an alias in the registry
    d="dvc",  # the .dvc file is small enough for Git and holds the hash
    e="mlflow",  # metrics are sent while the run goes on
    f="dvc",  # a pipeline knows what depends on what
)
### END SOLUTION

# %% [markdown]
# The check says how many of the first four are right, gives a hint on one that is not, and names
# every letter without one of the three answers.

# %% role="check" exercise="4.1"
labkit.check("4.1")

# %% [markdown]
# ## Exercise 4.2: Six situations that look alike
#
# The same again, for situations in which the other tool is tempting, and with the letters g to l:
#
# `labkit.declare("4.2", g="...", h="...", i="...", j="...", k="...", l="...")`
#
# - **g** A customer complains. Show the very rows, the code and the run that made the version in
#   production.
# - **h** Somebody edited row 20,000 of 50,000. MLflow's dataset digest, which reads the first
#   10,000 rows, is the same as before. What notices?
# - **i** The new model is bad. The one before must serve again within a minute.
# - **j** Train last year's model again from the same rows, and put its F1 beside that of the old
#   run.
# - **k** Two people log F1 for one model, on different states of the test table. From now on each
#   logged F1 shall say on which bytes it was measured.
# - **l** An auditor asks which columns the serving model takes, and of which type.
#
# *6 points: g, h, i and j one each. The hidden points: k and l.*

# %% role="answer" exercise="4.2"
### BEGIN SOLUTION
labkit.declare(
    "4.2",
    g="both",  # version and run from MLflow, the rows from DVC, the code from Git
    h="dvc",  # its hash covers every byte
    i="mlflow",  # move the alias or the stage back; no data change
    j="both",  # DVC gives the rows, MLflow has the old F1
    k="both",  # the hash of the .dvc file, logged with the run
    l="mlflow",  # the model's signature
)
### END SOLUTION

# %% role="check" exercise="4.2"
labkit.check("4.2")

# %% [markdown]
# ## Exercise 4.3: Explain the difference
#
# A new colleague asks: *we have MLflow, why do we need DVC?* Answer in **100 to 150 words**, in
# whole sentences and your own words, naming both tools:
#
# `labkit.declare("4.3", text="...")`
#
# *3 points: 100 to 150 words 1, a mention of both tools, of data and of runs 1. The hidden point:
# it is written in at least four sentences.* These are matters of form. A person reads what you wrote and gives
# up to 4 points more.
#
# | level | what a reader finds |
# |---|---|
# | 4 | what each tool keeps and how, why neither replaces the other, and how they are joined: one example of a question that needs both |
# | 3 | what each tool keeps and why neither replaces the other, without an example |
# | 2 | what each tool keeps, as two lists that could stand alone |
# | 1 | one tool right, the other wrong or missing |
# | 0 | neither, or copied |

# %% role="answer" exercise="4.3"
### BEGIN SOLUTION
labkit.declare(
    "4.3",
    text="""MLflow remembers what happened: for each run its parameters, metrics and model, and in
    the registry which version of a model serves. DVC remembers what it happened to. It puts a
    small file with a hash into Git, and the table itself into a cache and a remote, so that a
    commit names every byte of its data and anybody can fetch it. MLflow notes a dataset's name
    and a digest, but stores no table and would not notice a change far down in it. DVC stores
    models as well as any file, but does not know which of them is approved. We join them by
    logging the hash from DVC with each MLflow run. When a customer complains, we go from the
    version in production to its run, from the run to the hash, and from the hash to the rows.""",
)
### END SOLUTION

# %% role="check" exercise="4.3"
labkit.check("4.3")

# %% [markdown]
# ## What we left open
#
# Compare your text with the model answers, one for each level. If you have the course's repository,
# they stand with the rubric in `content/labs/lab04_mlflow_and_dvc/rubric.md`; with the student's
# kit alone, ask your instructor for them. The border between the tools moves. DVC's
# experiments could replace the tracking of a small team that lives in Git, and GTO, which works
# on Git tags, gives DVC a registry with stages. What stays is the question to ask of any tool:
# which bytes does it keep, and which fact does it remember?
