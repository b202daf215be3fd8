"""Metrics of numbers and of images of numbers. Imports catalog.spec, catalog's other metrics and core.

Of sequences with a linked length, only so many steps count.
"""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form
from workbench.catalog.nodes.losses import lengths
from workbench.catalog.spec import NodeType, example, node
from workbench.core.shapes import TensorSpec

NUMBERS = (
    example(("N", 1), ("N", 1)),
    example(("N", 2, "H"), ("N", 2, "H")),
    example(("N", "L", 3), ("N", "L", 3), TensorSpec(("N",), "index")),
    example(("N", 7), ("N", 7), TensorSpec(("N",), "index")),
)


@form
class NumberMetric(NodeType):
    """Compares numbers with numbers."""

    goal: ClassVar[str] = "min"

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.same_shape(*specs[:2])
        for length in specs[2:]:
            lengths(length, specs[0])
        return TensorSpec(())


_MEAN = '''\
class NAME(nn.Module):
    """ABOUT"""

    def forward(
        self,
        input: torch.Tensor,
        target: torch.Tensor,
        length: torch.Tensor | None = None,
    ) -> torch.Tensor:
        error = ERROR
        counts = torch.ones_like(error)
        if length is not None:
            steps = torch.arange(error.shape[1], device=error.device)
            steps = steps < length.unsqueeze(1)
            steps = steps.reshape(*steps.shape, *[1] * (error.dim() - 2))
            counts = counts * steps
        return torch.stack(((error * counts).sum(), counts.sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return VALUE
'''


def _mean_of(name: str, about: str, error: str, value: str) -> str:
    """Text of a metric that is a mean over all numbers that count."""
    return _MEAN.replace("NAME", name).replace("ABOUT", about).replace("ERROR", error).replace("VALUE", value)


@node(
    "Mean squared error",
    "MeanSquaredError",
    family="metric",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("value",),
    aliases=("mse", "regression"),
    source=_mean_of(
        "MeanSquaredError",
        "Mean of the squared differences.",
        "(input - target).float().pow(2)",
        "total[0] / total[1]",
    ),
    examples=NUMBERS,
)
class MeanSquaredError(NumberMetric):
    """The mean of the squared differences, over a whole split.

    **Formula** value = mean((input − target)²)

    **Shapes** input and target N×… of one shape → value; with length N, only the first steps of N×L×… count.
    Smaller is better.

    **Use when** numbers are predicted and large mistakes matter most.

    **Alternatives** RootMeanSquaredError, which has the unit of the target; MeanAbsoluteError, R2Score.

    **Reference** sklearn.metrics.mean_squared_error.
    """


@node(
    "Root mean squared error",
    "RootMeanSquaredError",
    family="metric",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("value",),
    aliases=("rmse", "regression", "standard error"),
    source=_mean_of(
        "RootMeanSquaredError",
        "Root of the mean of the squared differences.",
        "(input - target).float().pow(2)",
        "(total[0] / total[1]).sqrt()",
    ),
    examples=NUMBERS,
)
class RootMeanSquaredError(NumberMetric):
    """The root of the mean of the squared differences, over a whole split.

    **Formula** value = √mean((input − target)²)

    **Shapes** input and target N×… of one shape → value; with length N, only the first steps of N×L×… count.
    Smaller is better.

    **Use when** numbers are predicted and large mistakes matter most; it has the unit of the target.

    **Alternatives** MeanSquaredError, MeanAbsoluteError.

    **Reference** sklearn.metrics.root_mean_squared_error.
    """


@node(
    "Mean absolute error",
    "MeanAbsoluteError",
    family="metric",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("value",),
    aliases=("mae", "regression"),
    source=_mean_of(
        "MeanAbsoluteError",
        "Mean of the absolute differences.",
        "(input - target).float().abs()",
        "total[0] / total[1]",
    ),
    examples=NUMBERS,
)
class MeanAbsoluteError(NumberMetric):
    """The mean of the absolute differences, over a whole split.

    **Formula** value = mean|input − target|

    **Shapes** input and target N×… of one shape → value; with length N, only the first steps of N×L×… count.
    Smaller is better.

    **Use when** numbers are predicted; it is read in the unit of the target.

    **Alternatives** MeanSquaredError, R2Score.

    **Reference** sklearn.metrics.mean_absolute_error.
    """


@node(
    "Mean absolute percentage error",
    "MeanPercentageError",
    family="metric",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("value",),
    aliases=("mape", "regression", "forecast", "relative error"),
    source=_mean_of(
        "MeanPercentageError",
        "Mean of the absolute differences in relation to the target.",
        "((input - target) / target.abs().clamp(min=1e-6)).float().abs()",
        "total[0] / total[1]",
    ),
    examples=NUMBERS,
)
class MeanPercentageError(NumberMetric):
    """The mean of the absolute differences in relation to the target; 0.1 is ten per cent.

    **Formula** value = mean(|input − target| / |target|)

    **Shapes** input and target N×… of one shape → value; with length N, only the first steps of N×L×… count.
    Smaller is better.

    **Use when** targets are of very different sizes and none is near 0.

    **Alternatives** MeanAbsoluteError, where targets can be 0.

    **Reference** sklearn.metrics.mean_absolute_percentage_error.
    """


@node(
    "R² score",
    "R2Score",
    family="metric",
    inputs=("input", "target", "length"),
    optional=("length",),
    outputs=("value",),
    aliases=("coefficient of determination", "explained variance", "regression", "r2"),
    source='''\
class R2Score(nn.Module):
    """1 - (sum of squared differences) / (sum of squared deviations of the target from its mean)."""

    def forward(
        self,
        input: torch.Tensor,
        target: torch.Tensor,
        length: torch.Tensor | None = None,
    ) -> torch.Tensor:
        # Squares of large numbers that lie close together differ in their last digits only.
        wide = torch.float32 if target.device.type == "mps" else torch.float64
        target = target.to(wide)
        error = (input - target).pow(2)
        counts = torch.ones_like(error)
        if length is not None:
            steps = torch.arange(error.shape[1], device=error.device)
            steps = steps < length.unsqueeze(1)
            steps = steps.reshape(*steps.shape, *[1] * (error.dim() - 2))
            counts = counts * steps
        return torch.stack(
            (
                counts.sum(),
                (target * counts).sum(),
                (target.pow(2) * counts).sum(),
                (error * counts).sum(),
            )
        )

    def value(self, total: torch.Tensor) -> torch.Tensor:
        count, summed, squares, error = total
        return (1 - error / (squares - summed.pow(2) / count)).float()
''',
    examples=NUMBERS,
)
class R2Score(NumberMetric):
    """The share of the target's variance that the model explains.

    **Formula** value = 1 − Σ (input − target)² / Σ (target − mean target)²

    **Shapes** input and target N×… of one shape → value; with length N, only the first steps of N×L×… count.
    Larger is better; 1 is perfect, 0 no better than the mean. All numbers have one mean: of columns on different levels
    give each a metric of its own, or standardise them; else knowing the levels is explanation enough.

    **Use when** numbers are predicted and models on different targets are compared.

    **Alternatives** MeanAbsoluteError, which has the unit of the target.

    **Reference** Wright 1921, Correlation and causation; sklearn.metrics.r2_score
    of all numbers in one row.
    """

    goal: ClassVar[str] = "max"
