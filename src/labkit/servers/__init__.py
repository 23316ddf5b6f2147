"""The servers of a running course: MLflow, JupyterLab and the check service, started and stopped."""
