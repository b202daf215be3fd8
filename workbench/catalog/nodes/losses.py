"""Losses: one number a batch that an update makes small. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_REDUCTIONS = ("mean", "batchmean")
_LONG = 80  # a longer expression is written as two statements


@form
class _Loss(NodeType):
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


@node(
    "Cross-entropy loss",
    "nn.CrossEntropyLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("classification", "softmax", "log loss", "negative log likelihood", "categorical"),
    examples=(
        example(("N", 10), TensorSpec(("N",), "index", 10)),
        example(("N", "L", 7), TensorSpec(("N", "L"), "index"), label_smoothing=0.1),
        example(("N", 4, 5, 6), TensorSpec(("N", 5, 6), "index", 4), reduction="batchmean"),
        example(("N", 3), ("N", 3)),
    ),
)
class CrossEntropyLoss(_Loss):
    """How far the predicted probabilities are from the true classes. Takes scores; contains the softmax.

    **Formula** loss = −mean ln softmax(input)[target]

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes (or probabilities shaped like
    the input) → loss. Targets of −100 do not count.

    **Use when** each example belongs to one of several classes; the next token of a text is such a class.

    **Alternatives** BCEWithLogitsLoss when several may be true at once or there are only two.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 4.3.4;
    torch.nn.CrossEntropyLoss.
    """

    label_smoothing: float = param(0.0, "Share of certainty taken from the true class.", min=0, max=1)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        input, target = specs
        if target.dtype == "float" and target.shape == input.shape and input.rank > 1:
            expect.numbers(input, "input")
        else:
            expect.class_scores(input, target)
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        input, target = call.inputs
        if call.specs[0].rank == 3:  # torch wants the classes second; here they are last
            return self.written(call, f"{input}.flatten(0, 1)", f"{target}.flatten(0, 1)")
        return self.written(call, input, target)


@form
class _Regression(_Loss):
    """Compares numbers with numbers, which may be one constant."""

    target: float | None = param(
        None, "Compare with this number instead of a linked target.", label="Constant target", argument=False
    )

    def input_ports(self) -> tuple[str, ...]:
        return ("input", "target") if self.target is None else ("input",)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        if self.target is None:
            expect.same_shape(*specs)
        else:
            expect.numbers(specs[0], "input")
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        if self.target is None:
            return self.written(call, *call.inputs)
        (input,) = call.inputs
        return self.written(call, input, f"torch.full_like({input}, {float(self.target)!r})")

    def summary(self) -> str:
        words = [f"target {self.target:g}"] if self.target is not None else []
        return " · ".join([*words, *filter(None, [super().summary()])])


_EXAMPLES = (
    example(("N", 3), ("N", 3)),
    example(("N", 1, "H", 5), ("N", 1, "H", 5), reduction="batchmean"),
    example(("N", 3), target=0.5),
)


@node(
    "Binary cross-entropy loss",
    "nn.BCEWithLogitsLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("bce", "logistic", "gan", "discriminator", "multi-label", "sigmoid"),
    examples=(
        *_EXAMPLES,
        example(("N", 1), TensorSpec(("N",), "index", 2)),
        example(("N", "L", 1), TensorSpec(("N", "L"), "index"), reduction="batchmean"),
    ),
)
class BCEWithLogitsLoss(_Regression):
    """How far predicted yes/no probabilities are from the truth. Takes scores; contains the sigmoid.

    **Formula** loss = −mean(target · ln σ(input) + (1 − target) · ln(1 − σ(input)))

    **Shapes** input N×… of scores; target of the same shape between 0 and 1, or yes/no labels N for N×1 → loss.

    **Use when** the answer is yes or no, several labels may be true at once, pixels lie in [0, 1], or in a GAN with
    the constant target 1 for real and 0 for fake.

    **Alternatives** CrossEntropyLoss for one of several classes.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 4.3.2;
    torch.nn.BCEWithLogitsLoss.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        if self.target is None and specs[1].dtype == "index":
            input, target = specs
            expect.numbers(input, "input")
            if input.shape not in (target.shape, (*target.shape, 1)) or target.bound > 2:
                raise ShapeError(
                    f"expects one score for each yes/no label {target}, got {input}"
                    + (f"; {target.bound} classes take CrossEntropyLoss" if target.bound > 2 else ""),
                    "input",
                )
            return TensorSpec(())
        return super().infer(*specs)

    def forward(self, call: Call) -> list[str]:
        if self.target is None and call.specs[1].dtype == "index":
            input, target = call.inputs
            column = ".unsqueeze(-1)" if call.specs[0].rank > call.specs[1].rank else ""
            return self.written(call, input, f"{target}{column}.to({input})")
        return super().forward(call)


@node(
    "Squared error loss (MSE)",
    "nn.MSELoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("mse", "l2", "regression", "least squares", "reconstruction", "lsgan"),
    examples=_EXAMPLES,
)
class MSELoss(_Regression):
    """The mean of the squared differences.

    **Formula** loss = mean((input − target)²)

    **Shapes** input and target N×… of one shape → loss.

    **Use when** numbers are predicted and large mistakes are much worse than small ones.

    **Alternatives** L1Loss and HuberLoss care less about outliers.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 3.1.1; torch.nn.MSELoss.
    """


@node(
    "Absolute error loss (L1)",
    "nn.L1Loss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("mae", "l1", "regression", "robust", "reconstruction"),
    examples=_EXAMPLES,
)
class L1Loss(_Regression):
    """The mean of the absolute differences.

    **Formula** loss = mean|input − target|

    **Shapes** input and target N×… of one shape → loss.

    **Use when** numbers are predicted and the data has outliers; images come out sharper than with MSELoss.

    **Alternatives** MSELoss, HuberLoss.

    **Reference** Koenker and Bassett 1978, Regression quantiles; torch.nn.L1Loss.
    """


@node(
    "Huber loss",
    "nn.HuberLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("smooth l1", "regression", "robust", "outliers"),
    examples=(*_EXAMPLES, example(("N", 3), ("N", 3), delta=0.5)),
)
class HuberLoss(_Regression):
    """Squared for small differences, absolute for large ones.

    **Formula** loss = mean of ½ d² for |d| ≤ delta, delta · (|d| − ½ delta) otherwise, with d = input − target

    **Shapes** input and target N×… of one shape → loss.

    **Use when** numbers are predicted and some targets are far off.

    **Alternatives** MSELoss, L1Loss.

    **Reference** Huber 1964, Robust estimation of a location parameter.
    """

    delta: float = param(1.0, "Where the square turns into a line.", min=1e-6, max=1e6)


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
