"""Ports of blocks, and named outputs of the model. Imports catalog.spec and core."""

from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.shapes import TensorSpec


@node(
    "Input",
    family="structure",
    inputs=(),
    outputs=("x",),
    aliases=("port", "argument", "block"),
    examples=(example(("N", 3)), example(TensorSpec(("N", "L"), "index", 9))),
)
class Input(NodeType):
    """An input of a block. Its name is the name of the port on the block's face.

    **Formula** x = what is linked to the port of the block

    **Shapes** → x as what is linked to the block's port.

    **Use when** a block needs something from outside. Only inside blocks.

    **Alternatives** Dataset, which brings data into the model itself.

    **Reference** docs/guide/blocks-and-updates.md.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0]

    def forward(self, call: Call) -> list[str]:
        return []


@node(
    "Output",
    family="structure",
    inputs=("x",),
    outputs=(),
    aliases=("result", "prediction", "return", "port", "block"),
    examples=(example(("N", 3)), example(TensorSpec(("N", "L"), "index", 9))),
)
class Output(NodeType):
    """An output of a block, or in the model itself a named result such as its prediction.

    **Formula** the port of the block = x

    **Shapes** x any.

    **Use when** a block gives something to the outside, or the trained model should offer this value by name:
    the program then has a method with this node's name, whose arguments are the data it depends on.

    **Alternatives** Images and the other probes, which record a value and do not pass it on.

    **Reference** docs/guide/blocks-and-updates.md.
    """

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()

    def forward(self, call: Call) -> list[str]:
        return []
