"""Datasets in training: kept content as tensors on a device, and batches of them.

May import torch, the readers and the records of the store.
"""

from workbench.engine.data.kinds import assembled
from workbench.engine.data.load import load, load_sample
from workbench.engine.data.loaded import Loaded, epoch_generator

__all__ = ["Loaded", "assembled", "epoch_generator", "load", "load_sample"]
