# %% [markdown]
# Answers to exercise 2.5, with the points and hints each must get.

# %% name="set_and_delete" kind="right" points=5
client.set_registered_model_alias("lab02-aliases", "champion", 2)
client.set_registered_model_alias("lab02-aliases", "previous", 1)
client.delete_registered_model_alias("lab02-aliases", "challenger")

# %% name="looked_up_by_alias" kind="right" points=5
name = "lab02-aliases"
old = client.get_model_version_by_alias(name, "champion")
new = client.get_model_version_by_alias(name, "challenger")
client.delete_registered_model_alias(name, "challenger")
for alias, version in (("previous", old), ("champion", new)):
    client.set_registered_model_alias(name, alias, version.version)

# %% name="run_twice_with_another_alias" kind="right" points=5
for _ in range(2):
    client.delete_registered_model_alias("lab02-aliases", "challenger")
    client.set_registered_model_alias("lab02-aliases", alias="previous", version="1")
    client.set_registered_model_alias("lab02-aliases", alias="champion", version="2")
client.set_registered_model_alias("lab02-aliases", "audited", "2")

# %% name="previous_asked_too_late" kind="wrong" points=4 hints=["previous_after_move"]
client.set_registered_model_alias("lab02-aliases", "champion", 2)
late = client.get_model_version_by_alias("lab02-aliases", "champion")
client.set_registered_model_alias("lab02-aliases", "previous", late.version)
client.delete_registered_model_alias("lab02-aliases", "challenger")

# %% name="challenger_left" kind="wrong" points=3 hints=["no_previous", "challenger_left"]
client.set_registered_model_alias("lab02-aliases", "champion", 2)

# %% name="capital_letter" kind="wrong" points=2 hints=["capital_letter"]
client.set_registered_model_alias("lab02-aliases", "Champion", 2)
client.set_registered_model_alias("lab02-aliases", "previous", 1)
client.delete_registered_model_alias("lab02-aliases", "challenger")

# %% name="stages_used_too" kind="wrong" points=4 hints=["stage_used"]
client.set_registered_model_alias("lab02-aliases", "champion", 2)
client.set_registered_model_alias("lab02-aliases", "previous", 1)
client.delete_registered_model_alias("lab02-aliases", "challenger")
client.transition_model_version_stage("lab02-aliases", 2, "Production")

# %% name="tags_for_aliases" kind="wrong" points=0 hints=["tag_for_alias", "no_previous", "challenger_left"]
client.set_model_version_tag("lab02-aliases", 2, "alias", "champion")
client.set_model_version_tag("lab02-aliases", 1, "alias", "previous")

# %% name="champion_deleted" kind="wrong" points=2 hints=["champion_gone"]
client.delete_registered_model_alias("lab02-aliases", "champion")
client.delete_registered_model_alias("lab02-aliases", "challenger")
client.set_registered_model_alias("lab02-aliases", "previous", 1)

# %% name="only_the_challenger_taken_away" kind="wrong" points=1 hints=["champion_stayed", "no_previous"]
client.delete_registered_model_alias("lab02-aliases", "challenger")

# %% name="champion_put_into_production_and_no_more" kind="wrong" points=2 hints=["no_previous", "challenger_left", "stage_used"]
client.set_registered_model_alias("lab02-aliases", "champion", 2)
client.transition_model_version_stage("lab02-aliases", 2, "Production")

# %% name="old_champion_deleted" kind="wrong" points=1 hints=["no_model", "no_previous"]
client.set_registered_model_alias("lab02-aliases", "champion", 2)
client.delete_registered_model_alias("lab02-aliases", "challenger")
client.delete_model_version("lab02-aliases", 1)
