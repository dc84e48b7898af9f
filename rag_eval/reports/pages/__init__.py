"""Pages that need nothing else: one file each, no network, opened from disk, from MLflow or by `rag-eval view`."""
