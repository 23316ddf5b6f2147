# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.10 MLflow or DVC, or both
#
# **Time:** about 12 minutes: 10 to read, 2 to run.
#
# **Questions.** Both promise versions and reproducibility. What can each do today, and what does it
# leave open? How do they work together?
#
# **Objectives.** Test each claim of a well-known comparison; use DVC's experiments and its registry
# of models, MLflow's datasets and projects; tie one model version to its commit and its rows.
#
# **Before we start:** chapters 7.4, 7.5, 7.7 and 7.9, and `python course.py start`.

# %% [markdown]
# ## A table to doubt
#
# Comparisons of the two often look like this one, which was right once:
#
# | | MLflow | DVC |
# |---|---|---|
# | experiment tracking | yes | no |
# | model registry | yes | no |
# | data versioning | no | yes |
# | pipelines | no | yes |
# | cloud storage | yes | yes |
# | reproducibility | yes | yes |
#
# We test every cell and write down what we **see**. At the end `seen` becomes a new table.

# %%
seen = {}


def see(feature, tool, facts):
    seen.setdefault(feature, {}).setdefault(tool, {}).update(facts)
    print(f"{tool}:", ", ".join(f"{fact}: {found}" for fact, found in facts.items()))


# %% [markdown]
# `see` notes a finding and prints it. Now the imports: the two tools, and what they need here.

# %%
import io
import json
import logging
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
import dvc.api
import labkit
import mlflow
import pandas as pd
import yaml
from sklearn.metrics import f1_score

# %% [markdown]
# DVC works in a temporary folder, without personal settings, as in 7.7. With MLflow we connect, and
# remove what an earlier reading left in the registry; runs of this reading get a tag.

# %%
project = Path(tempfile.mkdtemp()).resolve()
settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PYTHONUTF8": "1"}
settings |= {f"DVC_{where}_CONFIG_DIR": str(project / "none") for where in ("GLOBAL", "SYSTEM")}
settings["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
reader = {"NAME": "reader", "EMAIL": "reader@example.org", "DATE": "1767225600 +0000"}
settings |= {f"GIT_{who}_{it}": reader[it] for who in ("AUTHOR", "COMMITTER") for it in reader}
logging.getLogger("mlflow").setLevel(logging.ERROR)
labkit.connect()
mlflow.set_experiment("chapter-07-10")
client = mlflow.MlflowClient()
for old in client.search_registered_models("name = 'chapter-07-10'"):
    client.delete_registered_model(old.name)
mark = {"reading": project.name}
mine = f"tags.reading = '{project.name}'"
churn = pd.read_csv("../data/churn.csv")

# %% [markdown]
# `run` carries out commands in that folder, `write` writes a file there. `dvc` and `gto` are
# started with the Python of this notebook. No output yet.


# %%
def run(*commands, fails=False):
    for command in commands:
        first, *rest = shlex.split(command)
        program = {"dvc": ["-m", "dvc"], "gto": ["-m", "gto.cli"]}.get(first)
        words = [sys.executable, *program, *rest] if program else [first, *rest]
        kept = {"cwd": project, "env": os.environ | settings, "capture_output": True}
        done = subprocess.run(words, **kept, text=True, encoding="utf-8")
        if (done.returncode != 0) != fails:
            raise RuntimeError(done.stderr)
    return (done.stderr if fails else done.stdout).strip()


def write(name, text):
    (project / name).write_text(text.lstrip(), encoding="utf-8", newline="\n")


# %% [markdown]
# The model is a rule so small that it can be read: *a customer leaves who called support at least
# so many times*. The script reads that number, applies the rule, and writes rule and F1. In
# `dvc.yaml` the rule gets a name as a model, for later.

# %%
TEXT = """
import csv, json, yaml
calls = yaml.safe_load(open("params.yaml"))["calls"]
rows = list(csv.DictReader(open("data/train.csv")))
said = [int(row["support_calls"]) >= calls for row in rows]
left = [row["churned"] == "1" for row in rows]
hits = sum(one and other for one, other in zip(said, left))
json.dump({"calls": calls}, open("rule.json", "w"))
json.dump({"f1": round(2 * hits / (sum(said) + sum(left)), 4)}, open("metrics.json", "w"))
"""
write("train.py", TEXT)
write("params.yaml", "calls: 1\n")
write("dvc.yaml", "artifacts: {churn: {path: rule.json, type: model}}\n")

# %% [markdown]
# The table goes under DVC, the script becomes a stage and is run at once, and everything is
# committed. We expect the F1 of the rule "at least one call". (F1 on the rows by which one chooses
# flatters; here the tools matter.)

# %%
(project / "data").mkdir()
(project / "data/train.csv").write_bytes(Path("../data/churn.csv").read_bytes())
stage = "-d data/train.csv -d train.py -p calls -o rule.json -M metrics.json python train.py"
run("git init -b main", "dvc init", "dvc add data/train.csv", f"dvc stage add -n train {stage}")
run("dvc repro", "git add .", "git commit -m 'a rule'")
print((project / "metrics.json").read_text())

# %% [markdown]
# ## Experiment tracking
#
# MLflow first, as in 7.4: a run for each of three numbers of calls, then a search that ranks them
# by F1. Which is best?

# %%
for calls in (1, 2, 3):
    with mlflow.start_run(tags=mark):
        mlflow.log_params({"calls": calls})
        mlflow.log_metric("f1", f1_score(churn["churned"], churn["support_calls"] >= calls))
ranked = mlflow.search_runs(filter_string=mine, order_by=["metrics.f1 DESC"])
see("experiment tracking", "MLflow", {"best calls first": ranked["params.calls"].tolist()})

# %% [markdown]
# Now DVC, which has "no" in the table. `dvc exp run` runs the pipeline with another parameter and
# keeps the result beside the commit, out of sight of `git log`. We try 2 and 3.

# %%
for calls in (2, 3):
    run(f"dvc exp run -n calls-{calls} -S calls={calls}")
table = pd.read_csv(io.StringIO(run("dvc exp show --csv --sort-by f1 --sort-order desc")))
tried = table.dropna(subset="Experiment")
print(tried[["Experiment", "calls", "f1"]].to_string(index=False))
see("experiment tracking", "DVC", {"best calls first": tried["calls"].tolist()})

# %% [markdown]
# The "no" is out of date. The difference is *where*: MLflow sends to a server that all can watch
# while a run goes on; DVC keeps experiments in your Git repository, with the data and code of each,
# until you `dvc exp push` them.
#
# ## Model registry
#
# For MLflow the rule needs a class, in a file of its own, which reads `rule.json`. With
# `dvc exp apply` we take over the best experiment, and commit it.

# %%
TEXT = """
import json
import mlflow
class Rule(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        with open(context.artifacts["rule"]) as file:
            self.calls = json.load(file)["calls"]
    def predict(self, model_input: list[float]) -> list[bool]:
        return [calls >= self.calls for calls in model_input]
mlflow.models.set_model(Rule())
"""
write("rule.py", TEXT)
rule = project / "rule.json"
best = tried["Experiment"].iloc[0]
said = run(f"dvc exp apply {best}", "git add .", "git commit -m 'the best rule'")

# %% [markdown]
# We register it, and give it the alias at once, which only a demonstration may do (7.11). A model
# loaded by that alias should answer *stays* for one call and *leaves* for five.

# %%
parts = {"python_model": str(project / "rule.py"), "artifacts": {"rule": str(rule)}}
parts |= {"registered_model_name": "chapter-07-10", "pip_requirements": ["mlflow"]}


def register(tags):
    with mlflow.start_run(tags={**mark, **tags}):
        mlflow.log_metrics(json.loads((project / "metrics.json").read_text()))
        info = mlflow.pyfunc.log_model(name="model", **parts)
    client.set_registered_model_alias("chapter-07-10", "champion", info.registered_model_version)
    return mlflow.get_run(info.run_id)


noted = register({})
answers = mlflow.pyfunc.load_model("models:/chapter-07-10@champion").predict([1.0, 5.0])
see("model registry", "MLflow", {"loads by role": answers == [False, True]})

# %% [markdown]
# DVC's side is **GTO**, installed with it. A version is a Git tag, and so is a stage (here stages
# are current!). We register, assign, and fetch by stage.

# %%
run("gto register churn", "gto assign churn --stage prod")
print(run("git tag"))
run("dvc artifacts get . churn --stage prod -o got.json")
got = (project / "got.json").read_bytes()
see("model registry", "DVC", {"loads by role": got == rule.read_bytes()})

# %% [markdown]
# The second "no" is gone. What remains: GTO gives one version per commit and hands over a *file*;
# MLflow's registry has a page, descriptions, and models that can predict.
#
# ## Data versioning
#
# MLflow can note a **dataset** with a run: name, schema, and a digest. A table of 12,000 rows goes
# to both tools. Then it is changed in the first row, or in the last. Does MLflow's digest notice?
# Does the server have the rows?

# %%
large = pd.concat([churn, churn, churn[:2000]], ignore_index=True)[["age", "churned"]].astype(float)
first, last = (large.assign(age=large["age"].where(large.index != row, 0)) for row in (0, 11_999))
large.to_csv(project / "large.csv", index=False)
run("dvc add large.csv")
with mlflow.start_run(tags=mark) as logged:
    mlflow.log_input(mlflow.data.from_pandas(large), context="training")
digests = [mlflow.data.from_pandas(rows).digest for rows in (large, first, last)]
early, late = (digests[0] != other for other in digests[1:])
kept = bool(mlflow.artifacts.list_artifacts(run_id=logged.info.run_id))
facts = {"sees row 1": early, "sees row 12,000": late, "gives rows back": kept}
see("data versioning", "MLflow", facts)

# %% [markdown]
# The digest reads the first 10,000 rows, and the server has no row at all. The same questions to
# DVC, about the last row.

# %%
last.to_csv(project / "large.csv", index=False)
late = "modified" in run("dvc status large.csv.dvc")
run("dvc checkout --force large.csv.dvc")
kept = pd.read_csv(project / "large.csv").equals(large)
see("data versioning", "DVC", {"sees row 12,000": late, "gives rows back": kept})

# %% [markdown]
# "No" was too hard on MLflow: a dataset tells *which* table a run meant, as long as changes come
# early. (`log_artifact` keeps a whole copy with each run.) Bytes are DVC's business.
#
# ## Pipelines
#
# MLflow once had *Recipes*; today there are **Projects**, a file that names commands. We start one
# twice, and DVC after it. Who runs the step, and who skips it when nothing changed?

# %%
write("MLproject", "name: churn\nentry_points:\n  main: {command: python train.py}\n")
times = [rule.stat().st_mtime_ns]
for _ in range(2):
    mlflow.projects.run(str(project), env_manager="local", experiment_name="chapter-07-10")
    times.append(rule.stat().st_mtime_ns)
facts = {"runs steps": times[1] > times[0], "skips the unchanged": times[2] == times[1]}
see("pipelines", "MLflow", facts)
idle = "didn't change" in run("dvc repro")
run("dvc repro --force")
ran = rule.stat().st_mtime_ns > times[2]
see("pipelines", "DVC", {"runs steps": ran, "skips the unchanged": idle})

# %% [markdown]
# A Project runs, always: it knows neither inputs nor outputs.
#
# ## Cloud storage
#
# Both say yes. We ask both for the bucket of 7.7, which does not exist, and expect to hear what
# each lacks.

# %%
try:
    mlflow.artifacts.list_artifacts("s3://mybucket/data")
except ModuleNotFoundError as error:
    see("cloud storage", "MLflow", {"knows S3": error.name in ("boto3", "botocore")})
run("dvc remote add -d myremote s3://mybucket/data")
see("cloud storage", "DVC", {"knows S3": "s3 is supported" in run("dvc push", fails=True)})

# %% [markdown]
# Equal: each knows the address and needs a package and a key (we stored nothing there). They use it
# differently: MLflow makes a folder per run, DVC a file per hash.
#
# ## Reproducibility
#
# Both say yes again. To make a model again one must know code, rows and packages. What has each
# written down about the registered rule?

# %%
needs = Path(mlflow.pyfunc.get_model_dependencies("models:/chapter-07-10@champion")).read_text()
facts = {"code": "mlflow.source.git.commit" in noted.data.tags, "packages": "mlflow" in needs}
see("reproducibility", "MLflow", {**facts, "rows": bool(noted.inputs.dataset_inputs)})
lock = (project / "dvc.lock").read_text()
facts = {"code": "train.py" in lock, "packages": "mlflow" in lock, "rows": "train.csv" in lock}
see("reproducibility", "DVC", facts)

# %% [markdown]
# Neither knows enough alone. (A *script* in a Git repository would have noted its commit, 7.4; a
# notebook does not. DVC has the hashes of code and rows, but no word on packages unless a list of
# them is a dependency.)
#
# ## Both
#
# The bridge is short: the run takes two tags along, the commit and the hash from the `.dvc` file.
# We register the rule once more, with that run, as version 2.

# %%
pointer = yaml.safe_load((project / "data/train.csv.dvc").read_text())["outs"][0]
register({"mlflow.source.git.commit": run("git rev-parse HEAD"), "dvc.md5": pointer["md5"]})
version = client.get_model_version_by_alias("chapter-07-10", "champion")
print("champion: version", version.version, "made from data", pointer["md5"][:6] + "...")

# %% [markdown]
# Half a year later somebody asks about the champion. From version to run, from run to commit and
# hash, from there to the rows; we check the hash and compute F1 anew. All should be true.

# %%
import hashlib

then = mlflow.get_run(version.run_id).data
commit = {"repo": str(project), "rev": then.tags["mlflow.source.git.commit"]}
table = dvc.api.read("data/train.csv", **commit, mode="rb")
facts = {"code": run(f"git cat-file -t {commit['rev']}") == "commit"}
facts |= {"rows": hashlib.md5(table).hexdigest() == then.tags["dvc.md5"]}
rows = pd.read_csv(io.BytesIO(table))
calls = json.loads(dvc.api.read("rule.json", **commit))["calls"]
f1 = f1_score(rows["churned"], rows["support_calls"] >= calls)
see("reproducibility", "both", {**facts, "the same F1": round(f1, 4) == then.metrics["f1"]})

# %% [markdown]
# One run answers what neither tool could answer alone. `lifecycle.run(data=...)` sets such tags
# (the md5 in `lifecycle.data`) for you, and `python -m lifecycle lineage` checks every link (7.11).
#
# ## The table, as seen today
#
# From all that was seen we draw the table anew, beside the old one: *yes* where every test passed,
# *partly* where some did.

# %% tags=["snippet:7.10.table"]
table = pd.DataFrame(index=list(seen))
for tool, old in {"MLflow": "yes yes no no yes yes", "DVC": "no no yes yes yes yes"}.items():
    table[f"{tool}, then"] = old.split()
    found = [tools[tool].values() for tools in seen.values()]
    table[f"{tool}, seen"] = [("no", "partly", "yes")[any(one) + all(one)] for one in found]
table

# %% [markdown]
# Two cells went from *no* to *yes*, two from *no* to *partly*, and reproducibility from *yes* to
# *partly*, twice; together they knew all. The advice of old survives, for other reasons: **MLflow
# for what happened and which model serves, DVC for the bytes and the steps**, joined by two tags. A
# small team that lives in Git can do with DVC and GTO alone.
#
# ## What we left open
#
# - Which names do versions get: numbers, semantic versions, hashes? That is 7.11.
# - Who may change the champion, and who checks that the tags are true? Also 7.11.
#
# **Key points.** Ask of any tool which bytes it keeps and which facts it remembers. MLflow's digest
# is not a version of data. Log the DVC hash and the commit with each run.
