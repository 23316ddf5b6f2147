# %% [markdown]
# Answers to exercise 4.1, with the points and hints each must get.

# %% name="keywords" kind="right" points=6
labkit.declare("4.1", a="dvc", b="mlflow", c="mlflow", d="dvc", e="mlflow", f="dvc")

# %% name="from_a_dict_in_capitals" kind="right" points=6
mine = {"f": "DVC", "e": "MLflow", "d": "DVC", "c": "MLflow", "b": "MLflow", "a": "DVC"}
labkit.declare("4.1", **mine)

# %% name="declared_again_after_a_mistake" kind="right" points=6
labkit.declare("4.1", a="both", b="mlflow", c="both", d="dvc", e="mlflow", f="mlflow")
tools = {"dvc ": "adf", "mlflow": "bce"}
labkit.declare("4.1", **{letter: tool for tool, letters in tools.items() for letter in letters})

# %% name="mlflow_for_all" kind="wrong" points=3 hints=["undecided"]
labkit.declare("4.1", **dict.fromkeys("abcdef", "mlflow"))

# %% name="both_for_all" kind="wrong" points=0 hints=["undecided"]
labkit.declare("4.1", **dict.fromkeys("abcdef", "both"))

# %% name="swapped" kind="wrong" points=0 hints=["swapped"]
labkit.declare("4.1", a="mlflow", b="dvc", c="dvc", d="mlflow", e="dvc", f="mlflow")

# %% name="git_is_a_tool_too" kind="wrong" points=5 hints=["unknown"]
labkit.declare("4.1", a="dvc", b="mlflow", c="mlflow", d="git", e="mlflow", f="dvc")

# %% name="mlflow_keeps_the_data" kind="wrong" points=5 hints=["wrong_a"]
labkit.declare("4.1", a="mlflow", b="mlflow", c="mlflow", d="dvc", e="mlflow", f="dvc")

# %% name="dvc_tracks_and_dvclive_is_live" kind="wrong" points=4 hints=["wrong_b", "wrong_e"]
labkit.declare("4.1", a="dvc", b="dvc", c="mlflow", d="dvc", e="both", f="dvc")

# %% name="a_service_needs_both_and_mlflow_has_pipelines" kind="wrong" points=4 hints=["wrong_c", "wrong_f"]
labkit.declare("4.1", a="dvc", b="mlflow", c="both", d="dvc", e="mlflow", f="both")

# %% name="a_commit_needs_both" kind="wrong" points=5 hints=["wrong_d"]
labkit.declare("4.1", a="dvc", b="mlflow", c="mlflow", d="both", e="mlflow", f="dvc")

# %% name="in_two_calls" kind="wrong" points=2 hints=["unknown"]
labkit.declare("4.1", a="dvc", b="mlflow", c="mlflow", d="dvc")
labkit.declare("4.1", e="mlflow", f="dvc")

# %% name="a_list_of_tools" kind="wrong" points=3 hints=["unknown"]
labkit.declare("4.1", a=["dvc"], b="mlflow", c="mlflow", d=1, e=True, f="dvc")

# %% name="written_but_not_declared" kind="wrong" points=0 hints=["nothing"]
a, b, c, d, e, f = "dvc", "mlflow", "mlflow", "dvc", "mlflow", "dvc"
