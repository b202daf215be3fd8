"""Probes that draw predictions: attention maps, series, masks over pictures. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import Call, NodeType, Open, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec, same_dim


@node(
    "Attention map",
    family="probe",
    inputs=("input", "query", "key"),
    outputs=(),
    optional=("query", "key"),
    aliases=("heat map", "weights", "heads", "transformer", "alignment", "look", "record"),
    examples=(
        example(("N", "L", "S")),
        example(
            ("N", 4, 6, 7), TensorSpec(("N", 6), "index"), TensorSpec(("N", 7), "index"),
            linked=("input", "query", "key"), count=2,
        ),
        example(("N", 5, 5), TensorSpec(("N", 5), "index"), linked=("input", "query")),
    ),
)  # fmt: skip
class AttentionMap(Open):
    """Records after every epoch how much each position looks at each other, as heat maps of the same examples.

    **Formula** row i, column j = weight with which position i of the query takes in position j of the key

    **Shapes** input N×L×S, or N×heads×L×S for each head by itself: the output `weights` of MultiheadAttention with
    need_weights. query N×L and key N×S: the tokens that stand at rows and columns, both from a dataset.

    **Use when** a model attends: see which words a translation looks at, or what a head is for. Of long sequences the
    first 64 positions are shown; padding at the end is left out where tokens are linked or can be guessed.

    **Alternatives** Images for pictures; LayerHistograms for how layers behave.

    **Reference** Bahdanau et al. 2015, Neural machine translation by jointly learning to align and translate.
    """

    count: int = param(4, "How many examples.", min=1, max=32, required=True)

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        named = self.named(specs)
        input = named["input"]
        expect.numbers(input, "input", "attention weights N×L×S")
        if input.rank not in (3, 4):
            raise ShapeError(f"expects attention weights N×L×S or N×heads×L×S, got {input}", "input")
        for port, size in (("query", input.shape[-2]), ("key", input.shape[-1])):
            if port not in named:
                continue
            tokens = named[port]
            expect.indices(tokens, port, "tokens")
            if tokens.rank != 2 or not same_dim(tokens.shape[1], size):
                raise ShapeError(
                    f"expects tokens N×{size}, as the input {input} has them, got {tokens}", port
                )
        return ()

    def forward(self, call: Call) -> list[str]:
        return []

    def summary(self) -> str:
        return f"{self.count} examples"


@node(
    "Forecast",
    family="probe",
    inputs=("input", "target", "context"),
    outputs=(),
    optional=("context",),
    aliases=("series", "predicted", "true", "curves", "horizon", "look", "record"),
    examples=(
        example(("N", 12, 1), ("N", 12, 1)),
        example(("N", "L", 2), ("N", "L", 2), ("N", 48, 2), linked=("input", "target", "context"), count=2),
        example(("N", 24), ("N", 24)),
    ),
)
class Forecast(Open):
    """Records after every epoch what the model predicts for the same series from all over the held-back part, drawn
    beside what came.

    **Formula** curves of prediction and truth over the steps; in the data's own units, y · std + mean, where the
    dataset tells by what it was standardised

    **Shapes** input and target N×H×G (H steps of G values) or N×H. context N×L×G: what came before, drawn in front.
    Of a single step the first 64 examples stand side by side.

    **Use when** a model forecasts or regresses series: see whether it follows, lags behind or says the mean.

    **Alternatives** the metrics MeanAbsoluteError and R2Score for one number.

    **Reference** Hyndman and Athanasopoulos 2021, Forecasting: principles and practice.
    """

    count: int = param(4, "How many series.", min=1, max=32, required=True)

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        named = self.named(specs)
        input, target = named["input"], named["target"]
        expect.same_shape(input, target)
        if input.rank not in (2, 3):
            raise ShapeError(f"expects series N×H×G or N×H, got {input}", "input")
        context = named.get("context")
        if context is not None:
            expect.numbers(context, "context", "series N×L×G")
            if context.rank not in (2, 3):
                raise ShapeError(f"expects series N×L×G or N×L, got {context}", "context")
        return ()

    def forward(self, call: Call) -> list[str]:
        return []

    def summary(self) -> str:
        return f"{self.count} series"


@node(
    "Overlay",
    family="probe",
    inputs=("image", "input", "target"),
    outputs=(),
    aliases=("segmentation", "mask", "outline", "picture", "look", "record"),
    examples=(
        example(("N", 1, 8, 8), ("N", 3, 8, 8), TensorSpec(("N", 8, 8), "index", 3)),
        example(("N", 3, "H", "W"), ("N", 2, "H", "W"), TensorSpec(("N", "H", "W"), "index"), count=4),
        example(("N", 1, 6, 8, 8), ("N", 2, 6, 8, 8), TensorSpec(("N", 6, 8, 8), "index")),
    ),
)
class Overlay(NodeType):
    """Records after every epoch pictures with the true and the predicted classes of their pixels in colour.

    **Formula** colour of a pixel = class with the highest score, with a line around each area; class 0 has none

    **Shapes** image N×C×H×W with one grey or three colour channels, input N×K×H×W of scores for K classes, target
    N×H×W of classes. Volumes N×C×D×H×W show their middle slice. Targets of −100 stay without colour.

    **Use when** a model segments: see where it is wrong. Left stands what is true, right what the model says.

    **Alternatives** Images for pictures alone; ConfusionMatrix for counts.

    **Reference** Ronneberger et al. 2015, U-Net.
    """

    count: int = param(6, "How many pictures.", min=1, max=64, required=True)

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        image, input, target = specs
        if image.rank != 5:
            expect.images(image, "image")
        expect.numbers(image, "image", "images N×C×H×W")
        if image.shape[1] not in (1, 3):
            raise ShapeError(f"shows images with 1 (grey) or 3 (colour) channels, got {image}", "image")
        expect.numbers(input, "input", "scores of the classes")
        sizes = image.shape[2:]
        if input.rank != image.rank or not all(map(same_dim, input.shape[2:], sizes)):
            raise ShapeError(f"expects a score for each class and pixel of {image}, got {input}", "input")
        expect.indices(target, "target", "the class of each pixel")
        if target.rank != image.rank - 1 or not all(map(same_dim, target.shape[1:], sizes)):
            raise ShapeError(f"expects a class for each pixel of {image}, got {target}", "target")
        return ()

    def forward(self, call: Call) -> list[str]:
        return []

    def summary(self) -> str:
        return f"{self.count} pictures"
