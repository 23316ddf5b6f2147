# %% [markdown]
# Answers to exercise 1.2, with the points and hints each must get.

# %% name="signature_and_example" kind="right" points=5
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    model = train(max_depth=12)
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(X_train, model.predict(X_train)),
        input_example=X_train.iloc[:5],
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )

# %% name="example_alone_makes_the_signature" kind="right" points=5
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    mlflow.sklearn.log_model(
        train(12),
        name="model",
        input_example=X_train.head(3),
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )

# %% name="schema_written_by_hand" kind="right" points=5
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

mlflow.set_experiment("lab01-signature")
columns = Schema([ColSpec("double", name) for name in FEATURES])
with mlflow.start_run():
    mlflow.sklearn.log_model(
        train(12),
        name="forest",
        signature=ModelSignature(inputs=columns, outputs=Schema([ColSpec("long")])),
        input_example=X_train.sample(2, random_state=1),
        pip_requirements=REQUIREMENTS,
        serialization_format="cloudpickle",
    )


# %% name="pyfunc_flavour" kind="right" points=5
class Labeller(mlflow.pyfunc.PythonModel):
    def __init__(self, forest):
        self.forest = forest

    def predict(self, context, model_input, params=None):
        return self.forest.predict(model_input)


mlflow.set_experiment("lab01-signature")
forest = train(12)
with mlflow.start_run():
    mlflow.pyfunc.log_model(
        name="model",
        python_model=Labeller(forest),
        signature=infer_signature(X_train, forest.predict(X_train)),
        input_example=X_train.head(3),
        pip_requirements=REQUIREMENTS,
    )

# %% name="no_signature" kind="wrong" points=1 hints=["no_signature", "no_output", "no_example"]
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    mlflow.sklearn.log_model(
        train(12), name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="inputs_only" kind="wrong" points=4 hints=["no_output"]
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    mlflow.sklearn.log_model(
        train(12),
        name="model",
        signature=infer_signature(X_train),
        input_example=X_train.head(3),
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )

# %% name="target_among_the_inputs" kind="wrong" points=1 hints=["target_in_inputs", "no_example", "not_a_label"]
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    model = train(12)
    whole = X_train.assign(churned=y_train)
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(whole, model.predict(X_train)),
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )

# %% name="numpy_without_names" kind="wrong" points=3 hints=["unnamed_inputs"]
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    rows = X_train.to_numpy()
    model = RandomForestClassifier(10, max_depth=12, random_state=7).fit(rows, y_train)
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(rows, model.predict(rows)),
        input_example=rows[:3],
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )

# %% name="example_beside_the_model" kind="wrong" points=4 hints=["no_example"]
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    model = train(12)
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(X_train, model.predict(X_train)),
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )
    mlflow.log_table(X_train.head(3), "input_example.json")

# %% name="never_logged" kind="wrong" points=0 hints=["no_model"]
signature = infer_signature(X_train, train(12).predict(X_train))
print(signature.inputs.input_names())

# %% name="refused_by_skops" kind="wrong" points=0 hints=["model_refused"]
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    model = train(12)
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(X_train, model.predict(X_train)),
        input_example=X_train.head(3),
        pip_requirements=REQUIREMENTS,
    )

# %% name="renamed_columns" kind="wrong" points=2 hints=["other_columns", "not_a_label"]
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    some = X_train.rename(columns=str.upper)
    model = RandomForestClassifier(10, max_depth=12, random_state=7).fit(some, y_train)
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(some, model.predict(some)),
        input_example=some.head(3),
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )

# %% name="name_of_the_experiment_mistyped" kind="wrong" points=0 hints=["other_experiment"]
mlflow.set_experiment("lab01-signatur")
with mlflow.start_run():
    model = train(12)
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(X_train, model.predict(X_train)),
        input_example=X_train.head(3),
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )
