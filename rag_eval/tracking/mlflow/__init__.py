"""Runs, their traces and load tests in MLflow, which is imported in this package alone."""
