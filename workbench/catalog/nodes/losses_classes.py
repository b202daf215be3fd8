"""Losses of classes and of yes or no. Imports catalog.spec, catalog's other losses and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import Floats, form, param
from workbench.catalog.nodes.losses import REGRESSION, Loss, Regression
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@form
class Classes(Loss):
    """Compares scores of classes with the classes. Some targets do not count; of sequences that may be all."""

    weight: Floats = param(
        (), "How much each class weighs, such as 1, 1, 5.", min=0, argument=False, unset="all the same"
    )
    ignore_index: int = param(-100, "Targets of this number do not count.")

    def weighted(self, classes: int) -> None:
        """Raises unless there is a weight for each class, or none."""
        if self.weight and len(self.weight) != classes:
            raise ShapeError(
                f"has {len(self.weight)} weights of classes for {classes} classes",
                "",
                change=("weight", (1.0,) * classes) if classes <= 20 else None,
            )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        self.weighted(expect.class_scores(*specs))
        return TensorSpec(())

    def initialise(self, module: str, *specs: TensorSpec) -> list[str]:
        return _kept(f"{module}.weight", self.weight)

    def forward(self, call: Call) -> list[str]:
        input, target = call.inputs
        loss = call.outputs[0]
        if call.specs[0].rank == 3:  # torch wants the classes second; here they are last
            lines = self.written(call, f"{input}.flatten(0, 1)", f"{target}.flatten(0, 1)")
        else:
            lines = self.written(call, input, target)
        if self.reduction != "mean" or not _has_gaps(call.specs[1]):
            return lines
        return [*lines, f"{loss} = {loss}.where(({target} != {self.ignore_index}).any(), 0.0)"]

    def counted(self, call: Call) -> str:
        target = call.inputs[1]
        if self.reduction != "mean" or call.specs[1].dtype != "index":
            return ""
        if self.weight:
            place = f"{target}.clamp(min=0)"
            counts = f"{target} != {self.ignore_index}"
            return f"torch.where({counts}, {call.module}.weight[{place}], 0.0).sum()"
        return f"({target} != {self.ignore_index}).sum()" if _has_gaps(call.specs[1]) else ""


def _kept(tensor: str, values: Floats) -> list[str]:
    """The line that gives a loss its weights; a long one stays one line."""
    line = f"{tensor} = torch.tensor({list(values)})"
    return [line + ("  # fmt: skip" if len(line) > 80 else "")] if values else []


def _has_gaps(target: TensorSpec) -> bool:
    """Whether some of the targets may not count: padding of sequences and masks, nodes of other splits."""
    return target.dtype == "index" and (target.rank > 1 or target.shape[:1] != ("N",))


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
        example(("N", 3), TensorSpec(("N",), "index", 3), weight=(1.0, 0.5, 2.0)),
        example(("N", "L", 4), TensorSpec(("N", "L"), "index"), ignore_index=0, weight=(1.0, 0.5, 2.0, 1.0)),
    ),
)
class CrossEntropyLoss(Classes):
    """How far the predicted probabilities are from the true classes. Takes scores; contains the softmax.

    **Formula** loss = −mean ln softmax(input)[target]

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes (or probabilities shaped like
    the input) → loss. Targets of −100 (ignore_index) do not count; of sequences and masks, a batch in which none
    counts gives 0 and moves nothing.

    **Use when** each example belongs to one of several classes; the next token of a text is such a class.

    **Alternatives** BCEWithLogitsLoss when several may be true at once or there are only two; FocalLoss when most
    examples are easy.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 4.3.4;
    torch.nn.CrossEntropyLoss.
    """

    label_smoothing: float = param(0.0, "Share of certainty taken from the true class.", min=0, max=1)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        input, target = specs
        if target.dtype == "float" and target.shape == input.shape and input.rank > 1:
            expect.numbers(input, "input")
            self.weighted(expect.sized(input, expect.class_axis(input), "classes", "input"))
        else:
            self.weighted(expect.class_scores(input, target))
        return TensorSpec(())


@node(
    "Negative log-likelihood loss",
    "nn.NLLLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("nll", "log softmax", "classification"),
    examples=(
        example(("N", 10), TensorSpec(("N",), "index", 10)),
        example(("N", "L", 7), TensorSpec(("N", "L"), "index")),
        example(("N", 4, 5, 6), TensorSpec(("N", 5, 6), "index", 4), reduction="batchmean"),
    ),
)
class NLLLoss(Classes):
    """How unlikely the true classes are. Takes logarithms of probabilities, as LogSoftmax gives.

    **Formula** loss = −mean input[target]

    **Shapes** input N×C, N×L×C or N×C×H×W of logarithms of probabilities; target N, N×L or N×H×W of classes → loss.
    Targets of −100 (ignore_index) do not count; of sequences and masks, a batch in which none counts gives 0.

    **Use when** the model ends with a LogSoftmax, or probabilities are worked out in the drawing.

    **Alternatives** CrossEntropyLoss, which contains the LogSoftmax.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 4.3.4; torch.nn.NLLLoss.
    """


@form
class _YesNo(Regression):
    """One number for each yes or no; of labels of steps, pixels and nodes of a graph, −100 does not count."""

    def input_ports(self) -> tuple[str, ...]:
        return ("input", "target") if self.target is None else ("input",)

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), **({"reduction": "none"} if self._labels(specs) else {})}

    def _labels(self, specs: tuple[TensorSpec, ...]) -> bool:
        """Whether the targets are labels of which some may not count."""
        return self.target is None and _has_gaps(specs[1])

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        if self.target is None and specs[1].dtype == "index":
            yes_or_no(*specs)
            return TensorSpec(())
        return super().infer(*specs)

    def forward(self, call: Call) -> list[str]:
        if self.target is not None or call.specs[1].dtype != "index":
            return super().forward(call)
        (input, target), loss = call.inputs, call.outputs[0]
        column = ".unsqueeze(-1)" if call.specs[0].rank > call.specs[1].rank else ""
        if not self._labels(call.specs):
            return self.written(call, input, f"{target}{column}.to({input})")
        divisor = f"({target} != -100).sum().clamp(min=1)" if self.reduction == "mean" else f"len({input})"
        return [
            f"{loss} = {call.module}({input}, {target}{column}.clamp(min=0).to({input}))",
            f"{loss} = torch.where({target}{column} != -100, {loss}, 0.0).sum() / {divisor}",
        ]

    def counted(self, call: Call) -> str:
        return (
            f"({call.inputs[1]} != -100).sum()"
            if self.reduction == "mean" and self._labels(call.specs)
            else ""
        )


def yes_or_no(input: TensorSpec, target: TensorSpec) -> None:
    """Raises unless there is one score for each yes/no label."""
    expect.numbers(input, "input")
    if input.shape not in (target.shape, (*target.shape, 1)) or target.bound > 2:
        raise ShapeError(
            f"expects one score for each yes/no label {target}, got {input}"
            + (f"; {target.bound} classes take CrossEntropyLoss" if target.bound > 2 else ""),
            "input",
        )


@node(
    "Binary cross-entropy loss",
    "nn.BCEWithLogitsLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("bce", "logistic", "gan", "discriminator", "multi-label", "sigmoid"),
    examples=(
        *REGRESSION,
        example(("N", 1), TensorSpec(("N",), "index", 2)),
        example(("N", "L", 1), TensorSpec(("N", "L"), "index"), reduction="batchmean"),
        example(("N", "L"), TensorSpec(("N", "L"), "index", 2)),
        example(("N", 3), ("N", 3), pos_weight=(1.0, 2.0, 5.0)),
    ),
)
class BCEWithLogitsLoss(_YesNo):
    """How far predicted yes/no probabilities are from the truth. Takes scores; contains the sigmoid.

    **Formula** loss = −mean(target · ln σ(input) + (1 − target) · ln(1 − σ(input)))

    **Shapes** input N×… of scores; target of the same shape between 0 and 1, or yes/no labels N for N×1 → loss.
    Labels of −100 do not count in sequences and of nodes.

    **Use when** the answer is yes or no, several labels may be true at once, pixels lie in [0, 1], or in a GAN with
    the constant target 1 for real and 0 for fake.

    **Alternatives** CrossEntropyLoss for one of several classes.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 4.3.2;
    torch.nn.BCEWithLogitsLoss.
    """

    pos_weight: Floats = param(
        (),
        "How much a yes weighs: one number, or one for each label.",
        min=0,
        argument=False,
        unset="as much as a no",
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        outputs = specs[0].shape[-1] if specs[0].rank else 1
        if len(self.pos_weight) > 1 and len(self.pos_weight) != outputs:
            raise ShapeError(
                f"has {len(self.pos_weight)} weights of yes for {outputs} labels",
                "",
                change=("pos_weight", ()),
            )
        return super().infer(*specs)

    def initialise(self, module: str, *specs: TensorSpec) -> list[str]:
        return _kept(f"{module}.pos_weight", self.pos_weight)


@node(
    "Binary cross-entropy (of shares)",
    "nn.BCELoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("bce", "probabilities", "sigmoid", "logistic"),
    examples=(
        *REGRESSION,
        example(("N", 1), TensorSpec(("N",), "index", 2)),
        example(("N", "L", 1), TensorSpec(("N", "L"), "index", 2)),
    ),
)
class BCELoss(_YesNo):
    """How far predicted yes/no probabilities are from the truth. Takes probabilities, as Sigmoid gives.

    **Formula** loss = −mean(target · ln input + (1 − target) · ln(1 − input))

    **Shapes** input N×… between 0 and 1; target of the same shape between 0 and 1, or yes/no labels N for N×1 → loss.
    Labels of −100 do not count in sequences and of nodes.

    **Use when** the model ends with a Sigmoid, as old GANs and autoencoders do.

    **Alternatives** BCEWithLogitsLoss, which takes scores and is exact for very sure answers.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 4.3.2; torch.nn.BCELoss.
    """


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
        if not _has_gaps(call.specs[1]):
            return self.written(call, input, target)
        counts = f"{loss} = {target} != -100"  # nodes of the split that is trained on
        return [counts, *self.written(call, f"{input}[{loss}]", f"{target}[{loss}]")]
