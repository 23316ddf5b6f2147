# %% [markdown]
# Answers to exercise 2.7, with the points and hints each must get.

# %% name="looked_up" kind="right" points=5
scores = {}
for number in (1, 2):
    run_id = client.get_model_version("lab02-rollback", number).run_id
    scores[number] = client.get_run(run_id).data.metrics["f1"]
best = max(scores, key=scores.get)
client.transition_model_version_stage("lab02-rollback", 3, "Archived")
client.transition_model_version_stage("lab02-rollback", best, "Production")
labkit.declare("2.7", restored_version=best)

# %% name="search_runs" kind="right" points=5
versions = client.get_latest_versions("lab02-rollback", stages=["Production"])
others = [
    one
    for one in client.search_model_versions("name='lab02-rollback'")
    if int(one.version) != int(versions[0].version)
]
runs = mlflow.search_runs(experiment_names=["lab02-forests"]).set_index("run_id")["metrics.f1"]
best = max(others, key=lambda one: runs[one.run_id])
client.transition_model_version_stage(
    best.name, best.version, "Production", archive_existing_versions=True
)
labkit.declare("2.7", restored_version=best.version)

# %% name="read_off_the_screen_and_run_twice" kind="right" points=5
for _ in range(2):
    client.transition_model_version_stage(
        "lab02-rollback", "1", "Production", archive_existing_versions=True
    )
    client.set_model_version_tag("lab02-rollback", "3", "reason", "complaints")
    labkit.declare("2.7", restored_version="1")

# %% name="the_one_before" kind="wrong" points=2 hints=["one_before", "declared_other"]
client.transition_model_version_stage(
    "lab02-rollback", 2, "Production", archive_existing_versions=True
)
labkit.declare("2.7", restored_version=2)

# %% name="both_serve" kind="wrong" points=4 hints=["still_serving"]
client.transition_model_version_stage("lab02-rollback", 1, "Production")
labkit.declare("2.7", restored_version=1)

# %% name="bad_one_deleted" kind="wrong" points=3 hints=["deleted", "versions_changed"]
client.delete_model_version("lab02-rollback", 3)
client.transition_model_version_stage("lab02-rollback", 1, "Production")
labkit.declare("2.7", restored_version=1)

# %% name="registered_anew" kind="wrong" points=1 hints=["registered_anew", "declared_other", "versions_changed"]
good = client.get_model_version("lab02-rollback", 1)
again = mlflow.register_model(good.source, "lab02-rollback")
client.transition_model_version_stage(
    "lab02-rollback", again.version, "Production", archive_existing_versions=True
)
labkit.declare("2.7", restored_version=again.version)

# %% name="alias_moved" kind="wrong" points=1 hints=["alias_only", "still_serving"]
client.set_registered_model_alias("lab02-rollback", "champion", 1)
labkit.declare("2.7", restored_version=1)

# %% name="run_id_declared" kind="wrong" points=4 hints=["not_a_number"]
good = client.get_model_version("lab02-rollback", 1)
client.transition_model_version_stage(
    "lab02-rollback", 1, "Production", archive_existing_versions=True
)
labkit.declare("2.7", restored_version=f"models:/lab02-rollback/{good.version}")

# %% name="bad_one_without_a_stage" kind="wrong" points=3 hints=["other_stage", "not_declared"]
client.transition_model_version_stage("lab02-rollback", 3, "None")
client.transition_model_version_stage("lab02-rollback", 1, "Production")

# %% name="all_but_the_best_deleted" kind="wrong" points=0 hints=["no_model", "deleted", "versions_changed"]
client.transition_model_version_stage("lab02-rollback", 1, "Production")
for number in (2, 3):
    client.delete_model_version("lab02-rollback", number)
labkit.declare("2.7", restored_version=1)

# %% name="bad_one_taken_away_and_no_more" kind="wrong" points=0 hints=["not_restored", "other_stage", "not_declared"]
client.transition_model_version_stage("lab02-rollback", 3, "None")
