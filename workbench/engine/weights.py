"""Puts weights of a file into a program before it trains, and says what became of each. Safetensors only, no pickle.

Imports torch and catalog.
"""

import hashlib
from collections.abc import Mapping, Sequence

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from workbench.catalog.check import Analysis
from workbench.catalog.starts import pickled
from workbench.core.errors import JobError
from workbench.core.text import plural
from workbench.engine.matching import Match, match
from workbench.jobs.starts import Start

_OWN = "weights/"  # what the names of weights begin with in a checkpoint
_APART = ("loss", "metric", "probe", "data")
_MAGIC = (b"PK\x03\x04", b"\x80")  # how files of torch.save begin


def put(start: Start, program: nn.Module, analysis: Analysis) -> Match:
    """Copies all weights that fit into the program. Raises JobError, and then has changed nothing."""
    targets = _targets(program, analysis)
    shapes = {name: tuple(tensor.shape) for name, tensor in targets.items()}
    try:
        if start.sha256 and hashlib.sha256(start.file.read_bytes()).hexdigest() != start.sha256:
            raise JobError(f"Start from: {start.file} is damaged: its content is not what was written.")
        with safe_open(start.file, framework="pt") as opened:
            names = list(opened.keys())
            own = "workbench" in (opened.metadata() or {})
            inner = {name.removeprefix(_OWN): name for name in names if not own or name.startswith(_OWN)}
            there = {name: tuple(opened.get_slice(kept).get_shape()) for name, kept in inner.items()}
            found = match(shapes, there)
            if not found.taken:
                raise JobError(_nothing(start, shapes, there))
            values = {name: opened.get_tensor(inner[other]) for name, other in found.taken.items()}
    except OSError as error:
        raise JobError(f"Start from: {start.file} cannot be read: {error.strerror or error}.") from error
    except SafetensorError as error:
        # Only now: a safetensors file begins with the length of its header, which can be any byte.
        with start.file.open("rb") as file:
            if file.read(4).startswith(_MAGIC):
                raise JobError(f"Start from: {pickled(str(start.file))}") from error
        raise JobError(f"Start from: {start.file} is damaged or no safetensors file: {error}.") from error
    for name, value in values.items():
        if value.is_floating_point() and not bool(torch.isfinite(value.float()).all()):
            raise JobError(
                f"Start from: “{found.taken[name]}” of {start.name} holds numbers that are NaN or infinite. "
                "Start from an earlier state of that model."
            )
    with torch.no_grad():
        for name, value in values.items():
            targets[name].copy_(value)
    return found


def summary(start: Start, found: Match) -> str:
    """One line for the log."""
    total = len(found.taken) + len(found.other_shape) + len(found.missing)
    parts = [f"{len(found.taken):,} of {plural(total, 'tensor')} taken over"]
    if found.other_shape:
        parts.append(f"{len(found.other_shape):,} left as they were made, having another shape")
    if found.missing:
        parts.append(f"{len(found.missing):,} left as they were made, not being in the file")
    if found.unused:
        parts.append(f"{len(found.unused):,} of the file not used")
    return f"Started from {start.name}: {', '.join(parts)}."


def whole(found: Match, program: nn.Module) -> str:
    """The fate of every tensor, line by line."""
    state = program.state_dict()

    def listed(title: str, lines: list[str]) -> list[str]:
        return [title, *(f"  {line}" for line in lines), ""] if lines else []

    def named(name: str, other: str) -> str:
        return name if name == other else f"{name} ← {other}"

    here = {name: _shape(tensor.shape) for name, tensor in state.items()}
    taken = [f"{named(*pair)}  {here[pair[0]]}" for pair in found.taken.items()]
    shaped = [
        f"{named(*pair)}  {here[pair[0]]} here, {_shape(found.shapes[pair[0]])} there"
        for pair in found.other_shape.items()
    ]
    lines = listed("Left as made: another shape in the file", shaped)
    lines += listed("Left as made: not in the file", found.missing)
    lines += listed("Not used: only in the file", found.unused)
    lines += listed("Taken over", taken)
    return "\n".join(lines).rstrip()


def still_fresh(found: Match, analysis: Analysis) -> list[str]:
    """Frozen parts that hold weights which nothing was put into: they would stay as chance made them."""
    frozen = {id for step in analysis.updates for id in step.frozen}
    fresh = {name.split(".")[0] for name in (*found.missing, *found.other_shape)}
    return sorted(frozen & fresh)


def _targets(program: nn.Module, analysis: Analysis) -> dict[str, Tensor]:
    """Weights and statistics of the program by name; what a loss or metric was told to be is no weight."""
    infos = analysis.root.infos
    apart = {id for id, info in infos.items() if info.kind is not None and info.kind.family in _APART}
    learned = {name for name, _ in program.named_parameters()}
    state: Mapping[str, Tensor] = program.state_dict()
    return {n: tensor for n, tensor in state.items() if n in learned or n.split(".")[0] not in apart}


def _nothing(start: Start, program: Mapping[str, object], file: Mapping[str, object]) -> str:
    some = ", ".join(list(file)[:3]) or "none at all"
    ours = ", ".join(list(program)[:3]) or "none at all"
    return (
        f"Start from: no weight of {start.name} fits this model by name and shape. It holds {some} …; the model has "
        f"{ours} … Choose the weights of a model with the same parts."
    )


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "1"
