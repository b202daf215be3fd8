"""Vectors for tokens, and scores for tokens from the same vectors. Imports catalog.spec, weights and core."""

from math import prod
from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.catalog.weights import Weighted
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@node(
    "Embedding",
    "nn.Embedding",
    family="layer",
    aliases=("lookup", "token", "word vectors", "categorical", "text", "segment"),
    examples=(
        example(TensorSpec(("N", "L"), "index", 96), embedding_dim=8),
        example(TensorSpec(("N",), "index", 10), embedding_dim=4, num_embeddings=12, padding_idx=0),
        example(TensorSpec(("N", 16), "index"), embedding_dim=4, num_embeddings=20),
        example(TensorSpec(("N", "L"), "index", 96), embedding_dim=8, tie=True, weight_init="normal"),
    ),
)
class Embedding(Weighted):
    """Gives every token or class its own learned vector.

    **Formula** y = W[x]

    **Shapes** x N×L (or N) of whole numbers → y N×L×dim (or N×dim); with `tie` also weight V×dim, the vectors
    themselves. Parameters: number of tokens V · dim.

    **Use when** the input is text or a category: it is the first layer of every language model. Turn on `tie` and
    link `weight` to a TiedLinear where the scores of the tokens come from the same vectors.

    **Alternatives** Linear for inputs that are numbers already.

    **Reference** Bengio et al. 2003, A neural probabilistic language model.
    """

    weight_outputs: ClassVar[frozenset[str]] = frozenset({"weight"})

    embedding_dim: int = param(128, "Length of each vector.", min=1, max=1_000_000, required=True)
    num_embeddings: int | None = param(
        None,
        "How many different tokens there are; empty: as the data says.",
        min=1,
        max=100_000_000,
        unset="as the data says",
    )
    padding_idx: int | None = param(None, "The token that stays zero and is not learned.", min=0)
    tie: bool = param(False, "Give out the vectors too, for a TiedLinear that uses them.", argument=False)

    def output_ports(self) -> tuple[str, ...]:
        return ("y", "weight") if self.tie else ("y",)

    def count(self, x: TensorSpec) -> int:
        return self.num_embeddings or x.bound

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"num_embeddings": self.count(specs[0])}

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        (x,) = specs
        expect.indices(x, "x", "tokens N×L or classes N")
        count = self.count(x)
        if not count:
            raise ShapeError(
                "does not learn from the data how many different tokens there are; set num_embeddings", "x"
            )
        if x.bound > count:
            raise ShapeError(
                f"has {count} vectors, but the data has {x.bound} different tokens",
                "x",
                change=("num_embeddings", x.bound),
            )
        if self.padding_idx is not None and self.padding_idx >= count:
            raise ShapeError(
                f"padding_idx {self.padding_idx} is not one of the {count} tokens",
                "",
                change=("padding_idx", 0),
            )
        y = TensorSpec((*x.shape, self.embedding_dim))
        return (y, TensorSpec((count, self.embedding_dim))) if self.tie else y

    def parameters(self, *specs: TensorSpec) -> int:
        return self.count(specs[0]) * self.embedding_dim

    def initialise(self, module: str, *specs: TensorSpec) -> list[str]:
        lines = super().initialise(module, *specs)
        if lines and self.padding_idx is not None:
            lines.append(f"nn.init.zeros_({module}.weight[{self.padding_idx}])")
        return lines

    def forward(self, call: Call) -> list[str]:
        y, *weight = call.outputs
        lines = [f"{y} = {call.module}({call.inputs[0]})"] if y != "_" else []
        vectors = f"{call.module}.weight"
        if self.padding_idx is not None:  # scores of the tied layer do not teach it either
            place = f"torch.tensor([{self.padding_idx}], device={vectors}.device)"
            vectors = f"{vectors}.index_fill(0, {place}, 0.0)"
        return lines + [f"{name} = {vectors}" for name in weight if name != "_"]


@node(
    "Tied linear",
    "TiedLinear",
    family="layer",
    inputs=("x", "weight"),
    aliases=("tied weights", "shared embedding", "output projection", "lm head", "decoder", "unembedding"),
    source='''\
class TiedLinear(nn.Module):
    """Scores of tokens by weights that another layer owns: V×F."""

    def __init__(self, out_features: int, bias: bool = False) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return F.linear(x, weight, self.bias)
''',
    examples=(
        example(("N", "L", 6), (20, 6)),
        example(("N", 8), (5, 8), bias=True),
    ),
)
class TiedLinear(NodeType):
    """Scores every token by how well its own vector fits: the weights are those of an Embedding.

    **Formula** y = x Wᵀ + b, with W the vectors of the embedding

    **Shapes** x N×L×F or N×F, weight V×F → y N×L×V or N×V. Parameters: V with a bias, else none.

    **Use when** a language model ends: the token's vector serves as input and as output, which saves V·F weights
    (GPT-2, BERT, T5). Turn on `tie` of the Embedding and link its `weight`.

    **Alternatives** Linear, which learns weights of its own.

    **Reference** Press and Wolf 2017, Using the output embedding to improve language models.
    """

    bias: bool = param(False, "Add a learned constant to each score; it begins at zero.")

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"out_features": known(specs[1].shape[0])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x, weight = specs
        expect.numbers(x, "x", "sequences N×L×F")
        if x.rank not in (2, 3):
            raise ShapeError(f"expects sequences N×L×F or vectors N×F, got {x}", "x")
        if (
            weight.dtype != "float"
            or not all(isinstance(dim, int) for dim in weight.shape)
            or weight.rank != 2
        ):
            raise ShapeError(
                f"expects the vectors V×F of an Embedding, got {weight}; turn on its field tie and link its weight",
                "weight",
            )
        features, length = expect.sized(x, -1, "features"), known(weight.shape[1])
        if features != length:
            raise ShapeError(
                f"expects {length} features, as the vectors of {weight} have, got {x}",
                "x",
                insert="Linear",
                fields={"out_features": length},
            )
        return x.with_shape(*x.shape[:-1], weight.shape[0])

    def parameters(self, *specs: TensorSpec) -> int:
        return known(specs[1].shape[0]) * self.bias

    def operations(self, *specs: TensorSpec) -> int:
        x, weight = specs
        return prod(known(dim) for dim in x.shape[1:]) * known(weight.shape[0])

    def summary(self) -> str:
        return "with bias" if self.bias else ""
