"""Losses of masks, of sequences without alignment, and of weights themselves. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.nodes.losses import Loss
from workbench.catalog.spec import Call, NodeType, Open, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec, same_dim


@node(
    "Dice loss",
    "DiceLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("segmentation", "overlap", "f1", "v-net", "medical", "mask", "jaccard"),
    source='''\
class DiceLoss(nn.Module):
    """1 - 2·overlap / (both areas), the mean over the classes; entries of -100 do not count."""

    def __init__(self, smooth: float = 1.0, background: bool = True) -> None:
        super().__init__()
        self.smooth, self.background = smooth, background

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        dim = 1 if input.dim() > 3 else -1
        share = input.softmax(dim).movedim(dim, 0).flatten(1)
        target = target.flatten()
        counts = target != -100
        classes = torch.arange(len(share), device=target.device).unsqueeze(1)
        truth = (target == classes).to(share)
        share = torch.where(counts, share, 0.0)
        overlap, area = (share * truth).sum(1), share.sum(1) + truth.sum(1)
        dice = (2 * overlap + self.smooth) / (area + self.smooth)
        dice = dice if self.background else dice[1:]
        return (1 - dice.mean()) * counts.any()
''',
    examples=(
        example(("N", 4, 5, 6), TensorSpec(("N", 5, 6), "index", 4)),
        example(("N", 3, 4, 5, 6), TensorSpec(("N", 4, 5, 6), "index", 3), background=False),
        example(("N", "L", 7), TensorSpec(("N", "L"), "index"), smooth=1e-5),
    ),
)
class DiceLoss(NodeType):
    """How little predicted and true masks overlap; small things count as much as large ones.

    **Formula** loss = 1 − mean_c (2 Σ p_c · t_c + smooth) / (Σ p_c + Σ t_c + smooth), with p = softmax(input)

    **Shapes** input N×C×H×W or N×C×D×H×W of scores, target N×H×W or N×D×H×W of classes → loss. Entries of −100 do not
    count; a batch in which none counts gives 0.

    **Use when** the parts that matter are small beside the background; often added to CrossEntropyLoss.

    **Alternatives** CrossEntropyLoss with weights of classes, FocalLoss.

    **Reference** Milletari et al. 2016, V-Net; Sørensen 1948.
    """

    goal: ClassVar[str] = "min"

    smooth: float = param(1.0, "Added above and below, so that empty masks give no 0 / 0.", min=1e-9, max=1e6)
    background: bool = param(True, "Class 0 counts too.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        classes = expect.class_scores(*specs)
        if classes == 1 and not self.background:
            raise ShapeError("has no class beside the background", "", change=("background", True))
        return TensorSpec(())


@node(
    "CTC loss",
    "nn.CTCLoss",
    family="loss",
    inputs=("input", "target", "input_length", "target_length"),
    optional=("input_length", "target_length"),
    outputs=("loss",),
    aliases=(
        "speech recognition",
        "connectionist temporal classification",
        "alignment",
        "handwriting",
        "ocr",
    ),
    examples=(
        example(("N", 30, 9), TensorSpec(("N", 4), "index", 9)),
        example(
            ("N", 30, 9),
            TensorSpec(("N", 4), "index", 9),
            TensorSpec(("N",), "index", 31),
            TensorSpec(("N",), "index", 5),
            zero_infinity=True,
            reduction="batchmean",
        ),
        example(
            ("N", 30, 9),
            TensorSpec(("N", 4), "index", 9),
            TensorSpec(("N",), "index", 5),
            linked=("input", "target", "target_length"),
        ),
    ),
)
class CTCLoss(Loss, Open):
    """How unlikely a short sequence is under the scores of a longer one, over all ways to lay it along.

    **Formula** loss = −mean (ln Σ p(path) over all paths that give the target) / length of the target

    **Shapes** input N×L×C of scores (contains the softmax), target N×S of classes without the blank, input_length and
    target_length N → loss. Without lengths, all of the input counts, and of the target what is not −100.

    **Use when** it is known what is said or written, but not when: speech, handwriting.

    **Alternatives** CrossEntropyLoss at each step, where it is known what belongs to which step.

    **Reference** Graves et al. 2006, Connectionist temporal classification; torch.nn.CTCLoss.
    """

    blank: int = param(0, "The class that means nothing new.", min=0, max=1_000_000)
    zero_infinity: bool = param(
        False, "Leave out targets that are longer than their input, whose loss is infinite."
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        given = self.named(specs)
        input, target = given["input"], given["target"]
        _, classes = expect.sequences(input, "input")
        expect.indices(target, "target", "classes N×S")
        if target.rank != 2:
            raise ShapeError(f"expects classes N×S, got {target}", "target")
        if target.bound > classes:
            raise ShapeError(
                f"has scores for {classes} classes, but the target has {target.bound}",
                "input",
                outputs=target.bound,
            )
        if self.blank >= classes:
            raise ShapeError(
                f"blank = {self.blank} is not one of the {classes} classes", "", change=("blank", 0)
            )
        for name in ("input_length", "target_length"):
            if (length := given.get(name)) is None:
                continue
            expect.indices(length, name, "one number for each sequence, N,")
            if length.rank != 1 or not same_dim(length.shape[0], input.shape[0]):
                raise ShapeError(f"expects one number for each sequence, N, got {length}", name)
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        given, loss = self.named(call.inputs), call.outputs[0]
        input, target = given["input"], given["target"]
        steps = given.get("input_length") or f"torch.full_like({target}[:, 0], {input}.shape[1])"
        lengths = given.get("target_length") or f"({target} != -100).sum(1)"
        lines = [
            f"{loss} = {input}.log_softmax(-1).transpose(0, 1)",
            f"{loss} = {call.module}({loss}, {target}.clamp(min=0), {steps}, {lengths})",
        ]
        if self.reduction == "batchmean":
            lines.append(f"{loss} = {loss} / len({input})")
        return lines


@node(
    "Weight penalty (L1, L2)",
    family="loss",
    inputs=(),
    outputs=("loss",),
    aliases=("l1", "l2", "regularisation", "regularization", "lasso", "ridge", "weight decay", "sparse"),
    examples=(example(), example(norm="L1", factor=0.01, part="head")),
)
class WeightPenalty(NodeType):
    """Large weights cost something: adds the sum of |w| or w² of a part to what the update minimises.

    **Formula** loss = factor · Σ w² (L2), or factor · Σ |w| (L1), over all that the part has learned:
    weights, biases and scales, also of what is frozen

    **Shapes** → loss, without an input. It has a curve of its own.

    **Use when** a model learns its examples by heart, or (L1) many weights should become 0.

    **Alternatives** the weight decay of the optimiser, which is L2 for all weights of an update; Dropout.

    **Reference** Hoerl and Kennard 1970, Ridge regression; Tibshirani 1996, Regression shrinkage and selection via the
    lasso.
    """

    goal: ClassVar[str] = "min"

    norm: str = param("L2", "L2 adds up squares, L1 absolute values.", choices=("L1", "L2"), required=True)
    factor: float = param(1e-4, "How much it costs.", min=0, max=1e6, required=True)
    part: str = param("", "The node or block whose weights cost something.", unset="everything that learns")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        value = "weight.abs().sum()" if self.norm == "L1" else "weight.pow(2).sum()"
        owner = f"self.{self.part}" if self.part else "self"
        return [
            f"{call.outputs[0]} = sum({value} for weight in {owner}.parameters())",
            f"{call.outputs[0]} = {float(self.factor)!r} * {call.outputs[0]}",
        ]

    def summary(self) -> str:
        return f"{self.norm} · {self.factor:g}" + (
            f" · {self.part}" if len(self.part) < 20 and self.part else ""
        )
