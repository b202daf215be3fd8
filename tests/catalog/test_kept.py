"""What layers keep for the backward pass: the estimate is held against what torch saves."""

import json

import pytest
import torch

from tests.catalog.running import ran
from tests.catalog.test_nodes import built
from tests.drawing import draw
from workbench.catalog.check import analyse
from workbench.catalog.costs import activations
from workbench.catalog.forms import fill
from workbench.catalog.samples import SAMPLES
from workbench.catalog.scope import NodeInfo
from workbench.catalog.spec import node_types
from workbench.core.document import Node
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


def kept(line: str) -> int:
    """Bytes that a step of two examples keeps of the node `subject`, by the estimate."""
    document = draw(
        f"data Dataset dataset='any 4x16x12 in 3 classes'\nsubject {line} < data.image", batch_size=2
    )
    info = analyse(document, SAMPLES).root.infos["subject"]
    assert info.outputs, line
    return activations(info, {"N": 2})


@pytest.mark.parametrize(
    "line",
    [
        "Permute dims=[0,2,3,1]", "Transpose", "Unsqueeze dim=1", "Select", "Slice start=1 step=2", "Split dim=2",
        "Split sizes=[1,3]", "Squeeze dim=1",
    ],
)  # fmt: skip
def test_views_take_no_room(line: str) -> None:
    type, *fields = line.split()
    values = {name: json.loads(v) for name, v in (f.split("=") for f in fields)}
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    x = torch.rand(2, 1, 16, 12) if type == "Squeeze" else torch.rand(2, 4, 16, 12)
    kind, spec = fill(node_types()[type], values), TensorSpec(("N", *x.shape[1:]))
    for y in ran(kind, None, x).values():
        assert y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr(), "torch copies nothing"
    found = kind.infer(spec)
    outputs = dict(zip(kind.output_ports(), found if isinstance(found, tuple) else (found,), strict=True))
    assert activations(NodeInfo(Node("subject", type), kind, inputs=(spec,), outputs=outputs), {"N": 2}) == 0


def measured(line: str) -> int:
    """The same, by what torch saves: all that is neither the input nor a weight, and the output."""
    type, *fields = line.split()
    values: dict[str, Value] = {
        name: float(v) if "." in v else int(v) for name, v in (f.split("=") for f in fields)
    }
    x = torch.rand(2, 4, 16, 12, requires_grad=True)
    layer = built(fill(node_types()[type], values), (TensorSpec(("N", 4, 16, 12)),))
    assert layer is not None
    layer.train()
    own = {tensor.data_ptr() for tensor in (x, *layer.parameters(), *layer.buffers())}
    saved: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        y = layer(x)
    saved[y.data_ptr()] = y.untyped_storage().nbytes()
    return sum(size for place, size in saved.items() if place not in own)


@pytest.mark.parametrize(
    "line",
    [
        "DepthwiseConv2d padding=1",
        "SeparableConv2d out_channels=6 multiplier=2",
        "SqueezeExcitation ratio=2",
        "MaxPool2d",
        "AdaptiveMaxPool2d output_size=3",
        "AvgPool2d",
        "LPPool2d",
        "InstanceNorm2d",
        "RMSNorm",
        "LocalResponseNorm",
        "AlphaDropout",
        "DropPath p=0.2",
        "LogSigmoid",
        "Hardswish",
        "SELU",
        "PixelShuffle",
    ],
)
def test_memory_is_estimated_within_a_tenth(line: str) -> None:
    assert kept(line) == pytest.approx(measured(line), rel=0.1)
