"""Training: the only layer in which torch lives."""
