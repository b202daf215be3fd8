"""Embedding, positions and attention over sequences. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec, same_dim


@node(
    "Embedding",
    "nn.Embedding",
    family="layer",
    aliases=("lookup", "token", "word vectors", "categorical", "text"),
    examples=(
        example(TensorSpec(("N", "L"), "index", 96), embedding_dim=8),
        example(TensorSpec(("N",), "index", 10), embedding_dim=4, num_embeddings=12, padding_idx=0),
        example(TensorSpec(("N", 16), "index"), embedding_dim=4, num_embeddings=20),
    ),
)
class Embedding(NodeType):
    """Gives every token or class its own learned vector.

    **Formula** y = W[x]

    **Shapes** x N×L (or N) of whole numbers → y N×L×dim (or N×dim). Parameters: number of tokens · dim.

    **Use when** the input is text or a category: it is the first layer of every language model.

    **Alternatives** Linear for inputs that are numbers already.

    **Reference** Bengio et al. 2003, A neural probabilistic language model.
    """

    embedding_dim: int = param(128, "Length of each vector.", min=1, max=1_000_000, required=True)
    num_embeddings: int | None = param(
        None, "How many different tokens there are; empty: as the data says.", min=1, max=100_000_000
    )
    padding_idx: int | None = param(None, "The token that stays zero and is not learned.", min=0)

    def count(self, x: TensorSpec) -> int:
        return self.num_embeddings or x.bound

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"num_embeddings": self.count(specs[0])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
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
        return TensorSpec((*x.shape, self.embedding_dim))

    def parameters(self, *specs: TensorSpec) -> int:
        return self.count(specs[0]) * self.embedding_dim


@node(
    "Positional encoding",
    "PositionalEncoding",
    family="layer",
    aliases=("sinusoidal", "sine", "transformer", "position"),
    source='''\
class PositionalEncoding(nn.Module):
    """Adds sines and cosines of each position to a sequence N×L×F."""

    encoding: torch.Tensor

    def __init__(self, features: int, max_length: int) -> None:
        super().__init__()
        position = torch.arange(max_length).unsqueeze(1)
        rate = torch.exp(torch.arange(0, features, 2) * (-math.log(10000.0) / features))
        encoding = torch.zeros(max_length, features)
        encoding[:, 0::2] = torch.sin(position * rate)
        encoding[:, 1::2] = torch.cos(position * rate)[:, : features // 2]
        self.register_buffer("encoding", encoding, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.encoding[: x.size(1)]
''',
    examples=(example(("N", "L", 16)), example(("N", 9, 7), max_length=20)),
)
class PositionalEncoding(NodeType):
    """Tells attention where each token stands, by adding sines and cosines of the position.

    **Formula** y[t, 2k] = x[t, 2k] + sin(t / 10000^(2k / F)), y[t, 2k+1] = x[t, 2k+1] + cos(t / 10000^(2k / F))

    **Shapes** x N×L×F → y the same. Nothing to learn.

    **Use when** attention follows and the order matters; sequences may be longer than those seen in training.

    **Alternatives** PositionEmbedding, which learns the positions.

    **Reference** Vaswani et al. 2017, Attention is all you need.
    """

    max_length: int = param(
        5000, "The longest sequence that it can take.", min=1, max=10_000_000, required=True
    )

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"features": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return _positioned(specs[0], self.max_length)

    def summary(self) -> str:
        return "sine and cosine"


@node(
    "Position embedding",
    "PositionEmbedding",
    family="layer",
    aliases=("learned", "transformer", "gpt", "vit", "positional"),
    source='''\
class PositionEmbedding(nn.Module):
    """Adds a learned vector for each position to a sequence N×L×F."""

    def __init__(self, features: int, max_length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(max_length, features) * 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.weight[: x.size(1)]
''',
    examples=(example(("N", "L", 16)), example(("N", 9, 7), max_length=20)),
)
class PositionEmbedding(NodeType):
    """Tells attention where each token stands, by adding a learned vector for each position.

    **Formula** y[t] = x[t] + W[t]

    **Shapes** x N×L×F → y the same. Parameters: max_length·F.

    **Use when** attention follows, the order matters and no sequence is longer than max_length (GPT, ViT).

    **Alternatives** PositionalEncoding, which learns nothing and takes longer sequences.

    **Reference** Gehring et al. 2017, Convolutional sequence to sequence learning.
    """

    max_length: int = param(
        256, "The longest sequence that it can take.", min=1, max=10_000_000, required=True
    )

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"features": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return _positioned(specs[0], self.max_length)

    def parameters(self, *specs: TensorSpec) -> int:
        return self.max_length * known(specs[0].shape[-1])

    def summary(self) -> str:
        return f"{self.max_length} positions"


def _positioned(x: TensorSpec, most: int) -> TensorSpec:
    length, _ = expect.sequences(x)
    if isinstance(length, int) and length > most:
        raise ShapeError(
            f"takes sequences of at most {most} steps, got {x}", "x", change=("max_length", length)
        )
    return x


@node(
    "Multi-head attention",
    "nn.MultiheadAttention",
    family="layer",
    inputs=("query", "key", "value"),
    optional=("key", "value"),
    aliases=("self-attention", "cross-attention", "transformer", "masked", "causal", "heads"),
    examples=(
        example(("N", "L", 16), num_heads=4),
        example(("N", 7, 8), num_heads=2, causal=True, bias=False),
        example(("N", 5, 8), ("N", "S", 8), num_heads=2, dropout=0.1),
        example(("N", 5, 8), ("N", 6, 12), ("N", 6, 10), num_heads=2),
    ),
)
class MultiheadAttention(NodeType):
    """Every position looks at all positions and takes a weighted mean of what it finds, in several heads at once.

    **Formula** head_i = softmax(Q_i K_iᵀ / √d) V_i with Q, K, V linear in the inputs; y = W · [head_1 … head_h] + b

    **Shapes** query N×L×F, key N×S×K, value N×S×E → y N×L×F. Parameters: 4·F·F + 4·F when all have F features.

    **Use when** distant positions matter. Link only `query` for self-attention, `key` too for cross-attention
    (`value` is then the same as `key`); turn on `causal` when the model predicts what comes next.

    **Alternatives** LSTM for long streams with little memory, convolutions for neighbourhoods.

    **Reference** Vaswani et al. 2017, Attention is all you need.
    """

    num_heads: int = param(
        4, "How many heads look at the sequence; must divide its features.", min=1, required=True
    )
    dropout: float = param(0.0, "Share of the attention weights that become zero in training.", min=0, max=1)
    bias: bool = param(True, "Add learned constants.")
    causal: bool = param(False, "Each position sees only itself and what came before.", argument=False)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        query, key, value = _attended(*specs)
        width = known(query.shape[2])
        sizes = {"kdim": known(key.shape[2]), "vdim": known(value.shape[2])}
        return {"embed_dim": width, **{name: size for name, size in sizes.items() if size != width}}

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "batch_first": True}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        query, key, value = _attended(*specs)
        length, width = expect.sequences(query, "query")
        source, _ = expect.sequences(key, "key" if len(specs) > 1 else "query")
        values, _ = expect.sequences(value, "value" if len(specs) > 2 else "key")
        expect.divides(width, "num_heads", self.num_heads, "features")
        if not same_dim(source, values):
            raise ShapeError(f"expects as many steps as the key has, {source}, got {value}", "value")
        if self.causal and not same_dim(length, source):
            raise ShapeError(
                f"causal needs query and key of one length, got {query} and {key}",
                "key",
                change=("causal", False),
            )
        return query

    def parameters(self, *specs: TensorSpec) -> int:
        width, keys, values = (known(spec.shape[2]) for spec in _attended(*specs))
        return width * (2 * width + keys + values) + 4 * width * self.bias

    def operations(self, *specs: TensorSpec) -> int:
        query, key, value = _attended(*specs)
        length, width = known(query.shape[1]), known(query.shape[2])
        source = known(key.shape[1])
        projections = 2 * length * width + source * (known(key.shape[2]) + known(value.shape[2]))
        return width * (projections + 2 * length * source)

    def forward(self, call: Call) -> list[str]:
        query = call.inputs[0]
        key = call.inputs[1] if len(call.inputs) > 1 else query
        value = call.inputs[2] if len(call.inputs) > 2 else key
        result = f"{call.outputs[0]}, _ = {call.module}({query}, {key}, {value}"
        if not self.causal:
            return [f"{result}, need_weights=False)"]
        size = f"{query}.size(1), device={query}.device"
        return [
            f"_mask = nn.Transformer.generate_square_subsequent_mask({size})",
            f"{result}, attn_mask=_mask, is_causal=True, need_weights=False)",
        ]

    def summary(self) -> str:
        return f"{self.num_heads} heads" + (" · causal" if self.causal else "")


def _attended(*specs: TensorSpec) -> tuple[TensorSpec, TensorSpec, TensorSpec]:
    """Query, key and value: the key is the query and the value the key where they are not linked."""
    query, key = specs[0], specs[min(1, len(specs) - 1)]
    return query, key, specs[2] if len(specs) > 2 else key
