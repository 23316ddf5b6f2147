"""Starts and stops the servers of a course: MLflow, JupyterLab and the check service."""
