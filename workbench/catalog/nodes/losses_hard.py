"""Losses of classes that care little for what is right already. Imports catalog.spec, other losses and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.nodes.losses import Loss
from workbench.catalog.nodes.losses_classes import has_gaps, yes_or_no
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@node(
    "Focal loss",
    "FocalLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("imbalanced", "rare classes", "detection", "hard examples", "retinanet"),
    source='''\
class FocalLoss(nn.Module):
    """Cross-entropy in which what is right already weighs less; targets of -100 do not count."""

    def __init__(
        self, gamma: float = 2.0, alpha: float = 0.25, classes: int = 1
    ) -> None:
        super().__init__()
        self.gamma, self.alpha, self.classes = gamma, alpha, classes

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if self.classes == 1:  # yes or no
            target = target.reshape(input.shape)
            counts, truth = target != -100, target.clamp(min=0).to(input)
            loss = F.binary_cross_entropy_with_logits(input, truth, reduction="none")
            share = self.alpha * truth + (1 - self.alpha) * (1 - truth)
        else:
            dim, counts = 1 if input.dim() > 3 else -1, target != -100
            place = target.clamp(min=0).unsqueeze(dim)
            loss = -input.log_softmax(dim).gather(dim, place).squeeze(dim)
            share = 1.0
        wrong = -torch.expm1(-loss)  # 1 - p, exact where p is nearly 1
        loss = share * wrong.clamp(min=1e-12).pow(self.gamma) * loss
        return torch.where(counts, loss, 0.0).sum() / counts.sum().clamp(min=1)
''',
    examples=(
        example(("N", 10), TensorSpec(("N",), "index", 10)),
        example(("N", "L", 7), TensorSpec(("N", "L"), "index"), gamma=1.0),
        example(("N", 4, 5, 6), TensorSpec(("N", 5, 6), "index", 4)),
        example(("N", 1), TensorSpec(("N",), "index", 2)),
        example(("N", 5), ("N", 5), alpha=0.5),
    ),
)
class FocalLoss(NodeType):
    """Cross-entropy that cares little for examples which are right already, so that the hard ones count.

    **Formula** loss = mean (1 − p)^gamma · (−ln p), with p the probability of the truth; for yes or no, a yes weighs
    alpha and a no 1 − alpha

    **Shapes** input N×C, N×L×C or N×C×H×W of scores and target of classes, or one score for each yes/no label → loss.
    Targets of −100 do not count; a batch in which none counts gives 0.

    **Use when** nearly everything is background or one class, as in detection.

    **Alternatives** CrossEntropyLoss with weights of classes; DiceLoss for masks.

    **Reference** Lin et al. 2017, Focal loss for dense object detection.
    """

    goal: ClassVar[str] = "min"

    gamma: float = param(2.0, "How little easy examples weigh; 0 is plain cross-entropy.", min=0, max=100)
    alpha: float = param(0.25, "How much a yes weighs, where the answer is yes or no.", min=0, max=1)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        input, target = specs
        if target.dtype == "float" or input.shape in (target.shape, (*target.shape, 1)):
            return {}
        return {"classes": known(input.shape[expect.class_axis(input)])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        input, target = specs
        if target.dtype == "float":
            expect.same_shape(input, target)
        elif input.shape in (target.shape, (*target.shape, 1)):
            yes_or_no(input, target)
        else:
            expect.class_scores(input, target)
        return TensorSpec(())

    def counted(self, call: Call) -> str:
        target, spec = call.inputs[1], call.specs[1]
        return f"({target} != -100).sum()" if spec.dtype == "float" or spec.rank > 1 else ""

    def summary(self) -> str:
        return f"gamma {self.gamma:g}"


@node(
    "Margin loss of classes (hinge)",
    "nn.MultiMarginLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("hinge", "svm", "multi-class", "support vector machine", "margin"),
    examples=(
        example(("N", 10), TensorSpec(("N",), "index", 10)),
        example(("N", 3), TensorSpec(("N",), "index", 3), p=2, margin=0.5, reduction="batchmean"),
    ),
)
class MultiMarginLoss(Loss):
    """The true class should score higher than all others by a margin.

    **Formula** loss = mean (1 / C) Σ_c≠target max(0, margin − input[target] + input[c])^p

    **Shapes** input N×C of scores, target N of classes → loss.

    **Use when** a support vector machine is wanted, or probabilities are not needed.

    **Alternatives** CrossEntropyLoss, which is never content.

    **Reference** Weston and Watkins 1999, Support vector machines for multi-class pattern recognition;
    torch.nn.MultiMarginLoss.
    """

    p: int = param(1, "1 or 2: the excess as it is, or squared.", min=1, max=2)
    margin: float = param(1.0, "How much higher the true class should be.", min=0, max=1e6)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        input, target = specs
        if target.rank != 1:
            raise ShapeError(f"expects one class for each example, N, got {target}", "target")
        expect.class_scores(input, target)
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        (input, target), loss = call.inputs, call.outputs[0]
        if not has_gaps(call.specs[1]):
            return self.written(call, input, target)
        counts = f"{loss} = {target} != -100"  # nodes of the split that is trained on
        return [counts, *self.written(call, f"{input}[{loss}]", f"{target}[{loss}]")]
