"""Every snippet of the two texts that the course covers has its place in a chapter.

A cell says by a tag which of them it covers: `snippet:7.8.1` is the first one of section 7.8,
`snippet:guide.stages.1` the first one on stages in the guide to MLflow's registry.
"""

from __future__ import annotations

from collections import defaultdict

import jupytext
import pytest
from conftest import REPOSITORY

_PREFIX = "snippet:"
#: What each shows; sections with a table or a list to cover end in its word.
SNIPPETS = {
    "7.2.1": "the phases of a model's life",
    "7.3.1": "installing MLflow",
    "7.3.2": "starting its UI",
    "7.3.3": "its address",
    "7.4.1": "a training script that tracks",
    "7.5.1": "registering a model",
    "7.5.2": "moving it to production",
    "7.6.1": "loading from the registry",
    "7.7.1": "installing DVC",
    "7.7.2": "dvc init",
    "7.8.1": "dvc add",
    "7.8.2": "dvc remote add",
    "7.8.3": "dvc push",
    "7.8.4": "git pull, dvc pull",
    "7.9.1": "dvc run",
    "7.9.2": "dvc repro",
    "7.10.table": "MLflow beside DVC",
    "7.11.1": "numbers as versions",
    "7.11.2": "semantic versions",
    "7.11.3": "a Git hash in a name",
    "7.11.4": "versions of data",
    "7.12.list": "what to store with a model",
    "7.13.1": "a complete script",
    "7.14.1": "an architecture",
    "7.15.list": "six mistakes",
    "7.17.list": "the summary",
    "guide.why.1": "life without a registry",
    "guide.why.2": "life with one",
    "guide.architecture.1": "the registry's architecture",
    "guide.stages.table": "what each stage is for",
    "guide.lineage.1": "from data to a version",
    "guide.register.1": "registering during training",
    "guide.register.2": "registering after training",
    "guide.stages.1": "moving through the stages",
    "guide.metadata.1": "description and tags",
    "guide.load.1": "loading by stage and by version",
    "guide.ui.1": "the UI's models",
    "guide.workflow.1": "from training to serving",
    "guide.naming.1": "good and bad names",
    "guide.transitions.1": "never skip staging",
    "guide.practice-metadata.1": "metadata to add always",
    "guide.version-control.1": "what to keep track of",
    "guide.current.1": "which version is in production",
    "guide.compare.1": "comparing versions",
    "guide.rollback.1": "rolling back",
    "guide.training.1": "registering in a training script",
    "guide.serving.1": "loading in an API",
}
#: Covered by a cell that runs; of the others a text, table or picture is enough.
RUN = {
    *("7.4.1", "7.5.1", "7.5.2", "7.6.1", "7.7.2", "7.8.1", "7.8.2", "7.8.3", "7.8.4"),
    *("7.9.1", "7.9.2", "7.13.1", "guide.register.1", "guide.register.2", "guide.stages.1"),
    *("guide.metadata.1", "guide.load.1", "guide.naming.1", "guide.current.1"),
    *("guide.compare.1", "guide.rollback.1", "guide.training.1", "guide.serving.1"),
}


@pytest.fixture(scope="module")
def covered() -> dict[str, set[str]]:
    """The kinds of the cells that cover a snippet, by its number."""
    found = defaultdict(set)
    for path in sorted((REPOSITORY.content / "chapters").glob("*.py")):
        for cell in jupytext.read(path).cells:
            for tag in cell.metadata.get("tags", []):
                if tag.startswith(_PREFIX):
                    found[tag.removeprefix(_PREFIX)].add(cell.cell_type)
    return found


@pytest.mark.parametrize("number", SNIPPETS, ids=[f"{one} {SNIPPETS[one]}" for one in SNIPPETS])
def test_a_chapter_covers_the_snippet(number: str, covered: dict[str, set[str]]) -> None:
    assert covered.get(number), f"no cell of a chapter has the tag {_PREFIX}{number}"


def test_no_cell_claims_a_snippet_that_is_not_there(covered: dict[str, set[str]]) -> None:
    assert set(covered) <= set(SNIPPETS)


@pytest.mark.parametrize("number", sorted(RUN))
def test_code_and_commands_are_run_and_not_only_told(
    number: str, covered: dict[str, set[str]]
) -> None:
    assert "code" in covered[number]
