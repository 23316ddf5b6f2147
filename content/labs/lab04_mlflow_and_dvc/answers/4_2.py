# %% [markdown]
# Answers to exercise 4.2, with the points and hints each must get.

# %% name="keywords" kind="right" points=6
labkit.declare("4.2", g="both", h="dvc", i="mlflow", j="both", k="both", l="mlflow")

# %% name="zipped" kind="right" points=6
labkit.declare(
    "4.2", **dict(zip("ghijkl", ["both", "dvc", "mlflow", "both", "both", "mlflow"], strict=True))
)

# %% name="capitals_and_spaces" kind="right" points=6
labkit.declare("4.2", L="MLflow", K=" Both", J="BOTH", I="mlFlow", H="Dvc ", G="both")

# %% name="both_for_all" kind="wrong" points=3 hints=["undecided"]
labkit.declare("4.2", **dict.fromkeys("ghijkl", "both"))

# %% name="mlflow_knows_it_all" kind="wrong" points=2 hints=["undecided"]
labkit.declare("4.2", **dict.fromkeys("ghijkl", "mlflow"))

# %% name="swapped" kind="wrong" points=3 hints=["swapped", "wrong_l"]
labkit.declare("4.2", g="both", h="mlflow", i="dvc", j="both", k="both", l="dvc")

# %% name="the_run_knows_its_rows" kind="wrong" points=4 hints=["wrong_g", "wrong_k"]
labkit.declare("4.2", g="mlflow", h="dvc", i="mlflow", j="both", k="mlflow", l="mlflow")

# %% name="a_digest_is_a_hash" kind="wrong" points=5 hints=["wrong_h"]
labkit.declare("4.2", g="both", h="both", i="mlflow", j="both", k="both", l="mlflow")

# %% name="rolling_back_means_old_data" kind="wrong" points=5 hints=["wrong_i"]
labkit.declare("4.2", g="both", h="dvc", i="both", j="both", k="both", l="mlflow")

# %% name="dvc_repro_is_enough" kind="wrong" points=4 hints=["wrong_j", "wrong_k"]
labkit.declare("4.2", g="both", h="dvc", i="mlflow", j="dvc", k="dvc", l="mlflow")

# %% name="sentences_for_words" kind="wrong" points=4 hints=["unknown"]
labkit.declare(
    "4.2", g="MLflow and DVC", h="dvc", i="mlflow", j="both", k="both, joined by Git", l="mlflow"
)

# %% name="under_the_number_of_the_exercise_before" kind="wrong" points=0 hints=["nothing"]
answers = {"g": "both", "h": "dvc", "i": "mlflow", "j": "both", "k": "both", "l": "mlflow"}
labkit.declare("4.1", **answers)
