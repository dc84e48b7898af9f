"""Texts as sentences and as terms that can be compared; the embedded judge and the dataset tooling read by it."""
