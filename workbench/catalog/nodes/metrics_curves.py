"""Metrics over all thresholds, from histograms of scores. Imports catalog.spec, catalog's other metrics and core.

Of classes there are 2,000 of log-odds: around 0, scores less than 0.02 apart may count as equal; at ±20, less than
0.08. Scores of yes and no may be log-odds or probabilities, so their bins are the finer the nearer to 0 or 1: of a
single score there are 20,000, 0.001 wide at 0.5, 0.01 at 5, 0.5 % of a score near 0; of ten and more 2,000 for each.
"""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form
from workbench.catalog.nodes.losses_classes import yes_or_no
from workbench.catalog.nodes.metrics import CLASSES, PORTS
from workbench.catalog.spec import NodeType, example, known, node
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_EXAMPLES = (
    *CLASSES,
    example(("N", 1), TensorSpec(("N",), "index", 2)),
    example(("N", 5), ("N", 5)),
    example(("N", "L", 1), TensorSpec(("N", "L"), "index", 2)),
)


@form
class _Curve(NodeType):
    """Reads scores of classes, or of yes and no."""

    goal: ClassVar[str] = "max"

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        input, target = specs
        if target.dtype == "float":
            expect.same_shape(input, target)
        elif input.shape in (target.shape, (*target.shape, 1)):
            yes_or_no(input, target)
        else:
            expect.class_scores(input, target)
        return TensorSpec(())

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        input, target = specs
        if target.dtype == "float":
            return {"columns": known(input.shape[expect.class_axis(input)])} if input.rank > 1 else {}
        if input.shape in (target.shape, (*target.shape, 1)):
            return {}
        return {"classes": known(input.shape[expect.class_axis(input)])}


_CURVE = '''\
class NAME(nn.Module):
    """ABOUT"""

    def __init__(self, classes: int = 1, columns: int = 1) -> None:
        super().__init__()
        self.classes, self.columns = classes, columns
        # What shares a bin counts as equal.
        self.bins = 2000 if classes > 1 else max(2000, 20000 // columns)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        axis = 1 if input.dim() > 3 else -1  # of classes, or of columns of yes or no
        if self.classes > 1:  # each class against the rest, by its log-odds
            rows = input.float().movedim(axis, -1)
            share = rows.reshape(-1, self.classes).log_softmax(-1)
            score = share - torch.log1p(-share.exp())
            number = score.nan_to_num()
            share = number / (20 + number.abs())
            target = target.reshape(-1, 1)
            truth = target == torch.arange(self.classes, device=target.device)
        else:  # log-odds or probabilities: the bins are the finer the nearer to 0 or 1
            score = input.float()
            if self.columns > 1:
                score, target = score.movedim(axis, -1), target.movedim(axis, -1)
            score = score.reshape(-1, self.columns)
            number = score.nan_to_num().clamp(-1e4, 1e4)
            share = ((number * 1e6).asinh() + ((number - 1) * 1e6).asinh()) / 47.5
            target = target.reshape(-1, self.columns)
            truth = target > 0.5
        place = (share + 1) / 2 * (self.bins - 1)
        # The last place of a row counts the scores that are no numbers.
        place = torch.where(score.isnan(), self.bins, place.round().long())
        column = torch.arange(score.shape[1], device=score.device)
        place = (2 * column + truth) * (self.bins + 1) + place
        size = 2 * score.shape[1] * (self.bins + 1)
        place = torch.where(target == -100, size, place).flatten()
        counts = torch.zeros(size + 1, dtype=torch.long, device=score.device)
        counts = counts.scatter_add_(0, place, torch.ones_like(place))
        return counts[:-1].reshape(-1, 2, self.bins + 1)

    def value(self, total: torch.Tensor) -> torch.Tensor:
        unknown = (total[:, :, -1] > 0).any()
        total = total[:, :, :-1].double()
VALUE        return value.float().masked_fill(unknown, torch.nan)
'''


def _over_thresholds(name: str, about: str, value: str) -> str:
    """Text of a metric over all thresholds of the scores."""
    return _CURVE.replace("NAME", name).replace("ABOUT", about).replace("VALUE", value)


@node(
    "Area under the ROC curve",
    "AUROC",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("auc", "roc", "ranking", "threshold", "imbalanced", "classification"),
    source=_over_thresholds(
        "AUROC",
        "How often a true case scores above a false one; equal scores count half.",
        """\
        no, yes = total.unbind(1)
        below = no.cumsum(1) - no / 2
        pairs = yes.sum(1) * no.sum(1)
        each = (yes * below).sum(1) / pairs.clamp(min=1)
        value = each.sum() / (pairs > 0).sum()
""",
    ),
    examples=_EXAMPLES,
)
class AUROC(_Curve):
    """How often a true case scores above a false one, whatever the threshold.

    **Formula** value = (pairs in which the true case scores higher + ½ · ties) / all pairs of a true and a false case

    **Shapes** input N×C, N×L×C or N×C×H×W of scores and target of classes (each class against the rest, averaged over
    those that occur), or one score or probability for each yes/no label → value. Larger is better; −100 does not
    count. From bins of scores (2,000 and more), which is right to about 0.001; NaN where a score is.

    **Use when** a threshold is chosen later, or classes are imbalanced.

    **Alternatives** AveragePrecision when true cases are very rare; F1Score at the usual threshold.

    **Reference** Fawcett 2006, An introduction to ROC analysis; sklearn.metrics.roc_auc_score.
    """


@node(
    "Average precision",
    "AveragePrecision",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("ap", "map", "precision recall curve", "ranking", "rare", "imbalanced"),
    source=_over_thresholds(
        "AveragePrecision",
        "The precision at each true case, over all thresholds; equal scores are taken together.",
        """\
        no, yes = total.flip(2).cumsum(2).unbind(1)
        found = yes.diff(dim=1, prepend=torch.zeros_like(yes[:, :1]))
        all_of = yes[:, -1]
        each = (found * yes / (yes + no).clamp(min=1)).sum(1) / all_of.clamp(min=1)
        value = each.sum() / (all_of > 0).sum()
""",
    ),
    examples=_EXAMPLES,
)
class AveragePrecision(_Curve):
    """The precision at each true case, averaged: the area under the curve of precision over recall.

    **Formula** value = Σ_k (recall_k − recall_(k−1)) · precision_k over the thresholds from high to low

    **Shapes** input N×C, N×L×C or N×C×H×W of scores and target of classes (each class against the rest, averaged over
    those that occur), or one score or probability for each yes/no label → value. Larger is better; −100 does not
    count. From bins of scores (2,000 and more), which is right to about 0.001; NaN where a score is.

    **Use when** true cases are rare and should come first.

    **Alternatives** AUROC; Precision and Recall at the usual threshold.

    **Reference** Everingham et al. 2010, The Pascal visual object classes challenge;
    sklearn.metrics.average_precision_score.
    """
