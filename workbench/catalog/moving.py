"""Node types that move what is in an image, and on demand what belongs to it pixel by pixel. Imports catalog, core."""

from typing import TYPE_CHECKING

from workbench.catalog import expect
from workbench.catalog.spec import NodeType
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim, TensorSpec, same_dim

TARGET_HELP = "Move a mask of classes, or another image, in the same way."
PORTS = ("x", "target"), ("y", "target")


class Moving(NodeType):
    """Has a second input and output where the field `with_target` is on."""

    if TYPE_CHECKING:
        with_target: bool  # each type declares it as its last field

    def input_ports(self) -> tuple[str, ...]:
        return ("x", "target") if self.with_target else ("x",)

    def output_ports(self) -> tuple[str, ...]:
        return ("y", "target") if self.with_target else ("y",)

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        """What comes out is as large as what came in, unless a type says otherwise."""
        return self.moved(specs, *self.sides(specs))

    def moved(
        self, specs: tuple[TensorSpec, ...], height: Dim, width: Dim
    ) -> TensorSpec | tuple[TensorSpec, ...]:
        """Images, and what belongs to them, in their new size."""
        x = specs[0]
        y = x.with_shape(*x.shape[:2], height, width)
        if not self.with_target:
            return y
        target = specs[1]
        mask = target.dtype == "index" and target.rank == 3
        if not mask and not (target.dtype == "float" and target.rank == 4):
            raise ShapeError(f"expects a mask N×H×W of classes or images N×C×H×W, got {target}", "target")
        if not all(map(same_dim, target.shape[-2:], x.shape[-2:])):
            raise ShapeError(f"expects the height and width of x, {x}, got {target}", "target")
        return y, target.with_shape(*target.shape[:-2], height, width)

    def sides(self, specs: tuple[TensorSpec, ...]) -> tuple[Dim, Dim]:
        """Height and width of the images that come in."""
        _, height, width = expect.images(specs[0])
        return height, width
