# %% [markdown]
# Answers to exercise 3.5, with the points and hints each must get.

# %% name="clone_and_pull" kind="right" points=5
run("git clone team colleague", office)
run("dvc pull", office / "colleague")
labkit.declare("3.5", md5=md5(office / "colleague" / "data.csv"))

# %% name="python_interfaces" kind="right" points=5
import git
import yaml
from dvc.repo import Repo

git.Repo.clone_from(office / "team", office / "colleague")
with Repo(str(office / "colleague")) as repository:
    repository.pull()
pointer = yaml.safe_load((office / "colleague" / "data.csv.dvc").read_text())
labkit.declare("3.5", md5=pointer["outs"][0]["md5"].upper())

# %% name="fetch_and_checkout_twice" kind="right" points=5
run(f"git clone {(office / 'team').resolve().as_posix()} ./colleague", office)
for _ in range(2):
    run("git pull", office / "colleague")
    run("dvc fetch", office / "colleague")
    run("dvc checkout", office / "colleague")
print(md5(office / "colleague" / "data.csv"))
labkit.declare("3.5", md5=" 4fe44c2f0c930fb312813d3d56afba01\n")

# %% name="git_brings_it_all" kind="wrong" points=1 hints=["not_fetched", "of_the_pointer"]
run("git clone team colleague", office)
run("git pull", office / "colleague")
labkit.declare("3.5", md5=md5(office / "colleague" / "data.csv.dvc"))

# %% name="copied_by_hand" kind="wrong" points=4 hints=["not_through_dvc"]
import shutil

run("git clone team colleague", office)
shutil.copy(office / "team" / "data.csv", office / "colleague")
labkit.declare("3.5", md5=md5(office / "colleague" / "data.csv"))

# %% name="folder_copied" kind="wrong" points=0 hints=["copied", "not_declared"]
import shutil

shutil.copytree(office / "team", office / "colleague")
run("dvc pull", office / "colleague")

# %% name="cloned_elsewhere" kind="wrong" points=0 hints=["other_place", "of_git"]
run("git clone . colleague", office / "team")
run("dvc pull", office / "team" / "colleague")
labkit.declare("3.5", md5="4fe44c2f0c930fb312813d3d56afba0143ea8b2a")

# %% name="part_of_it_and_tracked_anew" kind="wrong" points=1 hints=["other_bytes", "of_other_bytes", "team_changed"]
run("git clone team colleague", office)
colleague = office / "colleague"
run("dvc pull", colleague)
(colleague / "data.csv").write_bytes(first[:500])
run("dvc add data.csv", colleague)
run('git commit -a -m "A sample"', colleague)
labkit.declare("3.5", md5=md5(colleague / "data.csv"))

# %% name="only_the_md5" kind="wrong" points=1 hints=["no_clone"]
labkit.declare("3.5", md5=md5(office / "team" / "data.csv"))

# %% name="declared_under_another_name" kind="wrong" points=4 hints=["not_declared"]
run("git clone team colleague", office)
run("dvc pull", office / "colleague")
labkit.declare("3.5", hash=md5(office / "colleague" / "data.csv"))

# %% name="begun_anew_without_a_team" kind="wrong" points=0 hints=["no_repository", "not_declared"]
office = begin("lab03/get")
run("git clone team colleague", office)
run("dvc pull", office / "colleague")
labkit.declare("3.5", md5=md5(office / "colleague" / "data.csv"))
