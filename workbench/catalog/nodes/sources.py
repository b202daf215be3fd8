"""Sources that read nothing: noise, constants. Imports catalog.spec and core."""

from workbench.catalog.forms import Ints, param
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.shapes import TensorSpec

FREE = ("Noise", "Constant")
"""These types have no inputs and take the number of examples, and the device, from what else there is."""


@node(
    "Noise",
    family="data",
    inputs=(),
    outputs=("z",),
    aliases=("random", "latent", "gaussian", "normal"),
    examples=(example(), example(size=7)),
)
class Noise(NodeType):
    """Random numbers from the standard normal distribution, new for every batch.

    **Formula** z ~ N(0, 1)

    **Shapes** → z N×size.

    **Use when** a generator or decoder needs something to start from (GAN, VAE samples).

    **Alternatives** Dataset when there is something real to start from; Constant; GaussianNoise disturbs what is there.

    **Reference** Goodfellow et al. 2014, Generative adversarial nets; torch.randn.
    """

    size: int = param(64, "How many numbers for each example.", min=1, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return TensorSpec(("N", self.size))

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = torch.randn(len({call.like}), {self.size}, device={call.like}.device)"]


@node(
    "Constant",
    family="data",
    inputs=(),
    outputs=("y",),
    aliases=("number", "fill", "zeros", "ones", "fixed", "value", "bias"),
    examples=(example(), example(shape=(3, 4), value=0.5)),
)
class Constant(NodeType):
    """The same number everywhere, for every example.

    **Formula** y = value

    **Shapes** → y N×shape.

    **Use when** a model needs a fixed input: a start state, a condition, a target that every example shares.

    **Alternatives** Noise when it should differ; losses take a constant target of their own; Scale multiplies by a
    number.

    **Reference** torch.full.
    """

    value: float = param(0.0, "The number.", required=True)
    shape: Ints = param((1,), "Sizes after the batch, such as 1, 28, 28.", min=1, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return TensorSpec(("N", *self.shape))

    def forward(self, call: Call) -> list[str]:
        sizes = ", ".join((f"len({call.like})", *map(str, self.shape)))
        return [f"{call.outputs[0]} = torch.full(({sizes}), {self.value!r}, device={call.like}.device)"]

    def summary(self) -> str:
        return f"{self.value:g} · {' × '.join(map(str, self.shape))}"
