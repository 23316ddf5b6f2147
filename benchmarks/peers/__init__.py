"""The same lab graded in other ways: plain papermill, nbgrader, otter."""
