"""Ports of blocks, and named outputs of the model. Imports catalog.spec and core."""

from workbench.catalog.forms import param
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.shapes import TensorSpec


@node(
    "Input",
    family="structure",
    inputs=(),
    outputs=("x",),
    aliases=("port", "argument", "block", "loop", "step by step", "recurrence"),
    examples=(example(("N", 3)), example(TensorSpec(("N", "L"), "index", 9))),
)
class Input(NodeType):
    """An input of a block. Its name is the name of the port on the block's face.

    **Formula** x = what is linked to the port of the block

    **Shapes** → x as what is linked to the block's port; step by step, N×L×F outside is N×F inside.

    **Use when** a block needs something from outside. Only inside blocks. With an input that goes step by step the
    block is a loop: it runs once for each step of the sequence, with the same weights.

    **Alternatives** Dataset, which brings data into the model itself.

    **Reference** docs/guide/blocks-and-updates.md.
    """

    steps: bool = param(
        False,
        "Take a sequence one step at a time: the block becomes a loop over the steps.",
        label="Step by step",
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0]

    def summary(self) -> str:
        return "step by step" if self.steps else ""

    def forward(self, call: Call) -> list[str]:
        return []


@node(
    "Output",
    family="structure",
    inputs=("x",),
    outputs=(),
    aliases=("result", "prediction", "return", "port", "block", "loop", "feeds back", "recurrence", "state"),
    examples=(example(("N", 3)), example(TensorSpec(("N", "L"), "index", 9))),
)
class Output(NodeType):
    """An output of a block, or in the model itself a named result such as its prediction.

    **Formula** the port of the block = x; of a loop, the values of all steps in their order

    **Shapes** x any; of a loop, N×F inside is N×L×F outside, or the value of the last step where it is fed back.

    **Use when** a block gives something to the outside, or the trained model should offer this value by name:
    the program then has a method with this node's name, whose arguments are the data it depends on.

    **Alternatives** Images and the other probes, which record a value and do not pass it on.

    **Reference** docs/guide/blocks-and-updates.md.
    """

    feeds: str = param(
        "",
        "In a loop, the input that takes this value at the next step, such as a state.",
        label="Feeds back to",
        unset="nothing",
    )

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()

    def forward(self, call: Call) -> list[str]:
        return []

    def summary(self) -> str:
        return f"back to {self.feeds}" if self.feeds else ""
