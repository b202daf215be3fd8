"""Workbench: draw, train and compare deep-learning models, offline, on your own machine."""

__version__ = "0.1.0"
