"""Kinds of judges, a module for each."""
