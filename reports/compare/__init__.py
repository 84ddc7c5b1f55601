"""Several results beside one another: where they differ, where nothing can be said, and what else is not the same."""
