"""Metrics from counts of right, guessed and true classes over a whole split. Imports catalog.spec and core.

Their states are exact and small: three numbers for each class.
"""

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.nodes.metrics import CLASSES, PORTS, ClassMetric
from workbench.catalog.spec import example, known, node
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_AVERAGES = tuple(example(*CLASSES[0].inputs, average=name) for name in ("micro", "weighted"))
_PARTS = (*CLASSES, example(("N", 3, 4, 5, 6), TensorSpec(("N", 4, 5, 6), "index", 3), background=False))


@form
class _Counted(ClassMetric):
    """Counts classes."""

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"num_classes": known(specs[0].shape[expect.class_axis(specs[0])])}


@form
class _Averaged(_Counted):
    """A figure for each class, averaged."""

    average: str = param(
        "macro",
        "macro: each class that occurs counts the same; weighted: by how often it is true; micro: all together.",
        choices=("macro", "micro", "weighted"),
    )

    def summary(self) -> str:
        return "" if self.average == "macro" else self.average


@form
class _Overlap(_Counted):
    """How well masks overlap."""

    background: bool = param(True, "Class 0 counts too.")


_AVERAGING = '''\
class NAME(nn.Module):
    """ABOUT"""

    def __init__(self, num_classes: int, average: str = "macro") -> None:
        super().__init__()
        self.num_classes, self.average = num_classes, average

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        guess = input.argmax(1 if input.dim() > 3 else -1)
        # A bin for what does not count, so that no size depends on the data.
        spare = self.num_classes
        right = torch.where(guess == target, target, spare)
        guess = torch.where(target == -100, spare, guess)
        bins = torch.stack(
            (right, guess, torch.where(target == -100, spare, target))
        ).flatten(1)
        counts = torch.zeros(3, spare + 1, dtype=torch.long, device=input.device)
        return counts.scatter_add_(1, bins, torch.ones_like(bins))[:, :-1]

    def value(self, total: torch.Tensor) -> torch.Tensor:
        right, guessed, actual = total
        if self.average == "micro":
            right, guessed, actual = right.sum(), guessed.sum(), actual.sum()
        each = EACH
        share = ((guessed + actual) > 0).float()
        if self.average == "weighted":
            share = actual.float()
        return (each * share).sum() / share.sum()
'''


def _averaging(name: str, about: str, each: str) -> str:
    """Text of a metric of classes, from what each class has."""
    return _AVERAGING.replace("NAME", name).replace("ABOUT", about).replace("EACH", each)


_OVERLAPPING = '''\
class NAME(nn.Module):
    """ABOUT"""

    def __init__(self, num_classes: int, background: bool = True) -> None:
        super().__init__()
        self.num_classes, self.background = num_classes, background

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        guess = input.argmax(1 if input.dim() > 3 else -1)
        # A bin for what does not count, so that no size depends on the data.
        spare = self.num_classes
        right = torch.where(guess == target, target, spare)
        guess = torch.where(target == -100, spare, guess)
        bins = torch.stack(
            (right, guess, torch.where(target == -100, spare, target))
        ).flatten(1)
        counts = torch.zeros(3, spare + 1, dtype=torch.long, device=input.device)
        return counts.scatter_add_(1, bins, torch.ones_like(bins))[:, :-1]

    def value(self, total: torch.Tensor) -> torch.Tensor:
        right, guessed, actual = total if self.background else total[:, 1:]
        occurs = guessed + actual > 0
        each = EACH
        return (each * occurs).sum() / occurs.sum()
'''


def _overlapping(name: str, about: str, each: str) -> str:
    """Text of a metric of masks, from what each class has."""
    return _OVERLAPPING.replace("NAME", name).replace("ABOUT", about).replace("EACH", each)


@node(
    "Precision",
    "Precision",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("positive predictive value", "false alarms", "macro", "imbalanced", "classification"),
    source=_averaging(
        "Precision",
        "Share of what was guessed to be a class that is; -100 does not count.",
        "right / guessed.clamp(min=1)",
    ),
    examples=(*CLASSES, *_AVERAGES),
)
class Precision(_Averaged):
    """How much of what is taken for a class belongs to it, averaged over the classes.

    **Formula** value = mean_c right_c / guessed_c, over the classes that occur; 0 for a class that is never guessed

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes → value. Larger is better.

    **Use when** false alarms are what hurts.

    **Alternatives** Recall, which is about what is missed; F1Score, which joins both.

    **Reference** sklearn.metrics.precision_score.
    """


@node(
    "Recall",
    "Recall",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=(
        "sensitivity",
        "hit rate",
        "missed",
        "true positive rate",
        "balanced accuracy",
        "classification",
    ),
    source=_averaging(
        "Recall",
        "Share of a class that was found; -100 does not count.",
        "right / actual.clamp(min=1)",
    ),
    examples=(*CLASSES, *_AVERAGES),
)
class Recall(_Averaged):
    """How much of a class is found, averaged over the classes.

    **Formula** value = mean_c right_c / actual_c, over the classes that occur; 0 for a class that is only guessed

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes → value. Larger is better.

    **Use when** what is missed is what hurts.

    **Alternatives** Precision, which is about false alarms; F1Score, which joins both.

    **Reference** sklearn.metrics.recall_score.
    """


@node(
    "F1 score",
    "F1Score",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("f-measure", "macro", "imbalanced", "classification", "dice"),
    source=_averaging(
        "F1Score",
        "2·precision·recall / (precision + recall) of the classes that occur; -100 does not count.",
        "2 * right / (guessed + actual).clamp(min=1)",
    ),
    examples=(*CLASSES, *_AVERAGES),
)
class F1Score(_Averaged):
    """The harmonic mean of precision and recall, averaged over the classes.

    **Formula** value = mean_c 2·right_c / (guessed_c + actual_c), over the classes that occur

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes → value. Larger is better.

    **Use when** some classes are rare and count as much as the others.

    **Alternatives** Accuracy; Precision and Recall apart; a ConfusionMatrix shows which classes are mixed up.

    **Reference** van Rijsbergen 1979, Information retrieval, chapter 7; sklearn.metrics.f1_score.
    """


@node(
    "Intersection over union (IoU)",
    "IoU",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("jaccard", "mean iou", "segmentation", "mask", "overlap"),
    source=_overlapping(
        "IoU",
        "Intersection over union of the classes that occur; -100 does not count.",
        "right / (guessed + actual - right).clamp(min=1)",
    ),
    examples=_PARTS,
)
class IoU(_Overlap):
    """How well predicted and true masks overlap: what both have, of what either has.

    **Formula** value = mean_c right_c / (guessed_c + actual_c − right_c), over the classes that occur in the split

    **Shapes** input N×C, N×L×C or N×C×H×W (N×C×D×H×W) of scores; target N, N×L or N×H×W (N×D×H×W) of
    classes → value. Larger is better.

    **Use when** a model finds regions in images or volumes.

    **Alternatives** DiceScore, which is kinder to small overlaps; Accuracy of pixels.

    **Reference** Everingham et al. 2010, The Pascal visual object classes challenge; sklearn.metrics.jaccard_score.
    """


@node(
    "Dice score",
    "DiceScore",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("segmentation", "mask", "overlap", "medical", "f1", "sorensen"),
    source=_overlapping(
        "DiceScore",
        "2·overlap / (both areas) of the classes that occur; -100 does not count.",
        "2 * right / (guessed + actual).clamp(min=1)",
    ),
    examples=_PARTS,
)
class DiceScore(_Overlap):
    """How well predicted and true masks overlap: twice what both have, of both together.

    **Formula** value = mean_c 2·right_c / (guessed_c + actual_c), over the classes that occur in the split

    **Shapes** input N×C, N×L×C or N×C×H×W (N×C×D×H×W) of scores; target N, N×L or N×H×W (N×D×H×W) of
    classes → value. Larger is better.

    **Use when** a model finds regions in medical images or volumes.

    **Alternatives** IoU; F1Score, which is the same with all classes.

    **Reference** Dice 1945, Measures of the amount of ecologic association between species.
    """
