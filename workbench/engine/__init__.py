"""Where torch lives: data, training, probes, checkpoints. Nothing outside imports it; processes start it."""
