"""Images of another size, interpolated. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import Pair, param
from workbench.catalog.spec import Call, NodeType, example, node, pair
from workbench.core.shapes import TensorSpec


@node(
    "Resize",
    family="structure",
    aliases=("interpolate", "scale", "zoom", "upsample"),
    examples=(example(("N", 1, 8, 8)), example(("N", 3, 10, 12), size=(5, 6)), example(("N", 1, 28, 28))),
)
class Resize(NodeType):
    """Scales images to a given height and width by bilinear interpolation; images of that size stay as they are.

    **Formula** y[c, i, j] = x at (i · H / height, j · W / width), mixed from the four pixels around

    **Shapes** x N×C×H×W → y N×C×height×width.

    **Use when** a model needs images of one size whatever the dataset has.

    **Alternatives** PadTo, which adds a border instead of scaling; Upsample, which multiplies the size; a
    stride, to get smaller while learning.

    **Reference** torch.nn.functional.interpolate.
    """

    size: int | Pair = param(28, "Height and width of the result.", min=1, max=16384, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.images(x)
        return x.with_shape(*x.shape[:2], *pair(self.size))

    def summary(self) -> str:
        height, width = pair(self.size)
        return f"{height} × {width}"

    def forward(self, call: Call) -> list[str]:
        if call.specs[0].shape[2:] == pair(self.size):
            return [f"{call.outputs[0]} = {call.inputs[0]}"]
        return [
            f'{call.outputs[0]} = F.interpolate({call.inputs[0]}, size={pair(self.size)}, mode="bilinear")',
        ]
