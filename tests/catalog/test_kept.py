"""What layers keep for the backward pass: the estimate is held against what torch saves."""

import pytest
import torch

from tests.catalog.test_nodes import built
from tests.drawing import draw
from workbench.catalog.check import analyse
from workbench.catalog.costs import activations
from workbench.catalog.forms import fill
from workbench.catalog.schema import SAMPLES
from workbench.catalog.spec import node_types
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
