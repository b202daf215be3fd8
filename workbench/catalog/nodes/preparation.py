"""What is done to data always, in training and evaluation: normalise, one-hot. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import Floats, param
from workbench.catalog.nodes.shapes import axis_of
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_KNOWN: dict[str, tuple[Floats, Floats]] = {
    "ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "CIFAR-10": ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
    "MNIST": ((0.1307,), (0.3081,)),
    "Fashion-MNIST": ((0.286,), (0.353,)),
}


@node(
    "Normalise",
    "Normalise",
    family="normalisation",
    aliases=("normalize", "standardise", "mean", "deviation", "imagenet", "channels", "scale"),
    source='''\
class Normalise(nn.Module):
    """Subtracts a mean and divides by a standard deviation, of each channel."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean), persistent=False)
        self.register_buffer("std", torch.tensor(std), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (-1, *[1] * (x.dim() - 2))
        return (x - self.mean.view(shape)) / self.std.view(shape)
''',
    examples=(
        example(("N", 1, 28, 28)),
        example(("N", 3, "H", "W"), of="ImageNet"),
        example(("N", 3, 9), mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 3.0)),
        example(("N", 4), mean=(2.0,), std=(0.5,)),
    ),
)
class Normalise(NodeType):
    """Brings numbers to mean 0 and deviation 1, given the mean and deviation that they have.

    **Formula** y[c] = (x[c] − mean[c]) / std[c]

    **Shapes** x N×C×… → y the same; one mean and std for all channels, or one for each.

    **Use when** images in [0, 1] go into a network that expects numbers around 0, or one that was trained on ImageNet.

    **Alternatives** BatchNorm2d learns it from the batches; tables are standardised by their Dataset.

    **Reference** LeCun et al. 1998, Efficient backprop; torchvision.transforms.Normalize.
    """

    of: str = param(
        "given",
        "The numbers given here, or those of a well-known dataset.",
        choices=("given", *_KNOWN),
        argument=False,
    )
    mean: Floats = param((0.5,), "Mean, one for all channels or one for each.", required=True)
    std: Floats = param(
        (0.5,), "Standard deviation, for all channels or each.", min=1e-9, required=True, label="Deviation"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank < 2:
            raise ShapeError(f"expects numbers with channels, N×C×…, got {x}", "x")
        mean, std = self._numbers
        for name, values in (("mean", mean), ("std", std)):
            if len(values) == 1:
                continue
            channels = expect.sized(x, 1, "channels")
            if len(values) != channels:
                whose = f"{self.of} has" if self.of != "given" else f"{name} has"
                raise ShapeError(
                    f"{whose} numbers for {len(values)} channels, but {x} has {channels}",
                    "x",
                    change=("of", "given") if self.of != "given" else (name, values[:1]),
                )
        return x

    @property
    def _numbers(self) -> tuple[Floats, Floats]:
        return _KNOWN.get(self.of, (self.mean, self.std))

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        mean, std = self._numbers
        return {"mean": mean, "std": std}

    def summary(self) -> str:
        if self.of != "given":
            return self.of
        mean, std = (", ".join(f"{value:g}" for value in values[:3]) for values in self._numbers)
        return f"{mean} ± {std}"


@node(
    "One-hot",
    family="structure",
    aliases=("one hot", "indicator", "categorical", "dummy", "class", "condition"),
    examples=(
        example(TensorSpec(("N",), "index", 10)),
        example(TensorSpec(("N", "L"), "index"), classes=5),
        example(TensorSpec(("N", 4, 5), "index", 3)),
        example(TensorSpec(("N", 4, 4), "index", 3), dim=1),
    ),
)
class OneHot(NodeType):
    """Makes of every class or token a row of zeros with a single one.

    **Formula** y[…, k] = 1 where x[…] = k, else 0; a −100, which counts nowhere, gives zeros only

    **Shapes** x N×… of classes or tokens → y N×…×K; with dim 1, masks N×H×W → N×K×H×W.

    **Use when** a label goes into a network: a GAN or VAE that is told what to make.

    **Alternatives** Embedding learns a vector for each class; losses take the classes themselves.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 4.2; torch.nn.functional.one_hot.
    """

    classes: int = param(0, "How many classes there are.", min=0, max=1_000_000, unset="from labels")
    dim: int = param(-1, "Where the classes stand; −1 is last.", min=-8, max=8)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.indices(x, "x", "classes or tokens")
        if x.bound and self.classes and self.classes < x.bound:
            raise ShapeError(
                f"{self.classes} classes are fewer than the {x.bound} of its input",
                "x",
                change=("classes", x.bound),
            )
        if not self._count(x):
            raise ShapeError("needs to know the number of classes; set classes (= classes)", "x")
        axis = axis_of(TensorSpec((*x.shape, 1)), self.dim)
        return TensorSpec((*x.shape[:axis], self._count(x), *x.shape[axis:]))

    def _count(self, x: TensorSpec) -> int:
        return self.classes or x.bound

    def forward(self, call: Call) -> list[str]:
        (x,), (spec,) = call.inputs, call.specs
        behind = ", 1" * (spec.rank - axis_of(TensorSpec((*spec.shape, 1)), self.dim))
        all = f"torch.arange({self._count(spec)}, device={x}.device)"
        all += f".view(-1{behind})" if behind else ""
        return [f"{call.outputs[0]} = ({x}.unsqueeze({self.dim}) == {all}).float()"]

    def summary(self) -> str:
        return f"{self.classes} classes" if self.classes else ""
