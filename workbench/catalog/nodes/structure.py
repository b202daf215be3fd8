"""Ports of blocks, and named outputs of the model. Imports catalog.spec and core."""

from workbench.catalog.spec import Call, NodeType, node
from workbench.core.shapes import TensorSpec


@node("Input", family="structure", inputs=(), outputs=("x",), aliases=("port", "argument"))
class Input(NodeType):
    """An input of a block. Its name is the name of the port on the block's face.

    **Use when** a block needs something from outside. Only inside blocks.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0]


@node("Output", family="structure", inputs=("x",), outputs=(), aliases=("result", "prediction", "return"))
class Output(NodeType):
    """An output of a block, or in the model itself a named result such as its prediction.

    **Use when** a block gives something to the outside, or the trained model should offer this value by name:
    the program then has a method with this node's name, whose arguments are the data it depends on.
    """

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()

    def forward(self, call: Call) -> list[str]:
        return []
