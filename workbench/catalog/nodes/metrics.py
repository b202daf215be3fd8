"""Metrics of classes. Each sums a state over batches, then turns the sum into one number.

The classes in `source` are part of the generated program. Targets of −100 do not count. Imports catalog.spec, core.
"""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

PORTS = ("input", "target")
CLASSES = (
    example(("N", 10), TensorSpec(("N",), "index", 10)),
    example(("N", "L", 7), TensorSpec(("N", "L"), "index")),
    example(("N", 4, 5, 6), TensorSpec(("N", 5, 6), "index", 4)),
)


@form
class ClassMetric(NodeType):
    """Compares scores with classes."""

    goal: ClassVar[str] = "max"

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.class_scores(*specs)
        return TensorSpec(())


@node(
    "Accuracy",
    "Accuracy",
    family="metric",
    inputs=PORTS,
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
    examples=CLASSES,
)
class Accuracy(ClassMetric):
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
    inputs=PORTS,
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
    inputs=PORTS,
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
    examples=(*(example(*each.inputs, k=3) for each in CLASSES), CLASSES[0]),
)
class TopKAccuracy(ClassMetric):
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
    "Perplexity",
    "Perplexity",
    family="metric",
    inputs=PORTS,
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
    examples=CLASSES,
)
class Perplexity(ClassMetric):
    """How many tokens the model hesitates between, on average.

    **Formula** value = exp(mean cross-entropy)

    **Shapes** input N×L×V of scores, target N×L of tokens → value. Smaller is better; 1 is certainty, V a blind guess.

    **Use when** a language model is judged.

    **Alternatives** Accuracy of the next token.

    **Reference** Jelinek et al. 1977, Perplexity, a measure of the difficulty of speech recognition
    tasks.
    """

    goal: ClassVar[str] = "min"
