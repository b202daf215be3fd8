"""Losses of pairs and triplets: what is alike should lie close together. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.nodes.losses import Loss
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec, same_dim

_ALIKE = TensorSpec(("N",), "index", 2)


def _vectors(first: str, **others: TensorSpec) -> None:
    """Raises unless all are vectors N×F of one shape, by the names of their ports."""
    wanted = others[first]
    for port, x in others.items():
        expect.numbers(x, port, "vectors N×F")
        if x.rank != 2:
            raise ShapeError(f"expects vectors N×F, got {x}", port, insert="Flatten" if x.rank > 2 else "")
        if not all(map(same_dim, x.shape, wanted.shape)):
            raise ShapeError(f"expects the shape of {first}, {wanted}, got {x}", port)


def _alike(target: TensorSpec) -> None:
    expect.indices(target, "target", "1 for pairs that are alike and 0 for others, N,")
    if target.rank != 1 or target.bound > 2:
        raise ShapeError(f"expects 1 for pairs that are alike and 0 for others, N, got {target}", "target")


@form
class _Pairs(Loss):
    """Pairs of vectors a and b, and whether they are alike."""

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        a, b, target = specs
        _vectors("a", a=a, b=b)
        _alike(target)
        return TensorSpec(())


@node(
    "Cosine loss of pairs",
    "nn.CosineEmbeddingLoss",
    family="loss",
    inputs=("a", "b", "target"),
    outputs=("loss",),
    aliases=("cosine embedding", "similarity", "siamese", "metric learning", "angle"),
    examples=(
        example(("N", 8), ("N", 8), _ALIKE),
        example(("N", 8), ("N", 8), _ALIKE, margin=0.3, reduction="batchmean"),
    ),
)
class CosineEmbeddingLoss(_Pairs):
    """Turns vectors of like things into one direction, and those of others apart.

    **Formula** loss = mean of 1 − cos(a, b) for like pairs, max(0, cos(a, b) − margin) for others

    **Shapes** a, b N×F; target N of 1 (alike) and 0 → loss.

    **Use when** only directions count, as with texts and sentences.

    **Alternatives** ContrastiveLoss for distances, NTXentLoss without labels.

    **Reference** torch.nn.CosineEmbeddingLoss.
    """

    margin: float = param(0.0, "How alike others may be before that costs something.", min=-1, max=1)

    def forward(self, call: Call) -> list[str]:
        a, b, target = call.inputs
        loss, divisor = call.outputs[0], "" if self.reduction == "mean" else f" / len({a})"
        return [f"{loss} = {call.module}({a}, {b}, 2 * {target} - 1){divisor}"]


@node(
    "Hinge loss of distances",
    "nn.HingeEmbeddingLoss",
    family="loss",
    inputs=("input", "target"),
    outputs=("loss",),
    aliases=("hinge embedding", "siamese", "metric learning", "semi-supervised"),
    examples=(
        example(("N",), _ALIKE),
        example(("N",), _ALIKE, margin=0.3, reduction="batchmean"),
    ),
)
class HingeEmbeddingLoss(Loss):
    """Makes the distances of like pairs small and those of others at least the margin.

    **Formula** loss = mean of d for like pairs, max(0, margin − d) for others

    **Shapes** input N of distances; target N of 1 (alike) and 0 → loss.

    **Use when** the drawing works out how far the two of a pair are apart.

    **Alternatives** ContrastiveLoss, which takes the vectors themselves.

    **Reference** torch.nn.HingeEmbeddingLoss.
    """

    margin: float = param(1.0, "How far apart others should be.", min=0, max=1e6)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        input, target = specs
        expect.numbers(input, "input", "distances N")
        if input.rank != 1:
            raise ShapeError(f"expects distances N, got {input}", "input")
        _alike(target)
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        return self.written(call, call.inputs[0], f"2 * {call.inputs[1]} - 1")


@node(
    "Contrastive loss of pairs",
    "ContrastiveLoss",
    family="loss",
    inputs=("a", "b", "target"),
    outputs=("loss",),
    aliases=("siamese", "metric learning", "face verification", "hadsell", "pairs"),
    source='''\
class ContrastiveLoss(nn.Module):
    """Half the squared distance of like pairs; of others what lacks to the margin, squared and halved."""

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(
        self, a: torch.Tensor, b: torch.Tensor, target: torch.Tensor
    ) -> torch.Tensor:
        distance = F.pairwise_distance(a, b)
        apart = (self.margin - distance).clamp(min=0).pow(2)
        return 0.5 * torch.where(target == 1, distance.pow(2), apart).mean()
''',
    examples=(example(("N", 8), ("N", 8), _ALIKE), example(("N", 8), ("N", 8), _ALIKE, margin=2.0)),
)
class ContrastiveLoss(NodeType):
    """Brings vectors of like things together, and keeps others a margin apart.

    **Formula** loss = ½ mean of d² for like pairs, max(0, margin − d)² for others, with d = ‖a − b‖

    **Shapes** a, b N×F; target N of 1 (alike) and 0 → loss.

    **Use when** two copies of a network (linked copies) compare two things: faces, signatures.

    **Alternatives** TripletMarginLoss, CosineEmbeddingLoss; NTXentLoss without labels.

    **Reference** Hadsell et al. 2006, Dimensionality reduction by learning an invariant mapping.
    """

    goal: ClassVar[str] = "min"

    margin: float = param(1.0, "How far apart others should be.", min=0, max=1e6)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        a, b, target = specs
        _vectors("a", a=a, b=b)
        _alike(target)
        return TensorSpec(())

    def summary(self) -> str:
        return f"margin {self.margin:g}"


@node(
    "Triplet loss",
    "nn.TripletMarginLoss",
    family="loss",
    inputs=("anchor", "positive", "negative"),
    outputs=("loss",),
    aliases=("facenet", "metric learning", "ranking", "siamese", "embedding"),
    examples=(
        example(("N", 8), ("N", 8), ("N", 8)),
        example(("N", 8), ("N", 8), ("N", 8), margin=0.3, swap=True, reduction="batchmean"),
    ),
)
class TripletMarginLoss(Loss):
    """Something alike should lie closer than something else, by a margin.

    **Formula** loss = mean max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin)

    **Shapes** anchor, positive, negative N×F → loss.

    **Use when** each example comes with one that is alike and one that is not; three linked copies of a network.

    **Alternatives** ContrastiveLoss for pairs, NTXentLoss, which takes the rest of the batch as what is not alike.

    **Reference** Schroff et al. 2015, FaceNet; torch.nn.TripletMarginLoss.
    """

    margin: float = param(1.0, "How much closer.", min=1e-6, max=1e6)
    p: float = param(2.0, "Which distance: 2 straight, 1 along the axes.", min=1, max=10)
    swap: bool = param(False, "Take the distance of positive and negative where that is smaller.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        anchor, positive, negative = specs
        _vectors("anchor", anchor=anchor, positive=positive, negative=negative)
        return TensorSpec(())

    def forward(self, call: Call) -> list[str]:
        anchor, positive, negative = call.inputs
        return self.written(call, anchor, f"{positive}, {negative}")


@node(
    "Contrast within the batch",
    "NTXentLoss",
    family="loss",
    inputs=("a", "b"),
    outputs=("loss",),
    aliases=("infonce", "nt-xent", "simclr", "clip", "self-supervised", "contrastive", "two views"),
    source='''\
class NTXentLoss(nn.Module):
    """Each row of a should find its partner in b among all rows of the batch, and the other way round."""

    def __init__(self, temperature: float = 0.5, both_sides: bool = True) -> None:
        super().__init__()
        self.temperature, self.both_sides = temperature, both_sides

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        a, b = F.normalize(a, dim=1), F.normalize(b, dim=1)
        partner = torch.arange(len(a), device=a.device)
        if not self.both_sides:
            alike = a @ b.T / self.temperature
            found = F.cross_entropy(alike, partner) + F.cross_entropy(alike.T, partner)
            return found / 2
        both = torch.cat((a, b))
        alike = both @ both.T / self.temperature
        itself = torch.eye(len(both), dtype=torch.bool, device=a.device)
        alike = alike.masked_fill(itself, -torch.inf)
        return F.cross_entropy(alike, torch.cat((partner + len(a), partner)))
''',
    examples=(example((6, 8), (6, 8)), example((5, 3), (5, 3), temperature=0.1, both_sides=False)),
)
class NTXentLoss(NodeType):
    """Two views of one thing should be more alike than views of any two things in the batch.

    **Formula** loss = −mean ln(e^(cos(a_i, b_i) / temperature) / Σ_j e^(cos(a_i, z_j) / temperature)), z all other rows

    **Shapes** a, b N×F, where row i of both is the same thing → loss.

    **Use when** there are no labels, but two augmented views of each picture (SimCLR), or pictures with texts (CLIP:
    both_sides off).

    **Alternatives** TripletMarginLoss and ContrastiveLoss, where it is known what is alike.

    **Reference** Chen et al. 2020, A simple framework for contrastive learning (SimCLR); van den Oord et al. 2018,
    Representation learning with contrastive predictive coding (InfoNCE); Radford et al. 2021, CLIP.
    """

    goal: ClassVar[str] = "min"

    temperature: float = param(0.5, "Small ones make the hardest comparisons count.", min=1e-3, max=100)
    both_sides: bool = param(True, "Compare a also with the rest of a, and b with the rest of b.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        a, b = specs
        _vectors("a", a=a, b=b)
        return TensorSpec(())

    def operations(self, *specs: TensorSpec) -> int:
        rows, features = specs[0].shape
        return known(rows) * known(features) * (4 if self.both_sides else 1)

    def summary(self) -> str:
        return f"temperature {self.temperature:g}"
