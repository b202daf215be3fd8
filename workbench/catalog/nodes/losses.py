"""Losses: one number a batch that an update makes small; those of numbers. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec, same_dim

_REDUCTIONS = ("mean", "batchmean")
_LONG = 80  # a longer expression is written as two statements


@form
class Loss(NodeType):
    """A loss of torch; "batchmean" sums over everything and divides by the size of the batch."""

    goal: ClassVar[str] = "min"

    reduction: str = param(
        "mean",
        "“mean” over all entries, or “batchmean”: the sum of an example's entries, averaged over the batch.",
        choices=_REDUCTIONS,
        argument=False,
    )

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        summed: dict[str, Value] = {"reduction": "sum"} if self.reduction == "batchmean" else {}
        return {**super().arguments(*specs), **summed}

    def written(self, call: Call, input: str, target: str) -> list[str]:
        """The lines that compute the loss of two expressions."""
        line = f"{call.outputs[0]} = {call.module}({input}, {target})"
        if self.reduction == "mean":
            return [line]
        divided = f" / len({call.inputs[0]})"
        if len(line + divided) <= _LONG:
            return [line + divided]
        return [line, f"{call.outputs[0]} = {call.outputs[0]}{divided}"]

    def summary(self) -> str:
        return "" if self.reduction == "mean" else "sum per example"


@form
class Regression(Loss):
    """Compares numbers with numbers, which may be one constant. Of sequences, only the steps of `length` count."""

    target: float | None = param(
        None, "Compare with this number instead of a linked target.", label="Constant target", argument=False
    )

    def input_ports(self) -> tuple[str, ...]:
        return ("input", "target", "length") if self.target is None else ("input",)

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), **({"reduction": "none"} if len(specs) == 3 else {})}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        if self.target is None:
            expect.same_shape(*specs[:2])
            for length in specs[2:]:
                lengths(length, specs[0])
        else:
            expect.numbers(specs[0], "input")
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        if len(call.inputs) == 3:
            return self.padded(call)
        if self.target is None:
            return self.written(call, *call.inputs)
        (input,) = call.inputs
        return self.written(call, input, f"torch.full_like({input}, {float(self.target)!r})")

    def padded(self, call: Call) -> list[str]:
        """The lines where only the first steps of each sequence count; a batch of none gives 0."""
        (input, target, length), loss = call.inputs, call.outputs[0]
        sizes = ", 1" * (call.specs[0].rank - 2)
        form = f"{loss}.reshape(*{loss}.shape{sizes})" if sizes else loss
        divisor = f"{loss}.sum().clamp(min=1)" if self.reduction == "mean" else f"len({input})"
        return [
            f"{loss} = torch.arange({input}.shape[1], device={input}.device)",
            f"{loss} = {loss} < {length}.unsqueeze(1)",
            f"{loss} = {form}.expand_as({input})",
            f"{loss} = torch.where({loss}, {call.module}({input}, {target}), 0.0).sum() / {divisor}",
        ]

    def counted(self, call: Call) -> str:
        if self.reduction != "mean" or len(call.inputs) < 3:
            return ""
        return f"{call.inputs[2]}.sum()"

    def summary(self) -> str:
        words = [f"target {self.target:g}"] if self.target is not None else []
        return " · ".join([*words, *filter(None, [super().summary()])])


def lengths(length: TensorSpec, input: TensorSpec) -> None:
    """Raises unless `length` tells for each sequence of `input` how many steps count."""
    expect.indices(length, "length", "how many steps count, N")
    if length.rank != 1 or input.rank < 2 or not same_dim(length.shape[0], input.shape[0]):
        raise ShapeError(f"expects one number for each sequence of {input}, got {length}", "length")


REGRESSION = (
    example(("N", 3), ("N", 3)),
    example(("N", 1, "H", 5), ("N", 1, "H", 5), reduction="batchmean"),
    example(("N", 3), target=0.5),
)
PADDED = (
    example(("N", "L", 3), ("N", "L", 3), TensorSpec(("N",), "index")),
    example(("N", 7), ("N", 7), TensorSpec(("N",), "index"), reduction="batchmean"),
)


@node(
    "Squared error loss (MSE)",
    "nn.MSELoss",
    family="loss",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("loss",),
    aliases=("mse", "l2", "regression", "least squares", "reconstruction", "lsgan"),
    examples=(*REGRESSION, *PADDED),
)
class MSELoss(Regression):
    """The mean of the squared differences.

    **Formula** loss = mean((input − target)²)

    **Shapes** input and target N×… of one shape → loss. With length N, only the first steps of N×L×… count.

    **Use when** numbers are predicted and large mistakes are much worse than small ones.

    **Alternatives** L1Loss and HuberLoss care less about outliers.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 3.1.1; torch.nn.MSELoss.
    """


@node(
    "Absolute error loss (L1)",
    "nn.L1Loss",
    family="loss",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("loss",),
    aliases=("mae", "l1", "regression", "robust", "reconstruction"),
    examples=(*REGRESSION, *PADDED),
)
class L1Loss(Regression):
    """The mean of the absolute differences.

    **Formula** loss = mean|input − target|

    **Shapes** input and target N×… of one shape → loss. With length N, only the first steps of N×L×… count.

    **Use when** numbers are predicted and the data has outliers; images come out sharper than with MSELoss.

    **Alternatives** MSELoss, HuberLoss.

    **Reference** Koenker and Bassett 1978, Regression quantiles; torch.nn.L1Loss.
    """


@node(
    "Huber loss",
    "nn.HuberLoss",
    family="loss",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("loss",),
    aliases=("regression", "robust", "outliers"),
    examples=(*REGRESSION, *PADDED, example(("N", 3), ("N", 3), delta=0.5)),
)
class HuberLoss(Regression):
    """Squared for small differences, absolute for large ones.

    **Formula** loss = mean of ½ d² for |d| ≤ delta, delta · (|d| − ½ delta) otherwise, with d = input − target

    **Shapes** input and target N×… of one shape → loss. With length N, only the first steps of N×L×… count.

    **Use when** numbers are predicted and some targets are far off.

    **Alternatives** MSELoss, L1Loss.

    **Reference** Huber 1964, Robust estimation of a location parameter.
    """

    delta: float = param(1.0, "Where the square turns into a line.", min=1e-6, max=1e6)


@node(
    "Smooth absolute error loss",
    "nn.SmoothL1Loss",
    family="loss",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("loss",),
    aliases=("smooth l1", "regression", "robust", "detection", "boxes"),
    examples=(*REGRESSION, *PADDED, example(("N", 3), ("N", 3), beta=0.5)),
)
class SmoothL1Loss(Regression):
    """Squared for small differences, absolute for large ones; its slope is never more than 1.

    **Formula** loss = mean of ½ d² / beta for |d| < beta, |d| − ½ beta otherwise, with d = input − target

    **Shapes** input and target N×… of one shape → loss. With length N, only the first steps of N×L×… count.

    **Use when** numbers are predicted and some targets are far off, such as the corners of boxes.

    **Alternatives** HuberLoss, which is this one times delta; L1Loss, MSELoss.

    **Reference** Girshick 2015, Fast R-CNN; torch.nn.SmoothL1Loss.
    """

    beta: float = param(1.0, "Where the square turns into a line.", min=0, max=1e6)


@node(
    "Poisson loss (counts)",
    "nn.PoissonNLLLoss",
    family="loss",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("loss",),
    aliases=("poisson", "counts", "negative log likelihood", "rate", "regression"),
    examples=(*REGRESSION, *PADDED, example(("N", 3), ("N", 3), log_input=False, full=True)),
)
class PoissonNLLLoss(Regression):
    """How unlikely counts are under the predicted rates.

    **Formula** loss = mean(exp(input) − target · input)

    **Shapes** input (logarithms of rates) and target (counts) N×… of one shape → loss. With length N, only the first
    steps of N×L×… count.

    **Use when** the target counts something: visitors an hour, photons, spikes.

    **Alternatives** MSELoss on the logarithm of the counts.

    **Reference** Cameron and Trivedi 1998, Regression analysis of count data; torch.nn.PoissonNLLLoss.
    """

    log_input: bool = param(True, "The input is the logarithm of the rate, not the rate.")
    full: bool = param(False, "Add Stirling's formula, so that losses of different targets compare.")


@node(
    "KL divergence loss",
    "nn.KLDivLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("kullback-leibler", "distillation", "distribution", "relative entropy", "teacher"),
    examples=(
        example(("N", 5), ("N", 5)),
        example(("N", "L", 5), ("N", "L", 5), log_target=True),
        example(("N", 5), ("N", 5), reduction="mean"),
    ),
)
class KLDivLoss(Loss):
    """How far predicted distributions are from given ones.

    **Formula** loss = Σ target · (ln target − input), averaged over the batch

    **Shapes** input N×… of logarithms of probabilities, target N×… of probabilities → loss.

    **Use when** the output of another model is learned (distillation): link its Softmax as target.

    **Alternatives** CrossEntropyLoss, which takes shares of classes as target too; KLDivergenceNormal for a VAE.

    **Reference** Kullback and Leibler 1951, On information and sufficiency; Hinton et al. 2015; torch.nn.KLDivLoss.
    """

    reduction: str = param(
        "batchmean",
        "“batchmean”: the sum of an example's entries, averaged over the batch; “mean” over all entries.",
        choices=_REDUCTIONS,
        argument=False,
    )
    log_target: bool = param(False, "The target holds logarithms too.")

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "reduction": "sum"}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.same_shape(*specs)
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        input, target = call.inputs
        divisor = f"{input}.numel()" if self.reduction == "mean" else f"len({input})"
        return [f"{call.outputs[0]} = {call.module}({input}, {target}) / {divisor}"]

    def summary(self) -> str:
        return "" if self.reduction == "batchmean" else "mean"


@node(
    "KL to the standard normal",
    family="loss",
    inputs=("mean", "logvar"),
    outputs=("loss",),
    aliases=("kullback-leibler", "kld", "divergence", "vae", "variational", "latent"),
    examples=(
        example(("N", 20), ("N", 20)),
        example(("N", 4, "H", "W"), ("N", 4, "H", "W"), reduction="mean"),
    ),
)
class KLDivergenceNormal(NodeType):
    """How far normal distributions, given by mean and logarithm of the variance, are from the standard normal.

    **Formula** loss = −½ Σ (1 + logvar − mean² − e^logvar), averaged over the batch

    **Shapes** mean, logvar N×… of one shape → loss.

    **Use when** a variational autoencoder should keep its latent space close to what Noise gives.

    **Alternatives** MSELoss alone, which makes a plain autoencoder; a smaller weight in the update
    (beta-VAE).

    **Reference** Kingma and Welling 2014, Auto-encoding variational Bayes.
    """

    goal: ClassVar[str] = "min"

    reduction: str = param(
        "batchmean",
        "“batchmean”: the sum of an example's entries, averaged over the batch; “mean” over all entries.",
        choices=_REDUCTIONS,
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        mean, logvar = specs
        expect.numbers(mean, "mean")
        expect.numbers(logvar, "logvar")
        if mean.shape != logvar.shape:
            raise ShapeError(f"expects mean and logvar of one shape, got {mean} and {logvar}", "logvar")
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        mean, logvar = call.inputs
        inner = f"1 + {logvar} - {mean}.pow(2) - {logvar}.exp()"
        reduced = ".mean()" if self.reduction == "mean" else f".sum() / len({mean})"
        line = f"{call.outputs[0]} = -0.5 * ({inner}){reduced}"
        if len(line) <= _LONG:
            return [line]
        return [f"{call.outputs[0]} = {inner}", f"{call.outputs[0]} = -0.5 * {call.outputs[0]}{reduced}"]

    def summary(self) -> str:
        return "" if self.reduction == "batchmean" else "mean"
