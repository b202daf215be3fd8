"""Inspect: what a trained model does with samples, and why.  May import the views of runs and data, and widgets."""
