# %% [markdown]
# Answers to exercise 2.2, with the points and hints each must get.

# %% name="looked_up" kind="right" points=5
run = client.get_run(client.get_model_version("lab02-described", 2).run_id)
client.update_model_version(
    "lab02-described", 2, f"Trained on churn; F1 = {run.data.metrics['f1']:.4f}"
)
for key, value in {"dataset": "churn", "algorithm": "random-forest"}.items():
    client.set_model_version_tag("lab02-described", 2, key, value)

# %% name="typed_in_per_cent" kind="right" points=5
client.update_model_version(
    name="lab02-described",
    version="2",
    description="Table: churn.csv, 3,500 rows. Zwölf Ebenen tief. F1 82,4 % on the test rows",
)
client.set_model_version_tag("lab02-described", "2", "algorithm", "random-forest")
client.set_model_version_tag("lab02-described", "2", "dataset", "churn")

# %% name="both_versions_described" kind="right" points=5
for version in client.search_model_versions("name = 'lab02-described'"):
    score = client.get_run(version.run_id).data.metrics["f1"]
    client.update_model_version(version.name, version.version, f"CHURN forest ({score})")
    client.set_model_version_tag(version.name, version.version, "dataset", "churn")
    client.set_model_version_tag(version.name, version.version, "algorithm", "random-forest")
client.update_registered_model("lab02-described", "Who is about to leave?")

# %% name="on_the_registered_model" kind="wrong" points=0 hints=["described_the_model", "tagged_the_model"]
client.update_registered_model("lab02-described", "Trained on churn, F1 0.824")
client.set_registered_model_tag("lab02-described", "dataset", "churn")
client.set_registered_model_tag("lab02-described", "algorithm", "random-forest")

# %% name="on_version_1" kind="wrong" points=0 hints=["described_version_1", "tag_missing"]
client.update_model_version("lab02-described", 1, "Trained on churn, F1 0.824")
client.set_model_version_tag("lab02-described", 1, "dataset", "churn")
client.set_model_version_tag("lab02-described", 1, "algorithm", "random-forest")

# %% name="f1_of_the_other_version" kind="wrong" points=4 hints=["not_its_f1"]
client.update_model_version(
    "lab02-described",
    2,
    f"Trained on churn, F1 {client.get_run(forests[0].run_id).data.metrics['f1']:.3f}",
)
client.set_model_version_tag("lab02-described", 2, "dataset", "churn")
client.set_model_version_tag("lab02-described", 2, "algorithm", "random-forest")

# %% name="tagged_the_run" kind="wrong" points=2 hints=["no_table", "tagged_the_run"]
run_id = client.get_model_version("lab02-described", 2).run_id
client.update_model_version("lab02-described", 2, "A forest with F1 0.824")
client.set_tag(run_id, "dataset", "churn")
client.set_tag(run_id, "algorithm", "random-forest")

# %% name="tags_alone_and_one_misspelt" kind="wrong" points=1 hints=["no_description", "tag_value"]
client.set_model_version_tag("lab02-described", 2, "dataset", "churn")
client.set_model_version_tag("lab02-described", 2, "algorithm", "RandomForest")

# %% name="no_number" kind="wrong" points=3 hints=["not_its_f1", "tag_missing"]
client.update_model_version("lab02-described", 2, "The best forest on churn so far")
client.set_model_version_tag("lab02-described", 2, "dataset", "churn")

# %% name="model_deleted" kind="wrong" points=0 hints=["no_model"]
client.delete_registered_model("lab02-described")
