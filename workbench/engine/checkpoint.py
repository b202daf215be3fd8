"""Checkpoints: everything that a run needs to go on as if it had never stopped, in one safetensors file.

No pickle: tensors are tensors, the rest is JSON in the file's header. Imports torch and core.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from workbench.core.errors import JobError
from workbench.core.files import write_atomically

FORMAT = 2
"""Of files that hold weights of both kinds; others are of format 1, so that an older Workbench goes on from them."""
Optimizers = Mapping[str, torch.optim.Optimizer]
Schedules = Mapping[str, torch.optim.lr_scheduler.LRScheduler]


@dataclass(slots=True)
class Progress:
    """Where training stands: `step` counts batches since the start, `batch` those of this epoch, `evaluated` the
    epochs after which everything was evaluated.
    """

    epoch: int = 0
    step: int = 0
    batch: int = 0
    evaluated: int = 0
    best: float | None = None
    best_epoch: int = 0
    best_step: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint read back. `weights` are those that the run is for; where they are averaged ones, `own` are those
    that training goes on from.
    """

    weights: dict[str, Tensor]
    progress: Progress
    optimizers: dict[str, dict[str, Any]] = field(default_factory=dict)
    schedules: dict[str, dict[str, Any]] = field(default_factory=dict)
    generators: dict[str, Tensor] = field(default_factory=dict)
    carried: dict[str, Tensor] = field(default_factory=dict)
    own: dict[str, Tensor] = field(default_factory=dict)


def pack(
    weights: Mapping[str, Tensor],
    progress: Progress,
    optimizers: Optimizers,
    schedules: Schedules,
    device: torch.device,
    *,
    carried: Mapping[str, Tensor] | None = None,
    own: Mapping[str, Tensor] | None = None,
) -> bytes:
    """The file's content. `carried` are the states that layers keep for the next batch, `own` the program's weights
    where `weights` are averaged ones.
    """
    parts = {"weights": weights, "carried": carried or {}, "own": own or {}}
    tensors = {f"{part}/{name}": tensor for part, found in parts.items() for name, tensor in found.items()}
    groups: dict[str, Any] = {}
    for update, optimizer in optimizers.items():
        state = optimizer.state_dict()
        groups[update] = state["param_groups"]
        for index, values in state["state"].items():
            for name, value in values.items():
                if value is not None:
                    tensors[f"optimizer/{update}/{index}/{name}"] = torch.as_tensor(value)
    tensors["random/cpu"] = torch.get_rng_state()
    if (random := random_of(device)) is not None:
        tensors["random/device"] = random
    about = {
        "format": FORMAT if own else 1,
        "progress": {name: getattr(progress, name) for name in Progress.__slots__},
        "groups": groups,
        "schedules": {name: _state(schedule) for name, schedule in schedules.items()},
    }
    copies = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    return save(copies, {"workbench": json.dumps(about)})


def _state(schedule: torch.optim.lr_scheduler.LRScheduler) -> dict[str, Any]:
    """Without milestones: the program has them, and JSON would make words of their numbers."""
    return {name: value for name, value in schedule.state_dict().items() if name != "milestones"}


def write(file: Path, content: bytes) -> str:
    """Writes a checkpoint so that the old or the new one is whole at any moment; gives its SHA-256."""
    write_atomically(file, content)
    return hashlib.sha256(content).hexdigest()


def read(file: Path, sha256: str = "") -> Saved:
    """Reads a checkpoint. Raises JobError naming the file when it is missing, damaged or not one of ours."""
    try:
        if sha256 and hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
            raise JobError(f"The checkpoint {file} is damaged: its content is not what was written.")
        with safe_open(file, framework="pt") as opened:
            about = json.loads((opened.metadata() or {})["workbench"])
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - not a dict
        if about["format"] > FORMAT:
            raise JobError(f"The checkpoint {file} was written by a newer Workbench.")
        return _saved(about, tensors)
    except OSError as error:
        raise JobError(f"The checkpoint {file} cannot be read: {error.strerror or error}.") from error
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise JobError(f"The checkpoint {file} is not one of Workbench's: {error}.") from error


def _saved(about: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Saved:
    """What a file's header and tensors mean."""
    optimizers: dict[str, dict[str, Any]] = {
        update: {"state": {}, "param_groups": groups} for update, groups in about["groups"].items()
    }
    parts: dict[str, dict[str, Tensor]] = {name: {} for name in ("weights", "random", "carried", "own")}
    for name, tensor in tensors.items():
        kind, _, rest = name.partition("/")
        if kind == "optimizer":
            update, index, key = rest.split("/")
            optimizers[update]["state"].setdefault(int(index), {})[key] = tensor
        else:
            parts[kind][rest] = tensor
    progress = Progress(**about["progress"])
    return Saved(
        parts["weights"],
        progress,
        optimizers,
        about["schedules"],
        parts["random"],
        parts["carried"],
        parts["own"],
    )


def restore(
    saved: Saved, program: nn.Module, optimizers: Optimizers, schedules: Schedules, device: torch.device
) -> Progress:
    """Puts everything back; the next step is the one that would have come."""
    program.load_state_dict(saved.own or saved.weights)
    for update, optimizer in optimizers.items():
        optimizer.load_state_dict(saved.optimizers[update])
    for update, schedule in schedules.items():
        schedule.load_state_dict(saved.schedules[update])
    torch.set_rng_state(saved.generators["cpu"])
    set_random(device, saved.generators.get("device"))
    return saved.progress


def random_of(device: torch.device) -> Tensor | None:
    """The state of a device's own random numbers; None for one that has none of its own."""
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    return torch.mps.get_rng_state() if device.type == "mps" else None


def set_random(device: torch.device, state: Tensor | None) -> None:
    """Puts back what `random_of` gave."""
    if state is None:
        return
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state)
