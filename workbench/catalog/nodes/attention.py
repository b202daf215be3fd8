"""Attention over sequences. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec, same_dim


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
