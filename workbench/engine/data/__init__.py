"""Reading datasets: the embedded samples and files of many kinds, as tensors and batches.

May import torch, the schema and the records of the store.
"""

from workbench.engine.data.detect import Registered, detect, load, register
from workbench.engine.data.loaded import Loaded, epoch_generator

__all__ = ["Loaded", "Registered", "detect", "epoch_generator", "load", "register"]
