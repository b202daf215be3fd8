"""States that recurrent layers keep from batch to batch: kept with a checkpoint, put back, left out of probes.

Such a layer has an attribute `carried`, a tuple of tensors or None. Imports torch only.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

_STATE = "carried"


def keeps_states(program: nn.Module) -> bool:
    """Whether there are such layers."""
    return any(True for _ in _layers(program))


def carried(program: nn.Module) -> dict[str, Tensor]:
    """What all layers keep just now: lstm1/0, lstm1/1."""
    found: dict[str, Tensor] = {}
    for name, module in _layers(program):
        states: tuple[Tensor, ...] = getattr(module, _STATE) or ()
        found |= {f"{name}/{place}": state for place, state in enumerate(states)}
    return found


def put_back(program: nn.Module, states: Mapping[str, Tensor], device: torch.device) -> None:
    """Lets the layers go on from what `carried` gave."""
    for name, module in _layers(program):
        own = [state.to(device) for key, state in states.items() if key.rpartition("/")[0] == name]
        setattr(module, _STATE, tuple(own) or None)


@contextmanager
def apart(program: nn.Module) -> Iterator[None]:
    """Meanwhile every pass begins without a state, since its batch has nothing to do with the one before."""
    hooks = [module.register_forward_pre_hook(_forget) for _, module in _layers(program)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _layers(program: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    return ((name, module) for name, module in program.named_modules() if hasattr(module, _STATE))


def _forget(module: nn.Module, inputs: object) -> None:
    setattr(module, _STATE, None)
