"""Probes record something to look at while a run goes on. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@node(
    "Images",
    family="probe",
    inputs=("input",),
    outputs=(),
    aliases=("picture", "samples", "grid", "look", "record", "reconstruction"),
    examples=(example(("N", 1, 8, 8)), example(("N", 3, "H", "W"), count=4)),
)
class Images(NodeType):
    """Records a sheet of images after every epoch, always of the same examples.

    **Formula** a sheet of the first `count` examples, every number of 0 … 1 as a brightness

    **Shapes** input N×C×H×W with one grey or three colour channels, values in [0, 1].

    **Use when** a model makes images: see what a generator paints or an autoencoder gives back.

    **Alternatives** TextSamples for language models, Overlay for masks; use Scale in front when values lie in [−1, 1].

    **Reference** Zeiler and Fergus 2014, Visualizing and understanding convolutional networks.
    """

    count: int = param(16, "How many images.", min=1, max=256, required=True)

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        (input,) = specs
        channels, _, _ = expect.images(input, "input")
        if channels not in (1, 3):
            raise ShapeError(f"shows images with 1 (grey) or 3 (colour) channels, got {input}", "input")
        return ()

    def forward(self, call: Call) -> list[str]:
        return []

    def summary(self) -> str:
        return f"{self.count} images"


@node(
    "Confusion matrix",
    "ConfusionMatrix",
    family="probe",
    inputs=("input", "target"),
    outputs=("value",),
    aliases=("mistakes", "classification", "errors", "contingency", "look", "record"),
    source='''\
class ConfusionMatrix(nn.Module):
    """Counts of (true class, class with the highest score); targets of -100 do not count."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        size = self.num_classes
        guess = input.argmax(1 if input.dim() > 3 else -1)
        cell = torch.where(target == -100, size * size, target * size + guess).flatten()
        counts = torch.zeros(size * size + 1, dtype=torch.long, device=input.device)
        return counts.scatter_add_(0, cell, torch.ones_like(cell))[:-1].view(size, size)

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total
''',
    examples=(
        example(("N", 10), TensorSpec(("N",), "index", 10)),
        example(("N", "L", 7), TensorSpec(("N", "L"), "index")),
        example(("N", 4, 5, 6), TensorSpec(("N", 5, 6), "index", 4)),
    ),
)
class ConfusionMatrix(NodeType):
    """Counts how often each true class was taken for each class, after every epoch.

    **Formula** value[t, p] = number of entries of class t whose highest score is p

    **Shapes** input N×C, N×L×C or N×C×H×W of scores; target N, N×L or N×H×W of classes → value C×C, true classes
    in rows.

    **Use when** a classifier makes mistakes and you want to know which.

    **Alternatives** Accuracy and F1Score for one number.

    **Reference** sklearn.metrics.confusion_matrix.
    """

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"num_classes": known(specs[0].shape[expect.class_axis(specs[0])])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        classes = expect.class_scores(*specs)
        return TensorSpec((classes, classes), "index")


@node(
    "Layer histograms",
    family="probe",
    inputs=(),
    outputs=(),
    aliases=(
        "weights",
        "gradients",
        "activations",
        "distribution",
        "vanishing",
        "exploding",
        "dead",
        "record",
    ),
    examples=(example(), example(bins=20, gradients=False)),
)
class LayerHistograms(NodeType):
    """Records how the weights, gradients and outputs of every layer are distributed, after every epoch.

    **Formula** for each layer with weights: how many of its numbers lie in each of `bins` equal parts of their range

    **Shapes** no inputs: it stands by itself and looks at all layers with weights, also those inside blocks.

    **Use when** training does not start or falls apart: gradients that shrink from layer to layer, outputs that are
    all 0, weights that grow without end. It costs one batch of the evaluation more after an epoch, and of very large
    layers it looks at 100,000 numbers. The gradients are those of the epoch's last step, as the optimiser saw them.

    **Alternatives** the live values on the canvas, which tell mean and deviation of a step; Images for a single value.

    **Reference** Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    """

    bins: int = param(40, "How many parts the range is divided into.", min=4, max=200)
    weights: bool = param(True, "Record the weights.")
    gradients: bool = param(True, "Record the gradients of the last step.")
    layer_outputs: bool = param(
        True, "Record what the layers put out for a held-back batch.", label="Outputs"
    )

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()

    def forward(self, call: Call) -> list[str]:
        return []

    def summary(self) -> str:
        return "all layers"
