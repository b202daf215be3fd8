"""Multi-head attention over sequences. Imports catalog.spec, weights, padding and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.padding import check_length, steps_line
from workbench.catalog.spec import Call, Open, example, known, node
from workbench.catalog.weights import Biased
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec, same_dim


@node(
    "Multi-head attention",
    "nn.MultiheadAttention",
    family="layer",
    inputs=("query", "key", "value", "length", "mask"),
    optional=("key", "value", "length", "mask"),
    aliases=("self-attention", "cross-attention", "transformer", "masked", "causal", "heads", "padding"),
    examples=(
        example(("N", "L", 16), num_heads=4),
        example(("N", 7, 8), num_heads=2, causal=True, bias=False),
        example(("N", 5, 8), ("N", "S", 8), num_heads=2, dropout=0.1),
        example(("N", 5, 8), ("N", 6, 12), ("N", 6, 10), num_heads=2, weight_init="orthogonal"),
        example(
            ("N", "L", 8), TensorSpec(("N",), "index", 6), linked=("query", "length"), num_heads=2,
            weight_init="normal", bias_init="zeros",
        ),
        example(
            ("N", 5, 8), ("N", "S", 8), TensorSpec(("N",), "index", 6), ("N", 5, "S"),
            linked=("query", "key", "length", "mask"), num_heads=2, need_weights=True,
        ),
        example(
            ("N", 6, 8), TensorSpec(("N",), "index", 6), (2, 6, 6), linked=("query", "length", "mask"),
            num_heads=2, causal=True, need_weights=True, average_attn_weights=False,
        ),
        example(
            ("N", 6, 8), TensorSpec(("N",), "index", 6), linked=("query", "length"), num_heads=2, causal=True
        ),
        example(("N", 6, 8), (6, 6), linked=("query", "mask"), num_heads=2),
        example(("N", 6, 8), ("N", 2, 6, 6), linked=("query", "mask"), num_heads=2, causal=True),
    ),
)  # fmt: skip
class MultiheadAttention(Open, Biased):
    """Every position looks at all positions and takes a weighted mean of what it finds, in several heads at once.

    **Formula** head_i = softmax(Q_i K_iᵀ / √d + mask) V_i with Q, K, V linear in the inputs;
    y = W · [head_1 … head_h] + b

    **Shapes** query N×L×F, key N×S×K, value N×S×E → y N×L×F, with need_weights also weights N×L×S (or N×heads×L×S).
    length N: how many steps of the key count. mask L×S, heads×L×S, N×L×S or N×heads×L×S: numbers are added to the
    scores. Parameters: 4·F·F + 4·F when all have F features.

    **Use when** distant positions matter. Link only `query` for self-attention, `key` too for cross-attention
    (`value` is then the same as `key`); turn on `causal` when the model predicts what comes next, and link `length`
    where sequences are padded (of an empty one the first step counts).

    **Alternatives** LSTM for long streams with little memory, convolutions for neighbourhoods,
    ScaledDotProductAttention to put together one's own.

    **Reference** Vaswani et al. 2017, Attention is all you need.
    """

    num_heads: int = param(
        4,
        "How many heads look at the sequence; must divide its features.",
        min=1,
        required=True,
        label="Heads",
    )
    dropout: float = param(0.0, "Share of the attention weights that become zero in training.", min=0, max=1)
    bias: bool = param(True, "Add learned constants.")
    causal: bool = param(False, "Each position sees only itself and what came before.", argument=False)
    need_weights: bool = param(
        False, "Give out how much each position looks at each: an attention map.", argument=False
    )
    average_attn_weights: bool = param(
        True, "The map is the mean of the heads, not one a head.", argument=False, label="Mean of heads"
    )

    biases = ("in_proj_bias", "out_proj.bias")

    def output_ports(self) -> tuple[str, ...]:
        return ("y", "weights") if self.need_weights else ("y",)

    def weights_of(self, *specs: TensorSpec) -> tuple[str, ...]:
        sizes = self.given(*specs).keys() & {"kdim", "vdim"}
        own = ("q_proj_weight", "k_proj_weight", "v_proj_weight") if sizes else ("in_proj_weight",)
        return (*own, "out_proj.weight")

    def attended(self, specs: tuple[TensorSpec, ...]) -> tuple[TensorSpec, TensorSpec, TensorSpec]:
        """Query, key and value: the key is the query and the value the key where they are not linked."""
        named = self.named(specs)
        key = named.get("key", named["query"])
        return named["query"], key, named.get("value", key)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        query, key, value = self.attended(specs)
        width = known(query.shape[2])
        sizes = {"kdim": known(key.shape[2]), "vdim": known(value.shape[2])}
        return {"embed_dim": width, **{name: size for name, size in sizes.items() if size != width}}

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "batch_first": True}

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        query, key, value = self.attended(specs)
        named = self.named(specs)
        length, width = expect.sequences(query, "query")
        source, _ = expect.sequences(key, "key" if "key" in named else "query")
        values, _ = expect.sequences(value, "value" if "value" in named else "key")
        expect.divides(width, "num_heads", self.num_heads, "features", "heads")
        if not same_dim(source, values):
            raise ShapeError(f"expects as many steps as the key has, {source}, got {value}", "value")
        if self.causal and not same_dim(length, source):
            raise ShapeError(
                f"causal needs query and key of one length, got {query} and {key}",
                "key",
                change=("causal", False),
            )
        if "length" in named:
            check_length(named["length"], key, "key" if "key" in named else "query")
        if "mask" in named:
            check_mask(named["mask"], self.num_heads, query, key)
        if not self.need_weights:
            return query
        heads = () if self.average_attn_weights else (self.num_heads,)
        return query, TensorSpec((query.shape[0], *heads, length, source))

    def parameters(self, *specs: TensorSpec) -> int:
        width, keys, values = (known(spec.shape[2]) for spec in self.attended(specs))
        return width * (2 * width + keys + values) + 4 * width * self.bias

    def operations(self, *specs: TensorSpec) -> int:
        query, key, value = self.attended(specs)
        length, width = known(query.shape[1]), known(query.shape[2])
        source = known(key.shape[1])
        projections = 2 * length * width + source * (known(key.shape[2]) + known(value.shape[2]))
        return width * (projections + 2 * length * source)

    def forward(self, call: Call) -> list[str]:
        named = self.named(call.inputs)
        query = named["query"]
        key = named.get("key", query)
        result = f"{', '.join(call.outputs)}{'' if self.need_weights else ', _'} = {call.module}"
        lines, options = self._masked(query, key, named, self.named(call.specs).get("mask"))
        if not self.need_weights:
            options.append("need_weights=False")
        elif not self.average_attn_weights:
            options.append("average_attn_weights=False")
        return [*lines, f"{result}({', '.join([query, key, named.get('value', key), *options])})"]

    def _masked(
        self, query: str, key: str, named: dict[str, str], mask: TensorSpec | None
    ) -> tuple[list[str], list[str]]:
        """Lines that say who may look at whom, and the arguments that tell it. Masks of one call are of one kind."""
        lines: list[str] = []
        options: list[str] = []
        later = f"nn.Transformer.generate_square_subsequent_mask({query}.size(1), device={query}.device)"
        if mask is not None:
            lines.append(f"_mask = {_by_head(named['mask'], mask, self.num_heads, query)}")
            if mask.dtype == "bool":
                lines.append(f"_mask = torch.where(_mask, 0.0, torch.finfo({query}.dtype).min / 2)")
            if self.causal:
                lines += [f"_later = {later}", "_mask = _mask + _later"]
            options.append("attn_mask=_mask")
        elif self.causal and "length" in named:
            lines += [
                f"_size = {query}.size(1)",
                f"_mask = torch.ones(_size, _size, dtype=torch.bool, device={query}.device)",
                "_mask = _mask.triu(1)",
            ]
            options.append("attn_mask=_mask")
        elif self.causal:
            lines.append(f"_mask = {later}")
            options += ["attn_mask=_mask", "is_causal=True"]
        if "length" in named:
            lines += [steps_line(key), f"_padding = _steps >= {named['length']}.clamp(min=1).unsqueeze(1)"]
            if mask is not None:
                lines.append("_padding = torch.where(_padding, -torch.inf, 0.0)")
            options.append("key_padding_mask=_padding")
        return lines, options

    def summary(self) -> str:
        return f"{self.num_heads} heads" + (" · causal" if self.causal else "")


def check_mask(mask: TensorSpec, heads: int, query: TensorSpec, key: TensorSpec) -> None:
    """Raises unless the mask has a number, or yes and no, for each pair of query and key."""
    wanted = (query.shape[-2], key.shape[-2])
    fits = mask.rank in (2, 3, 4) and all(map(same_dim, mask.shape[-2:], wanted)) and mask.dtype != "index"
    if fits and mask.rank == 3:
        fits = mask.shape[0] in (query.shape[0], heads)
    if fits and mask.rank == 4:
        fits = mask.shape[:2] == (query.shape[0], heads)
    if not fits:
        pairs = f"{wanted[0]}×{wanted[1]}"
        raise ShapeError(
            f"expects a number for each pair of positions, {pairs}, {heads}×{pairs} for each head, N×{pairs} for each "
            f"example or N×{heads}×{pairs}, got {mask}",
            "mask",
        )


def _by_head(name: str, mask: TensorSpec, heads: int, query: str) -> str:
    """The mask as torch's module wants it: for all, or one matrix for each head of each example."""
    if mask.rank == 2:
        return name
    if mask.rank == 4:
        return f"{name}.flatten(0, 1)"
    if mask.shape[0] == heads:
        return f"{name}.repeat({query}.size(0), 1, 1)"
    return f"{name}.repeat_interleave({heads}, 0)"
