# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown] tags=["snippet:7.12.list"]
# # 7.12 What to store along with a model
#
# **Time:** about 9 minutes: 8 to read, 1 to run.
#
# **Questions.** In which format do we save a model, and what runs when somebody loads it? What
# else must be kept, and what happens if it is not?
#
# **Objectives.** Compare formats; look into a file without loading it; leave out, one by one,
# the nine things that belong to a model: artifact, signature, parameters, metrics, environment,
# code version, data version, timestamp, owner.
#
# **Before we start:** chapters 7.5 and 7.11, and `python course.py start` in a terminal.

# %%
import logging
import pickle
import pickletools
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
import labkit
import lifecycle
import mlflow
import numpy as np
import onnxruntime
import pandas as pd

# %% [markdown]
# Here are the last imports, the data, and a forest to save: 20 trees, trained on 3,500 customers.
# `answers` is what it says about the other 1,500.

# %%
import skops.io
import sklearn
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

labkit.connect()
experiment = mlflow.set_experiment("chapter-07-12")
logging.getLogger("mlflow").setLevel(logging.ERROR)
SIX = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
churn = pd.read_csv("../data/churn.csv", dtype={**dict.fromkeys(SIX, float), "churned": bool})
X, y, X_valid, y_valid = churn[SIX], churn["churned"], churn[SIX][3500:], churn["churned"][3500:]
forest = RandomForestClassifier(20, max_depth=8, random_state=0).fit(X[:3500], y[:3500])
answers = forest.predict(X_valid)

# %% [markdown]
# ## The artifact: what a pickle does
#
# The usual way to save a scikit-learn model is **pickle**; joblib and cloudpickle are kinds of it.
# A pickle is a small *program* that rebuilds an object, and nobody says it must build a model. We
# expect this one to do something else.


# %%
class Surprise:
    def __reduce__(self):
        return print, ("This line was printed by loading the file.",)


print("What was loaded:", pickle.loads(pickle.dumps(Surprise())))

# %% [markdown]
# `print` could have been any function: one that deletes a folder, or sends a password away. It ran
# *before* anybody could look at the object. `pickletools` reads such a program without running it;
# we expect to see the name of the function.

# %%
words = pickletools.genops(pickle.dumps(Surprise()))
print([word for code, word, _ in words if "UNICODE" in code.name])

# %% [markdown]
# That serves for a look, not for defence: real models name hundreds of functions, and bad ones
# hide among them. So load pickles only from people you trust with your computer.
#
# **skops** writes a list of types instead, and refuses each it was not told to trust. It should
# refuse even our own trees at first.

# %%
try:
    skops.io.loads(skops.io.dumps(forest))
except skops.io.exceptions.UntrustedTypesFoundException as error:
    print(str(error).splitlines()[0])
again = skops.io.loads(skops.io.dumps(forest), trusted=["sklearn.tree._tree.Tree"])
print("The same answers:", (again.predict(X_valid) == answers).all())

# %% [markdown]
# This is what MLflow uses by default, and why `log_model` asks for trusted types.
#
# ## Formats of networks
#
# For networks there are more ways. This one has random weights; that makes no difference to a
# format.


# %%
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = torch.nn.Linear(6, 64), torch.nn.Linear(64, 1)

    def forward(self, rows):
        return self.out(torch.relu(self.hidden(rows)))


torch.manual_seed(0)
net, rows = (
    Net().requires_grad_(False),
    torch.tensor(X_valid.to_numpy() / X_valid.max().to_numpy()).float(),
)
expected = net(rows).numpy()

# %% [markdown]
# Five files: the object as a pickle, its weights alone, TorchScript, the graph of `torch.export`
# (today's way), and **ONNX**, which other programs and languages run too. The exporters talk about
# their own workings; we silence them.

# %%
folder = Path(tempfile.mkdtemp())
logging.getLogger("torch.onnx").setLevel(logging.ERROR)
any_number = {"dynamic_shapes": ({0: torch.export.Dim("rows", min=1)},)}
with warnings.catch_warnings(action="ignore"):
    torch.save(net, folder / "pickle.pt")
    torch.save(net.state_dict(), folder / "weights.pt")
    torch.jit.script(net).save(folder / "torchscript.pt")
    torch.export.save(torch.export.export(net, (rows,), **any_number), folder / "export.pt2")
    more = {"external_data": False, "verbose": False, "dynamo": True, **any_number}
    torch.onnx.export(net, (rows,), str(folder / "network.onnx"), **more)

# %% [markdown]
# A server does not have our class `Net`, so we forget it before loading. Which files still answer,
# and do they say the same?


# %%
def by_onnx(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: rows.numpy()})[0]


LOADERS = {
    "pickle.pt": lambda path: torch.load(path, weights_only=False)(rows),
    "weights.pt": lambda path: Net().load_state_dict(torch.load(path)),
    "torchscript.pt": lambda path: torch.jit.load(path)(rows),
    "export.pt2": lambda path: torch.export.load(path).module()(rows),
    "network.onnx": by_onnx,
}
del Net

# %% [markdown]
# The first two should fail, for want of the class.

# %%
for name, load in LOADERS.items():
    try:
        print(name, "- the same:", np.allclose(load(str(folder / name)), expected, atol=1e-5))
    except (AttributeError, NameError) as error:
        print(f"{name} - {error}")

# %% [markdown]
# The three that answer need no class of ours. Last question about formats: which hold a pickle
# inside, and which is small?


# %%
files = sorted(folder.iterdir(), key=lambda path: path.stat().st_size)
print("Smallest:", files[0].name, "- largest:", files[-1].name)
for path in files:
    print(path.name, "holds a pickle:", b"data.pkl" in path.read_bytes())

# %% [markdown]
# `torch.load` reads the pickle of weights with a loader that admits only known types, unless it is
# told `weights_only=False`. TorchScript is deprecated. Prefer ONNX (no pickle, no class).
# `export.pt2` keeps the example rows it was made with as a pickle: they make it the largest file,
# and here they are customers. Export with invented rows.
#
# ## The other eight things
#
# A file is not yet a model one can work with. We log the forest bare, register it, and let
# `lifecycle` say what is missing.

# %%
NAME, client = "forest-churn-leavers", mlflow.MlflowClient()
SAVING = {
    "skops_trusted_types": ["sklearn.tree._tree.Tree"],
    "pip_requirements": ["scikit-learn", "skops"],
}
if client.search_registered_models(f"name = '{NAME}'"):
    client.delete_registered_model(NAME)
if ledger := client.get_experiment_by_name(f"lifecycle/{NAME}"):
    client.rename_experiment(ledger.experiment_id, f"forgotten/{ledger.experiment_id}")
    client.delete_experiment(ledger.experiment_id)

# %% [markdown]
# That cleared what an earlier reading left; now the bare forest.

# %%
with mlflow.start_run():
    bare = mlflow.sklearn.log_model(forest, name="model", **SAVING)
print(*lifecycle.register(bare, NAME, owner="ana").missing, sep="\n")

# %% [markdown]
# Five of nine. The artifact is there; MLflow noted the time and wrote the environment down, and we
# named an owner: somebody to call when the model misbehaves.
#
# **Signature.** A caller sends the columns in the order of the alphabet. What does a model trained
# on a bare table of numbers make of it, without a signature and with one?

# %%
unnamed = RandomForestClassifier(20, max_depth=8, random_state=0).fit(X[:3500].to_numpy(), y[:3500])
for signature in (None, mlflow.models.infer_signature(X_valid)):
    with mlflow.start_run(), warnings.catch_warnings(action="ignore"):
        info = mlflow.sklearn.log_model(unnamed, name="model", signature=signature, **SAVING)
        said = mlflow.pyfunc.load_model(info.model_uri).predict(X_valid[sorted(SIX)])
    print(
        "with:" if signature else "without:", f"{(said != answers).mean():.0%} answered otherwise"
    )

# %% [markdown]
# Without a signature late payments are taken for months under contract, and nobody is told. With
# it MLflow puts the columns in order. An **input example** makes the signature, and shows callers
# how to ask.
#
# **Environment.** We make a pickle pretend that an older scikit-learn wrote it.

# %%
older = pickle.dumps(forest).replace(sklearn.__version__.encode(), b"1.0.0")
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    pickle.loads(older)
print(str(told[-1].message).split(". ")[0])

# %% [markdown]
# A warning, and only because scikit-learn looks; most libraries fail later, or answer otherwise.
# MLflow writes `requirements.txt` and `conda.yaml` from what we list; `pip freeze` lists all there
# is; a Docker image holds it.
#
# **Parameters, code version, data version.** We build the forest again without knowing one of them,
# each time guessing.


# %%
def rebuilt(rows=slice(3500), depth=8, seed=0, prepare=lambda inputs: inputs):
    again = RandomForestClassifier(20, max_depth=depth, random_state=seed)
    return again.fit(prepare(X[rows]), y[rows]).predict(prepare(X_valid))


guesses = {
    "everything known": {},
    "parameter unknown": {"depth": 6},
    "seed unknown": {"seed": 1},
    "data version unknown": {"rows": slice(1250, 3500)},
    "code version unknown": {"prepare": lambda inputs: inputs.round(-1)},
}
for missing, guess in guesses.items():
    print(f"{missing}: {(rebuilt(**guess) != answers).mean():.1%} answered otherwise")

# %% [markdown]
# Only who knows all gets the same forest again. So here is a complete version. It takes a commit
# and data under DVC, in a folder of their own.

# %%
repo = Path(tempfile.mkdtemp())
(repo / "customers.csv").write_bytes(Path("../data/churn.csv").read_bytes())
me = ["-c", "commit.gpgsign=false", "-c", "user.name=Reader", "-c", "user.email=reader@example.org"]
for command in (
    ["git", "init"],
    [sys.executable, "-m", "dvc", "init"],
    [sys.executable, "-m", "dvc", "add", "customers.csv"],
    ["git", "add", "."],
    ["git", *me, "commit", "-m", "Customers of 2024"],
):
    subprocess.run(command, cwd=repo, check=True, capture_output=True)

# %% [markdown]
# `lifecycle.run` notes commit, data and environment; the rest we log. We expect that nothing is
# missing.

# %%
with lifecycle.run(data=repo / "customers.csv.dvc", repository=repo):
    mlflow.log_params({"trees": 20, "depth": 8, "seed": 0})
    mlflow.log_metric("f1", f1_score(y_valid, answers))
    lifecycle.log_predictions(y_valid, answers, rows=churn["customer_id"][3500:])
    info = mlflow.sklearn.log_model(forest, name="model", input_example=X_valid.head(2), **SAVING)
print("Missing:", lifecycle.register(info, NAME, owner="ana").missing)

# %% [markdown]
# **Metrics.** Is the complete version better than the bare one? They are the same forest, so the
# honest answer would be "the same". We also list the files of the model.

# %%
print(*sorted(file.path for file in client.list_logged_model_artifacts(info.model_id)))
print(lifecycle.compare(NAME, [1, 2]).versions[1].verdict)

# %% [markdown]
# `MLmodel` holds signature and format; beside it lie the environment in three forms, an example,
# and the weights. The run has the rest.
#
# Without what version 1 predicted, row by row, there is *no* verdict. And the **timestamp** and the
# **owner**? We ask version 2 when it was trained, and whom to call.

# %%
version = client.get_model_version(NAME, "2")
trained = client.get_run(version.run_id).info.start_time
print("Trained before it was registered:", trained < version.creation_timestamp)
print("Whom to call:", version.tags["owner"])

# %% [markdown]
# ## The nine, and what happens without
#
# | thing | kept in | without it |
# |---|---|---|
# | artifact | model | nothing to serve |
# | signature | `MLmodel` | wrong columns, silently |
# | parameters, code, data | run | another model |
# | metrics, predictions | run | no comparison |
# | environment | model, run | warnings, or worse |
# | timestamp | run | no order of events |
# | owner | tag | nobody to call |
#
# ## What we left open
#
# - One script that does all of this: 7.13.
#
# **Key points.** A pickle runs code. Prefer skops, `torch.export`, ONNX. Of nine things eight are
# not the model file, and a program can check them.
