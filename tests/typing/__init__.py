"""Files that mypy and pyright check; they are never run."""
