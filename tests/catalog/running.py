"""Runs what the program would contain of one node on given tensors. Imports torch and the catalog."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.catalog.forms import fill
from workbench.catalog.spec import Call, NodeType, node_types
from workbench.core.shapes import TensorSpec


def filled(name: str, linked: Sequence[str] = (), **params: Any) -> NodeType:
    """A node type with its fields, and with `linked` inputs where any may be left out."""
    cls = node_types()[name]
    return fill(cls, params, **({"linked": tuple(linked)} if linked else {}))


def specs_of(tensors: Sequence[Tensor]) -> tuple[TensorSpec, ...]:
    """What the check knows of the tensors: the first dimension is the batch."""
    dtypes: dict[torch.dtype, Any] = {torch.int64: "index", torch.bool: "bool"}
    return tuple(TensorSpec(("N", *x.shape[1:]), dtypes.get(x.dtype, "float")) for x in tensors)


def names(kind: NodeType) -> dict[str, Any]:
    """What the lines of a node may use."""
    found: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "math": math}
    exec(kind.source, found)  # noqa: S102 - the class that the program would contain
    return found


def built(kind: NodeType, specs: tuple[TensorSpec, ...]) -> nn.Module:
    """The module of the node, with its first weights."""
    scope = names(kind)
    arguments = ", ".join(f"{name}={value!r}" for name, value in kind.arguments(*specs).items())
    lines = [f"module = {kind.torch}({arguments})", *kind.initialise("module", *specs)]
    exec("\n".join(lines), scope)  # noqa: S102 - our own text
    module = scope["module"]
    assert isinstance(module, nn.Module)
    return module


def ran(
    kind: NodeType,
    module: nn.Module | None,
    *tensors: Tensor,
    specs: tuple[TensorSpec, ...] = (),
    without: Sequence[str] = (),
) -> dict[str, Tensor]:
    """The outputs by port; those in `without` are linked to nothing."""
    specs = specs or specs_of(tensors)
    inputs = tuple(f"in_{index}" for index in range(len(tensors)))
    ports = kind.output_ports()
    outputs = tuple("_" if port in without else f"out_{port}" for port in ports)
    scope = names(kind) | dict(zip(inputs, tensors, strict=True)) | {"module": module}
    kind.infer(*specs)
    exec("\n".join(kind.forward(Call("module", inputs, outputs, specs))), scope)  # noqa: S102 - our own text
    return {port: scope[f"out_{port}"] for port in ports if port not in without}
