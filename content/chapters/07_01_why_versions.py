# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.1 and 7.2 Why versions, and what a registry is
#
# **Time:** about 10 minutes: 9 to read, 1 to run.
#
# **Questions.** Why is code under version control not enough? What does a registry know that a
# folder of model files does not?
#
# **Objectives.** Change code, data, a parameter and the seed one at a time and see what moves;
# find out which questions a model file cannot answer; answer them with a record, then with a
# registry.
#
# **Before we start:** scikit-learn's `fit` and `predict`, F1, and `python course.py start`.

# %% [markdown]
# ## One model, four ways to change it
#
# Ordinary software changes when its code does. A model also changes with its data, its parameters
# and its random seed. We read the customers of a telephone company, and expect 5,000 rows.

# %%
import hashlib
import inspect
import pickle
import tempfile
from pathlib import Path
import mlflow
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
import labkit

churn = pd.read_csv("../data/churn.csv")
train_rows, valid_rows = churn[:3500], churn[3500:]
FEATURES = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
print(len(churn), "rows,", len(train_rows), "to train on")

# %% [markdown]
# The function below trains a forest and reports two things: F1 on the validation rows, and a
# **fingerprint**, a short hash of all its answers there. Equal fingerprints mean: the same answers
# for every customer. It prints nothing yet.


# %%
def prepare(rows):
    return rows[FEATURES].astype(float)


# %% [markdown]
# That was the code that prepares the inputs, a function of its own because we shall change it. The
# training follows, with everything that can vary as an argument.


# %%
def train(rows, depth=8, seed=0, prepare=prepare):
    forest = RandomForestClassifier(20, max_depth=depth, random_state=seed)
    forest.fit(prepare(rows), rows["churned"])
    answers = forest.predict(prepare(valid_rows))
    mark = hashlib.md5(answers.astype("uint8").tobytes()).hexdigest()[:8]
    return forest, round(f1_score(valid_rows["churned"], answers), 4), mark


# %% [markdown]
# First nothing changes: we train twice. Both lines should be equal.

# %%
tried = {"first": train(train_rows)[1:], "the same again": train(train_rows)[1:]}
print(*tried.items(), sep="\n")

# %% [markdown]
# They are, because the seed is fixed. That is the ground to stand on: whatever differs from now on
# was caused by what we change.
#
# Now the **seed** alone, then a **parameter** alone. Both fingerprints should be new.

# %%
tried["another seed"] = train(train_rows, seed=1)[1:]
tried["another depth"] = train(train_rows, depth=9)[1:]
print(*list(tried.items())[2:], sep="\n")

# %% [markdown]
# Next the **data**: somebody exports them again and 35 rows, one in a hundred, are missing. And
# the **code**: a colleague adds one line that turns the fee into a share of the income. Neither
# touches a parameter.


# %%
def with_share(rows):
    ready = prepare(rows)
    ready["monthly_fee"] = 100 * ready["monthly_fee"] / ready["income"]
    return ready


# %% [markdown]
# So much for the colleague's line. Both changes are tried now, and all six attempts shown together.

# %%
tried["35 rows fewer"] = train(train_rows.drop(train_rows.index[::100]))[1:]
tried["another line of code"] = train(train_rows, prepare=with_share)[1:]
pd.DataFrame(tried, index=["F1", "fingerprint"]).T

# %% [markdown]
# Every change gave another model; only one row has the fingerprint of the first. Seed, depth and
# data moved F1 by less than .004, each as little as the others. The line of code cost .016: that
# would be noticed, but the score does not say what happened.
#
# ## How much is luck?
#
# To judge a difference we must know how far F1 moves when *nothing that matters* changes. We train
# with twenty seeds and expect a spread of some thousandths.

# %%
scores = pd.Series([train(train_rows, seed=seed)[1] for seed in range(20)])
print(
    "lowest", scores.min(), "highest", scores.max(), "spread", round(scores.max() - scores.min(), 4)
)

# %% [markdown]
# Twenty times the same model, as far as anybody meant it, and the best seed looks like progress.
# Whoever reports the highest of many runs reports luck. A comparison needs its seed, its rows and
# an interval on record; 7.11 comes back to that.
#
# ## A folder of files
#
# This is how many teams begin. We save three of the models under names that seemed clear at the
# time.

# %% tags=["snippet:guide.why.1"]
folder = Path(tempfile.mkdtemp())
recipes = {
    "model_v1.pkl": {"depth": 8},
    "model_v2_final.pkl": {"depth": 9},
    "model_v2_FINAL_FINAL.pkl": {"depth": 8, "seed": 1},
}
for name, recipe in recipes.items():
    (folder / name).write_bytes(pickle.dumps(train(train_rows, **recipe)[0]))
print(*sorted(path.name for path in folder.iterdir()), sep="\n")

# %% [markdown]
# Half a year later three questions arrive. **Which of them is running in production?** The names
# do not say; the newest is a guess. **Why did the score drop?** **Can we build the last good one
# again?** We ask the file itself what it remembers.

# %%
last = pickle.loads((folder / "model_v2_FINAL_FINAL.pkl").read_bytes())
known = last.get_params()
print({name: known[name] for name in ("max_depth", "n_estimators", "random_state")})
print("Rows it saw:", getattr(last, "rows", "unknown"), "- code:", getattr(last, "code", "unknown"))

# %% [markdown]
# A pickle keeps parameters, even the seed, but neither rows nor code. (Loading it also *runs* what
# is in it; 7.12 shows how badly that can end.)
#
# So we rebuild it from what is known. Meanwhile the data were corrected: 35 customers were taken
# out. Will the fingerprint be the old one?

# %%
_, score, old = train(train_rows, seed=1)
today = train_rows.drop(train_rows.index[::100])
print("then ", old, score)
print("today", train(today, known["max_depth"], known["random_state"])[2])

# %% [markdown]
# The parameters are the same, the model is not, and nothing tells us why. The answer "it must be
# the data" is only available to those who wrote down which data there were.
#
# ## A record
#
# What would have been enough? A few lines per model: which data, which code, which parameters.
# Hashes stand for data and code, as they change when a single byte does.


# %%
def digest(thing):
    text = thing.to_csv() if isinstance(thing, pd.DataFrame) else inspect.getsource(thing)
    return hashlib.md5(text.encode()).hexdigest()[:8]


# %% [markdown]
# The record puts the two hashes beside the parameters. We write it for the model of then and for
# our attempt of today, and compare by eye.


# %%
def record(rows, depth, seed, prepare):
    return {"data": digest(rows), "code": digest(prepare), "depth": depth, "seed": seed}


print("then ", record(train_rows, 8, 1, prepare))
print("today", record(today, 8, 1, prepare))

# %% [markdown]
# Now the second question has an answer at a glance: `data` differs, nothing else does. And the
# third: fetch the data with that hash, run that code. This is what Git, DVC and MLflow do for us,
# with names instead of our eight letters.
#
# ## A registry
#
# A **registry** is such a record kept in one place for all: models with names, numbered versions,
# what people noted about them, and *which version is used where*. We register the first model;
# version 1 should appear.

# %%
import logging

logging.getLogger("mlflow").setLevel(logging.ERROR)
labkit.connect()
mlflow.set_experiment("chapter-07-01")
client = mlflow.MlflowClient()
for model in client.search_registered_models("name = 'chapter-07-01'"):
    client.delete_registered_model(model.name)
SAVING = {"skops_trusted_types": ["sklearn.tree._tree.Tree"], "pip_requirements": ["scikit-learn"]}

# %% [markdown]
# A run takes the record along, as tags and parameters, and the model goes into the registry with
# it. We do this for two of the forests.

# %%
for seed in (0, 1):
    noted = record(train_rows, 8, seed, prepare)
    forest, score, _ = train(train_rows, seed=seed)
    with mlflow.start_run(tags={"data": noted["data"], "code": noted["code"]}):
        mlflow.log_params({"depth": 8, "seed": seed})
        mlflow.log_metric("f1_valid", score)
        info = mlflow.sklearn.log_model(
            forest, name="model", registered_model_name="chapter-07-01", **SAVING
        )
client.set_registered_model_alias("chapter-07-01", "champion", 1)

# %% [markdown]
# The last line says which version is used: it has the alias `champion`. Now the three questions
# again, put to the registry. Each should take one line.

# %% tags=["snippet:guide.why.2"]
champion = client.get_model_version_by_alias("chapter-07-01", "champion")
run = mlflow.get_run(champion.run_id).data
print("In production: version", champion.version)
print("Made from: data", run.tags["data"], "code", run.tags["code"])
again = train(train_rows, int(run.params["depth"]), int(run.params["seed"]))
print("Built again: F1", again[1], "as recorded:", again[1] == run.metrics["f1_valid"])

# %% [markdown] tags=["snippet:7.2.1"]
# A version lives through phases: *saved* by a run, *registered*, tried in *staging*, used in
# *production*, at last *archived*. A registry keeps who moved it, and the way back.
#
# | question | folder | registry |
# |---|---|---|
# | what is in production? | a guess | an alias |
# | from which data and code? | unknown | the version's run |
# | how do we go back? | search the disk | move the alias |

# %% [markdown]
# ## What we left open
#
# - We wrote hashes ourselves. Tracking (7.4), the registry (7.5) and DVC (7.7) do it properly.
# - Our record trusts whoever writes it. 7.11 makes rules, and verifies them.
#
# **Key points.** Code, data, parameters and seed each make another model. A score does not show
# which one changed. A file remembers parameters at best; a registry remembers where a model came
# from and where it is used.
