"""Training examples mixed in pairs, together with their labels. Imports catalog.spec and core.

They act in training only; the classes in `source` are part of the generated program.
"""

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_LABEL = TensorSpec(("N",), "index", 10)
_ALPHA = "Shape of the Beta distribution: small leaves most examples nearly as they are, 1 mixes evenly."


@form
class _Mix(NodeType):
    """Takes examples with classes N or shares N×K; gives shares N×K, also in evaluation, so that shapes stay."""

    alpha: float = param(0.2, _ALPHA, min=0.001, max=100, required=True)
    p: float = param(1.0, "Share of the examples that are mixed.", min=0, max=1, label="Share")
    classes: int = param(
        0,
        "Number of classes, where the labels do not say it.",
        min=0,
        max=1_000_000,
        unset="from labels",
        argument=False,
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        x, label = specs
        expect.numbers(x)
        if label.dtype == "float":
            if label.rank < 2:
                raise ShapeError(f"expects classes N or shares of classes N×K, got {label}", "label")
            return x, label
        expect.indices(label, "label", "classes")
        if label.rank != 1:
            raise ShapeError(f"expects one class for each example, N, got {label}", "label")
        if label.bound and self.classes and label.bound != self.classes:
            raise ShapeError(
                f"the labels have {label.bound} classes, not {self.classes}",
                "label",
                change=("classes", label.bound),
            )
        if not label.bound and not self.classes:
            raise ShapeError("needs to know the number of classes; set classes (= classes)", "label")
        return x, TensorSpec((*label.shape, self._classes(label)))

    def _classes(self, label: TensorSpec) -> int:
        return 0 if label.dtype == "float" else label.bound or self.classes

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"classes": self._classes(specs[1])}

    def summary(self) -> str:
        return f"α = {self.alpha:g}" + (f" · {self.p:g}" if self.p < 1 else "")


@node(
    "MixUp",
    "MixUp",
    family="augmentation",
    inputs=("x", "label"),
    outputs=("x", "label"),
    aliases=("mix", "interpolate", "blend", "soft labels", "augment", "vicinal"),
    source='''\
class MixUp(nn.Module):
    """Mixes pairs of examples and their labels; in evaluation only makes shares of the classes."""

    def __init__(self, alpha: float, p: float = 1.0, classes: int = 0) -> None:
        super().__init__()
        self.alpha = alpha
        self.p = p
        self.classes = classes  # 0: the labels are shares already

    def forward(
        self, x: torch.Tensor, label: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if self.classes:
            known = torch.arange(self.classes, device=label.device)
            label = (label.unsqueeze(1) == known).to(x.dtype)
        if not self.training:
            return x, label
        alpha = torch.full((len(x),), self.alpha, device=x.device)
        share = torch.distributions.Beta(alpha, alpha, validate_args=False).sample()
        chosen = torch.rand(len(x), device=x.device) < self.p
        share = torch.where(chosen, share, 1.0).to(x.dtype)
        other = torch.randperm(len(x), device=x.device)
        return self.mixed(x, x[other], share), self.mixed(label, label[other], share)

    def mixed(
        self, one: torch.Tensor, other: torch.Tensor, share: torch.Tensor
    ) -> torch.Tensor:
        return torch.lerp(other, one, share.view(-1, *[1] * (one.dim() - 1)))
''',
    examples=(
        example(("N", 1, 28, 28), _LABEL),
        example(("N", 4), ("N", 3), alpha=1.0, p=0.5),
        example(("N", "L", 4), TensorSpec(("N",), "index"), classes=7),
    ),
)
class MixUp(_Mix):
    """Mixes each training example with another one of the batch, and their labels in the same proportion.

    **Formula** x = λ x_i + (1 − λ) x_j, label = λ l_i + (1 − λ) l_j with λ from Beta(α, α) and j another example

    **Shapes** x N×…, label N of classes (or shares N×K, or numbers N×F) → x the same, label N×K, which
    CrossEntropyLoss takes; metrics are linked to the dataset's own labels.

    **Use when** a classifier is too sure of itself, or there are few examples.

    **Alternatives** CutMix for images; the label_smoothing of CrossEntropyLoss.

    **Reference** Zhang et al. 2018, mixup: beyond empirical risk minimization.
    """


@node(
    "CutMix",
    "CutMix",
    family="augmentation",
    inputs=("x", "label"),
    outputs=("x", "label"),
    aliases=("cut and paste", "mix", "patch", "soft labels", "augment", "image"),
    source='''\
class CutMix(nn.Module):
    """Pastes a part of another image into each; in evaluation only makes shares of the classes."""

    def __init__(self, alpha: float, p: float = 1.0, classes: int = 0) -> None:
        super().__init__()
        self.alpha = alpha
        self.p = p
        self.classes = classes  # 0: the labels are shares already

    def forward(
        self, x: torch.Tensor, label: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if self.classes:
            known = torch.arange(self.classes, device=label.device)
            label = (label.unsqueeze(1) == known).to(x.dtype)
        if not self.training:
            return x, label
        alpha = torch.full((len(x), 1, 1, 1), self.alpha, device=x.device)
        share = torch.distributions.Beta(alpha, alpha, validate_args=False).sample()
        chance, row, column = torch.rand(3, len(x), 1, 1, 1, device=x.device)
        side = torch.where(chance < self.p, (1 - share).sqrt(), 0.0)
        inside = self.inside(x.shape[2], side, row) & self.inside(
            x.shape[3], side, column
        ).transpose(2, 3)
        other = torch.randperm(len(x), device=x.device)
        pasted = inside.to(x.dtype).mean((1, 2, 3))  # the border may have cut it off
        pasted = pasted.view(-1, *[1] * (label.dim() - 1))
        return torch.where(inside, x[other], x), torch.lerp(label, label[other], pasted)

    def inside(
        self, size: int, side: torch.Tensor, middle: torch.Tensor
    ) -> torch.Tensor:
        # Which rows or columns lie in a window of that share of the size.
        places = torch.arange(size, device=side.device).view(1, 1, -1, 1) + 0.5
        return (places - middle * size).abs() < side * size / 2
''',
    examples=(
        example(("N", 3, 32, 32), _LABEL),
        example(("N", 1, "H", 9), ("N", 3), alpha=0.3, p=0.5),
    ),
)
class CutMix(_Mix):
    """Pastes a rectangle of another image of the batch into each training image; labels are mixed by area.

    **Formula** x = x_j inside a rectangle, x_i outside; label = (1 − a) l_i + a l_j with a the area of the rectangle,
    which is 1 − λ of the image where it is not cut off, λ from Beta(α, α)

    **Shapes** x N×C×H×W, label N of classes (or shares N×K) → x the same, label N×K, which CrossEntropyLoss takes;
    metrics are linked to the dataset's own labels.

    **Use when** a classifier looks at one part of an object only.

    **Alternatives** MixUp for what is no image; RandomErasing keeps the labels.

    **Reference** Yun et al. 2019, CutMix: regularization strategy to train strong classifiers with localizable
    features.
    """

    alpha: float = param(1.0, _ALPHA, min=0.001, max=100, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        expect.images(specs[0])
        return super().infer(*specs)
