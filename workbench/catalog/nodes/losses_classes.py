"""Losses of classes and of yes or no. Imports catalog.spec, catalog's other losses and core."""

from workbench.catalog import expect
from workbench.catalog.forms import Floats, form, param
from workbench.catalog.nodes.losses import REGRESSION, Loss, Regression
from workbench.catalog.spec import Call, example, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@form
class Classes(Loss):
    """Compares scores of classes with the classes. Some targets do not count; of sequences that may be all."""

    weight: Floats = param(
        (), "How much each class weighs, such as 1, 1, 5.", min=0, argument=False, unset="all the same"
    )
    ignore_index: int = param(-100, "Targets of this number do not count; those of −100 never do.")

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
        (input, target), loss = call.inputs, call.outputs[0]
        given = target
        if self._ignores_a_class(call.specs[1]):  # torch ignores one number; the padding is another
            given = f"{target}.masked_fill({target} == -100, {self.ignore_index})"
        weightless = self._weightless(call.specs[1])
        if weightless:  # torch divides by 0 where all targets of a batch are of classes without weight
            given = f"{given}.where({self.counted(call)} > 0, {self.ignore_index})"
        if call.specs[0].rank == 3:  # torch wants the classes second; here they are last
            lines = self.written(call, f"{input}.flatten(0, 1)", f"{given}.flatten(0, 1)")
        else:
            lines = self.written(call, input, given)
        if weightless:
            return [*lines, f"{loss} = {loss}.where({self.counted(call)} > 0, 0.0)"]
        if self.reduction != "mean" or not self._gaps(call):
            return lines
        return [*lines, f"{loss} = {loss}.where({self._counts(call)}.any(), 0.0)"]

    def counted(self, call: Call) -> str:
        target = call.inputs[1]
        if self.reduction != "mean" or call.specs[1].dtype != "index":
            return ""
        if self.weight:
            place = f"{target}.clamp(min=0)"
            return f"torch.where({self._counts(call)}, {call.module}.weight[{place}], 0.0).sum()"
        return f"{self._counts(call)}.sum()" if self._gaps(call) else ""

    def _ignores_a_class(self, target: TensorSpec) -> bool:
        return target.dtype == "index" and self.ignore_index != -100

    def _weightless(self, target: TensorSpec) -> bool:
        """Whether there can be batches of which the mean is 0 / 0."""
        return self.reduction == "mean" and target.dtype == "index" and 0 in self.weight

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        found = super().arguments(*specs)
        if specs[1].dtype != "index":  # shares of classes: there is no number to ignore
            found.pop("ignore_index", None)
        return found

    def _gaps(self, call: Call) -> bool:
        """Whether some of the targets may not count.  The classes of a dataset's items, one for each, all do."""
        target = call.specs[1]
        classes = call.inputs[1].startswith("batch[") and target.bound > 0
        return has_gaps(target) or self._ignores_a_class(target) or (target.dtype == "index" and not classes)

    def _counts(self, call: Call) -> str:
        """Which targets count."""
        target = call.inputs[1]
        if not self._ignores_a_class(call.specs[1]):
            return f"({target} != -100)"
        return f"(({target} != -100) & ({target} != {self.ignore_index}))"


def _kept(tensor: str, values: Floats, end: str = "") -> list[str]:
    """The line that gives a loss its weights; a long one stays one line."""
    line = f"{tensor} = torch.tensor({list(values)}){end}"
    return [line + ("  # fmt: skip" if len(line) > 80 else "")] if values else []


def has_gaps(target: TensorSpec) -> bool:
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
    the input) → loss. Targets of −100 (and of ignore_index) do not count; a batch in which none counts gives 0 and
    moves nothing.

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
    Targets of −100 (and of ignore_index) do not count; a batch in which none counts gives 0.

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
        return self.target is None and has_gaps(specs[1])

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
        "How much a yes weighs: one number, or one for each label (of masks N×C×H×W for each C).",
        min=0,
        argument=False,
        unset="as much as a no",
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        outputs = specs[0].shape[expect.class_axis(specs[0])] if specs[0].rank else 1
        if len(self.pos_weight) > 1 and len(self.pos_weight) != outputs:
            raise ShapeError(
                f"has {len(self.pos_weight)} weights of yes for {outputs} labels",
                "",
                change=("pos_weight", ()),
            )
        return super().infer(*specs)

    def initialise(self, module: str, *specs: TensorSpec) -> list[str]:
        sizes = specs[0].rank - 2 if specs[0].rank > 3 else 0  # of images, behind the channels
        several = sizes and len(self.pos_weight) > 1
        end = f".view(-1{', 1' * sizes})" if several else ""
        return _kept(f"{module}.pos_weight", self.pos_weight, end)


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
