"""Answers that were captured before, played for the cases they belong to."""
