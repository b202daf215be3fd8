"""Metrics: what people compare models by. Each sums a state over batches, then turns the sum into one number.

The classes in `source` are part of the generated program. Targets of −100 do not count. Imports catalog.spec, core.
"""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_PORTS = ("input", "target")
_CLASSES = (
    example(("N", 10), TensorSpec(("N",), "index", 10)),
    example(("N", "L", 7), TensorSpec(("N", "L"), "index")),
    example(("N", 4, 5, 6), TensorSpec(("N", 5, 6), "index", 4)),
)
_NUMBERS = (example(("N", 1), ("N", 1)), example(("N", 2, "H"), ("N", 2, "H")))


@form
class _ClassMetric(NodeType):
    """Compares scores with classes."""

    goal: ClassVar[str] = "max"

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.class_scores(*specs)
        return TensorSpec(())


@form
class _NumberMetric(NodeType):
    """Compares numbers with numbers."""

    goal: ClassVar[str] = "min"

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.same_shape(*specs)
        return TensorSpec(())


@node(
    "Accuracy",
    "Accuracy",
    family="metric",
    inputs=_PORTS,
    outputs=("value",),
    aliases=("classification", "correct", "hit rate", "top-1"),
    source='''\
class Accuracy(nn.Module):
    """Share of the entries whose highest score is the target; targets of -100 do not count."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        guess = input.argmax(1 if input.dim() > 3 else -1)
        return torch.stack(((guess == target).sum(), (target != -100).sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]
''',
    examples=_CLASSES,
)
class Accuracy(_ClassMetric):
    """The share of entries whose highest score belongs to the true class.

    **Formula** value = correct / counted

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes → value. Larger is better.

    **Use when** classes are about equally frequent.

    **Alternatives** F1Score when some classes are rare, TopKAccuracy when there are many.

    **Reference** sklearn.metrics.accuracy_score.
    """


@node(
    "Binary accuracy",
    "BinaryAccuracy",
    family="metric",
    inputs=_PORTS,
    outputs=("value",),
    aliases=("yes no", "discriminator", "multi-label", "logistic"),
    source='''\
class BinaryAccuracy(nn.Module):
    """Share of the scores on the right side of zero; targets of -100 do not count."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        target = target.reshape(input.shape)
        right = ((input > 0) == (target > 0.5)) & (target != -100)
        return torch.stack((right.sum(), (target != -100).sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]
''',
    examples=(
        example(("N", 1), TensorSpec(("N",), "index", 2)),
        example(("N", 5), ("N", 5)),
        example(("N", "L", 1), TensorSpec(("N", "L"), "index")),
    ),
)
class BinaryAccuracy(NodeType):
    """The share of yes/no answers that are right: a positive score means yes.

    **Formula** value = correct / counted

    **Shapes** input N×… of scores; target of the same shape (0 or 1), or yes/no labels N for N×1 → value. Larger is
    better.

    **Use when** the loss is BCEWithLogitsLoss.

    **Alternatives** Accuracy for one of several classes.

    **Reference** sklearn.metrics.accuracy_score.
    """

    goal: ClassVar[str] = "max"

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        input, target = specs
        if target.dtype == "float":
            expect.same_shape(input, target)
        else:
            expect.numbers(input, "input")
            if input.shape not in (target.shape, (*target.shape, 1)) or target.bound > 2:
                raise ShapeError(f"expects one score for each yes/no label {target}, got {input}", "input")
        return TensorSpec(())


@node(
    "Top-k accuracy",
    "TopKAccuracy",
    family="metric",
    inputs=_PORTS,
    outputs=("value",),
    aliases=("top-5", "classification", "hit rate"),
    source='''\
class TopKAccuracy(nn.Module):
    """Share of the entries whose target is among the k highest scores; targets of -100 do not count."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        dim = 1 if input.dim() > 3 else -1
        right = (input.topk(self.k, dim).indices == target.unsqueeze(dim)).any(dim)
        return torch.stack((right.sum(), (target != -100).sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]
''',
    examples=(*(example(*each.inputs, k=3) for each in _CLASSES), _CLASSES[0]),
)
class TopKAccuracy(_ClassMetric):
    """The share of entries whose true class is among the k highest scores.

    **Formula** value = (entries with the target in the k highest) / counted

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes → value. Larger is better.

    **Use when** there are many classes and several guesses are allowed.

    **Alternatives** Accuracy, which is k = 1.

    **Reference** Russakovsky et al. 2015, ImageNet large scale visual recognition challenge;
    sklearn.metrics.top_k_accuracy_score.
    """

    k: int = param(5, "How many guesses count.", min=1, max=1_000_000, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        classes = expect.class_scores(*specs)
        if self.k > classes:
            raise ShapeError(f"k = {self.k} is more than the {classes} classes", "", change=("k", classes))
        return TensorSpec(())

    def summary(self) -> str:
        return f"k = {self.k}"


@node(
    "F1 score",
    "F1Score",
    family="metric",
    inputs=_PORTS,
    outputs=("value",),
    aliases=("f-measure", "precision", "recall", "macro", "imbalanced", "classification"),
    source='''\
class F1Score(nn.Module):
    """Mean over the classes that occur of 2·precision·recall / (precision + recall); -100 does not count."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        guess = input.argmax(1 if input.dim() > 3 else -1)
        spare = (
            self.num_classes
        )  # a bin for what does not count, so that no size depends on the data
        right = torch.where(guess == target, target, spare)
        guess = torch.where(target == -100, spare, guess)
        bins = torch.stack(
            (right, guess, torch.where(target == -100, spare, target))
        ).flatten(1)
        counts = torch.zeros(3, spare + 1, dtype=torch.long, device=input.device)
        return counts.scatter_add_(1, bins, torch.ones_like(bins))[:, :-1]

    def value(self, total: torch.Tensor) -> torch.Tensor:
        right, guessed, actual = total
        occurs = guessed + actual > 0
        return (2 * right / (guessed + actual).clamp(min=1)).sum() / occurs.sum()
''',
    examples=_CLASSES,
)
class F1Score(_ClassMetric):
    """The harmonic mean of precision and recall, averaged over the classes (macro).

    **Formula** value = mean_c 2·right_c / (guessed_c + actual_c), over the classes that occur

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes → value. Larger is better.

    **Use when** some classes are rare and count as much as the others.

    **Alternatives** Accuracy; a ConfusionMatrix shows which classes are mixed up.

    **Reference** van Rijsbergen 1979, Information retrieval, chapter 7; sklearn.metrics.f1_score.
    """

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"num_classes": known(specs[0].shape[expect.class_axis(specs[0])])}


@node(
    "Perplexity",
    "Perplexity",
    family="metric",
    inputs=_PORTS,
    outputs=("value",),
    aliases=("language model", "text", "bits per character", "gpt"),
    source='''\
class Perplexity(nn.Module):
    """Exponential of the mean cross-entropy; targets of -100 do not count."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if input.dim() == 3:
            input, target = input.flatten(0, 1), target.flatten()
        loss = F.cross_entropy(input.float(), target, reduction="sum")
        return torch.stack((loss, (target != -100).sum().to(loss)))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return (total[0] / total[1]).exp()
''',
    examples=_CLASSES,
)
class Perplexity(_ClassMetric):
    """How many tokens the model hesitates between, on average.

    **Formula** value = exp(mean cross-entropy)

    **Shapes** input N×L×V of scores, target N×L of tokens → value. Smaller is better; 1 is certainty, V a blind guess.

    **Use when** a language model is judged.

    **Alternatives** Accuracy of the next token.

    **Reference** Jelinek et al. 1977, Perplexity, a measure of the difficulty of speech recognition
    tasks.
    """

    goal: ClassVar[str] = "min"


@node(
    "Mean squared error",
    "MeanSquaredError",
    family="metric",
    inputs=_PORTS,
    outputs=("value",),
    aliases=("mse", "regression", "rmse"),
    source='''\
class MeanSquaredError(nn.Module):
    """Mean of the squared differences."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        error = (input - target).float().pow(2).sum()
        return torch.stack((error, torch.full_like(error, input.numel())))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]
''',
    examples=_NUMBERS,
)
class MeanSquaredError(_NumberMetric):
    """The mean of the squared differences, over a whole split.

    **Formula** value = mean((input − target)²)

    **Shapes** input and target N×… of one shape → value. Smaller is better.

    **Use when** numbers are predicted and large mistakes matter most.

    **Alternatives** MeanAbsoluteError, R2Score.

    **Reference** sklearn.metrics.mean_squared_error.
    """


@node(
    "Mean absolute error",
    "MeanAbsoluteError",
    family="metric",
    inputs=_PORTS,
    outputs=("value",),
    aliases=("mae", "regression"),
    source='''\
class MeanAbsoluteError(nn.Module):
    """Mean of the absolute differences."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        error = (input - target).float().abs().sum()
        return torch.stack((error, torch.full_like(error, input.numel())))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]
''',
    examples=_NUMBERS,
)
class MeanAbsoluteError(_NumberMetric):
    """The mean of the absolute differences, over a whole split.

    **Formula** value = mean|input − target|

    **Shapes** input and target N×… of one shape → value. Smaller is better.

    **Use when** numbers are predicted; it is read in the unit of the target.

    **Alternatives** MeanSquaredError, R2Score.

    **Reference** sklearn.metrics.mean_absolute_error.
    """


@node(
    "R² score",
    "R2Score",
    family="metric",
    inputs=_PORTS,
    outputs=("value",),
    aliases=("coefficient of determination", "explained variance", "regression", "r2"),
    source='''\
class R2Score(nn.Module):
    """1 - (sum of squared differences) / (sum of squared deviations of the target from its mean)."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        target = target.float()
        error, summed = (input - target).pow(2).sum(), target.sum()
        return torch.stack(
            (
                torch.full_like(summed, target.numel()),
                summed,
                target.pow(2).sum(),
                error,
            )
        )

    def value(self, total: torch.Tensor) -> torch.Tensor:
        count, summed, squares, error = total
        return 1 - error / (squares - summed.pow(2) / count)
''',
    examples=_NUMBERS,
)
class R2Score(_NumberMetric):
    """The share of the target's variance that the model explains.

    **Formula** value = 1 − Σ (input − target)² / Σ (target − mean target)²

    **Shapes** input and target N×… of one shape → value. Larger is better; 1 is perfect, 0 no better than the mean.

    **Use when** numbers are predicted and models on different targets are compared.

    **Alternatives** MeanAbsoluteError, which has the unit of the target.

    **Reference** Wright 1921, Correlation and causation; sklearn.metrics.r2_score.
    """

    goal: ClassVar[str] = "max"
